"""The trend of CI: what it takes from the reports, how it is shown, and what the workflow promises."""

import importlib.util
import json
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def trend():
    spec = importlib.util.spec_from_file_location("trend", ROOT / "scripts/trend.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def report(root, kind, **result):
    directory = root / kind / "one"
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "result.json").write_text(json.dumps(result))
    (root / kind / "latest").write_text("one\n")


def test_each_job_adds_what_its_runs_say(trend, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("GITHUB_SHA", "0123456789abcdef")
    kept = tmp_path / "data" / "trend.jsonl"
    for seconds in (0.5, 0.9, 0.8):
        report(tmp_path, "smoke", verdict="PASS", duration_s=seconds)
        report(tmp_path, "gate", verdict="PASS" if seconds < 0.85 else "FAIL", duration_s=40)
        assert trend.main(kept, tmp_path) == 0
    records = [json.loads(line) for line in kept.read_text().splitlines()]
    assert [each["smoke"] for each in records] == [0.5, 0.9, 0.8]
    assert records[0]["commit"] == "012345678"
    shown = capsys.readouterr().out.rpartition("### Trend")[2]
    assert "| smoke | 0.80 s | 0.80 s | 0.90 s | ▁█▆ |" in shown
    assert "| soak, growth | NO DATA |" in shown, "what did not run is not shown as fine"
    assert "✅❌✅" in shown


def test_what_did_not_run_in_this_job_has_no_number_now(trend, tmp_path):
    kept = tmp_path / "trend.jsonl"
    report(tmp_path, "smoke", verdict="PASS", duration_s=1)
    trend.main(kept, tmp_path)
    (tmp_path / "smoke" / "latest").unlink()
    trend.main(kept, tmp_path)
    assert "| smoke | NO DATA | 1.00 s |" in trend.markdown(trend.read(kept))


@pytest.mark.parametrize("text", ["", "{\n", "[]\n", "\x00\n"])
def test_a_broken_trend_begins_anew(trend, tmp_path, text):
    kept = tmp_path / "trend.jsonl"
    kept.write_text(text)
    assert trend.main(kept, tmp_path) == 0
    assert len(kept.read_text().splitlines()) == 1


def test_the_trend_does_not_grow_for_ever(trend, tmp_path):
    kept = tmp_path / "trend.jsonl"
    kept.write_text('{"smoke": 1}\n' * (trend.KEPT + 50))
    trend.main(kept, tmp_path)
    assert len(kept.read_text().splitlines()) == trend.KEPT


def steps():
    workflow = yaml.safe_load((ROOT / ".github/workflows/validate.yml").read_text(encoding="utf-8"))
    assert workflow["permissions"] == {"contents": "read"}
    return {step.get("name", step.get("uses")): step for step in workflow["jobs"]["validate"]["steps"]}


def test_the_workflow_runs_the_gate_and_soaks_only_with_the_label():
    found = steps()
    assert found["Gate"]["run"].endswith("--gate --profile ci")
    assert "contains(github.event.pull_request.labels.*.name, 'major-deploy')" in found["Soak"]["if"]
    assert "--soak-test" in found["Soak"]["run"]
    assert "trend.py" in found["Summary"]["run"]


def test_no_step_of_the_workflow_may_fail_unseen_and_no_salt_is_uploaded():
    assert not [name for name, step in steps().items() if "continue-on-error" in step]
    assert "!data/reports/env/salt" in steps()["Keep the reports"]["with"]["path"]
