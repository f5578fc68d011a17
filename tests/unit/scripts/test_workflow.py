"""The workflow: what it runs exists, what it trusts is pinned, and it is given no right and no secret."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[3]
FILES = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
# What a stranger's pull request can choose; inside a script it would be a command of theirs.
CHOSEN_BY_STRANGERS = re.compile(r"\$\{\{[^}]*(?:head_ref|\.title|\.body|\.head\.|\.label|commits|message)[^}]*\}\}")


def documents():
    return [(file, yaml.safe_load(file.read_text(encoding="utf-8"))) for file in FILES]


def steps():
    return [(file.name, step) for file, found in documents() for job in found["jobs"].values() for step in job["steps"]]


def test_there_is_a_workflow():
    assert FILES
    assert steps()


def test_it_runs_on_every_push_and_pull_request_and_when_a_label_is_put_on():
    found = dict(documents())[ROOT / ".github/workflows/validate.yml"]
    triggers = found[True]  # YAML 1.1 reads `on` as true
    assert "push" in triggers
    assert {"opened", "synchronize", "labeled"} <= set(triggers["pull_request"]["types"])
    assert "pull_request_target" not in triggers, "it would run a stranger's code with our rights"


def test_it_may_only_read_and_knows_no_secret():
    for file, found in documents():
        assert found["permissions"] == {"contents": "read"}, file
        assert not [name for name, job in found["jobs"].items() if "permissions" in job]
        assert "secrets." not in file.read_text(encoding="utf-8")


def test_every_action_is_pinned_by_commit_and_says_which_version_that_is():
    lines = [line for file in FILES for line in file.read_text(encoding="utf-8").splitlines() if "uses:" in line]
    assert len(lines) > 3
    assert not [line for line in lines if not re.search(r"uses: actions/[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line)]


def test_the_checkout_leaves_no_token_behind():
    checkouts = [step for _, step in steps() if "actions/checkout" in step.get("uses", "")]
    assert checkouts
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


def test_every_job_has_an_end():
    for _, found in documents():
        assert all(0 < job["timeout-minutes"] <= 60 for job in found["jobs"].values())


def test_no_script_takes_in_what_a_stranger_may_choose_and_none_hides_a_failure():
    for name, step in steps():
        script = step.get("run", "")
        assert not CHOSEN_BY_STRANGERS.search(script), name
        assert "|| true" not in script, name
        assert "continue-on-error" not in step, name


@pytest.mark.parametrize(("name", "step"), [pair for pair in steps() if "run" in pair[1]], ids=lambda each: "")
def test_what_a_step_runs_is_there(name, step):
    script = step["run"]
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"^make ([a-z-]+)", script, re.MULTILINE):
        assert f"\n{target}:" in makefile, name
    for file in re.findall(r"^python (\S+)", script, re.MULTILINE):
        assert (ROOT / file).is_file(), name
    for flag in re.findall(r"run_tests\.py (--[a-z-]+)", script):
        assert f'"{flag}"' in (ROOT / "run_tests.py").read_text(encoding="utf-8"), name


def test_what_is_told_afterwards_is_told_also_of_a_job_that_failed():
    found = {step.get("name"): step for _, step in steps()}
    for name in ("Keep the reports", "Summary", "Keep the trend"):
        assert found[name]["if"] == "${{ always() }}"
    for name in ("Smoke", "Gate", "Soak"):
        assert "!cancelled()" in found[name]["if"], "a failing test does not hide whether the daemon is alive"
    assert "contains(github.event.pull_request.labels.*.name, 'major-deploy')" in found["Soak"]["if"]
