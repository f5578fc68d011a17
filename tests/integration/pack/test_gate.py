"""The gate, run as a process on a tiny project: what passes, what does not, and with which exit code."""

import importlib.metadata
import json
from pathlib import Path

import jsonschema
import pytest

ROOT = Path(__file__).parents[3]
pytestmark = pytest.mark.integration


def results(ended):
    return {stage["name"]: stage["result"] for stage in ended.json["stages"]}


def test_a_project_in_order_is_ready_and_every_report_is_written(tiny):
    tiny.write("the.lock", f"click=={importlib.metadata.version('click')}\n")
    ended = tiny.gate("--profile", "deploy", "--json")
    assert ended.code == 0, ended.err
    assert results(ended) == dict.fromkeys(("config", "lock", "unit", "smoke"), "PASS")
    assert ended.err.rstrip().endswith("✅ READY TO DEPLOY")
    schema = json.loads((ROOT / "docs/reference/schemas/gate.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(ended.json, schema)
    artifacts = ended.json["artifacts"]
    assert json.loads(Path(artifacts["result"]).read_text(encoding="utf-8")) == ended.json
    assert 'tests="4"' in Path(artifacts["junit"]).read_text(encoding="utf-8")
    assert "| smoke | PASS |" in Path(artifacts["summary"]).read_text(encoding="utf-8")


def test_a_failing_test_gives_1_and_not_pytests_own_code(tiny):
    tiny.write("tests/test_one.py", "def test_one():\n    assert 1 == 2\n")
    ended = tiny.gate("--profile", "quick")
    assert ended.code == 1
    assert "0 passed, 1 failed" in ended.out
    assert "NOT RUN" in ended.out, "quick stops at the first failure"
    assert ended.out.rstrip().splitlines()[-1].startswith("❌ NOT READY: unit FAIL")


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("tests/test_one.py", "", "no tests ran"),
        ("tests/test_one.py", "import pytest\n\n@pytest.mark.skip\ndef test_one(): ...\n", "no tests ran"),
        ("tests/test_one.py", "def test_one(:\n", "0 passed, 1 failed"),
        ("tests/conftest.py", "raise SystemError('no')\n", "wrong usage of pytest"),
    ],
)
def test_tests_that_did_not_run_are_a_failure(tiny, name, text, words):
    tiny.write(name, text)
    ended = tiny.gate("--profile", "quick")
    assert ended.code == 1
    assert words in ended.out


def test_the_code_is_that_of_the_first_stage_that_failed(tiny):
    tiny.write("check.py", "raise SystemExit(3)\n")
    tiny.write("tests/test_one.py", "def test_one():\n    assert False\n")
    ended = tiny.gate("--profile", "deploy", "--json")
    assert ended.code == 3
    assert results(ended) == {"config": "FAIL", "lock": "STALL", "unit": "FAIL", "smoke": "PASS"}


@pytest.mark.parametrize(
    ("body", "code"), [("raise SystemExit(64)", 1), ("raise SystemExit(4)", 4), ("raise ValueError", 1)]
)
def test_a_command_keeps_the_codes_that_mean_something_here(tiny, body, code):
    tiny.write("check.py", body + "\n")
    assert tiny.gate("--profile", "quick").code == code


def test_a_stage_past_its_bound_gave_no_verdict(tiny):
    tiny.write("check.py", "import signal\nsignal.pause()\n")
    tiny.write(
        "config/gate.yaml", (tiny.root / "config/gate.yaml").read_text().replace("timeout_s: 20}", "timeout_s: 0.5}", 1)
    )
    ended = tiny.gate("--profile", "quick", "--json")
    assert (ended.code, results(ended)["config"], ended.json["verdict"]) == (2, "STALL", "UNKNOWN")


def test_a_stalled_smoke_gives_2_and_the_checkpoint_lines_of_the_log(tiny):
    tiny.service("stalls", 4)
    ended = tiny.gate("--profile", "deploy", env={"RUNTIME_TIMEOUT": "1.5"})
    tiny.write("the.lock", "")
    assert ended.code == 2
    for title in ("cause     RULE-002", "evidence  last_checkpoint: 3 connected", "next      "):
        assert f"    {title}" in ended.out, "where to look is told without opening a report"
    shown = ended.out[ended.out.index("the checkpoints in") :]
    assert [line.split()[-1] for line in shown.splitlines()[1:4]] == ["starting", "config", "to"]


def test_an_exception_gives_1_and_the_end_of_the_log(tiny):
    tiny.service("crashes_late")
    ended = tiny.gate("--profile", "quick")
    assert ended.code == 1
    assert "FEED-004" in ended.out
    assert "INFO message:" in ended.out[ended.out.index("the end of data/logs/animal.log") :]


def test_a_smoke_stage_that_exits_0_without_saying_pass_is_not_believed(tiny):
    text = (tiny.root / "config/gate.yaml").read_text(encoding="utf-8")
    tiny.write(
        "config/gate.yaml",
        text.replace('argv: ["{python}", -m, runtime, smoke, --json]', 'argv: ["{python}", liar.py]'),
    )
    for said in ("print('all good')", 'print(\'{"verdict": "UNKNOWN", "exit_code": 2}\')'):
        tiny.write("liar.py", said + "\n")
        assert tiny.gate("--profile", "quick").code == 2


def test_a_wrong_package_gives_5_and_names_it(tiny):
    tiny.write("the.lock", "click==0.1\n")
    ended = tiny.gate("--profile", "deploy")
    assert ended.code == 5
    assert "the lock says 0.1" in ended.out


def test_a_skip_needs_to_be_in_force(tiny):
    tiny.write("check.py", "raise SystemExit(3)\n")
    gate = (tiny.root / "config/gate.yaml").read_text(encoding="utf-8")
    skip = 'skips:\n  - {stage: config, reason: "being moved", until: "%s"}\n'
    tiny.write("config/gate.yaml", gate + skip % "2999-01-01")
    ended = tiny.gate("--profile", "quick")
    assert ended.code == 0
    assert "being moved (until 2999-01-01)" in ended.out
    tiny.write("config/gate.yaml", gate + skip % "2020-01-01")
    ended = tiny.gate("--profile", "quick")
    assert ended.code == 3
    assert "the skip of config ended on 2020-01-01" in ended.out


def test_a_gate_of_skips_only_has_no_evidence(tiny):
    tiny.write(
        "config/gate.yaml",
        "stages:\n  a: {kind: command, argv: [x], timeout_s: 1}\nprofiles:\n  quick: {stages: [a], on_failure: stop}\n"
        'skips:\n  - {stage: a, reason: "no time", until: "2999-01-01"}\n',
    )
    ended = tiny.gate("--profile", "quick")
    assert ended.code == 2
    assert "no stage ran" in ended.out


def test_a_broken_gate_file_gives_3_with_its_lines_and_json_all_the_same(tiny):
    tiny.write("config/gate.yaml", "stages: {}\nprofiles:\n  deploy: {stages: [a], on_failure: never}\n")
    ended = tiny.gate("--json")
    assert ended.code == 3
    assert "config/gate.yaml:3:21: profiles.deploy.stages.0: no such stage" in ended.err
    assert len(ended.json["diagnosis"]) == 2


def test_an_unknown_profile_is_wrong_usage(tiny):
    ended = tiny.gate("--profile", "slow")
    assert ended.code == 64
    assert "quick, deploy, ci" in ended.err


JUNIT = """<testsuites><testsuite><properties><property name="commit" value="{commit}"/></properties>
{cases}</testsuite></testsuites>"""
CASE = '<testcase classname="tests.test_one" name="test_one" time="0.1">{problem}</testcase>'


def ci(tiny, commit, cases):
    """Run the ci profile on a project whose tests fail when they are run, with a report that says otherwise."""
    tiny.write("test_reports/junit.xml", JUNIT.format(commit=commit, cases=cases))
    return tiny.gate("--profile", "ci", "--json")


def test_a_report_of_this_commit_stands_in_for_running_the_tests_again(tiny):
    tiny.write("tests/test_one.py", "def test_one():\n    assert False, 'it was run'\n")
    tiny.write(".gitignore", "test_reports/\ndata/\n__pycache__/\n")
    commit = tiny.commit()
    passed = ci(tiny, commit, CASE.format(problem=""))
    assert (passed.code, results(passed)["unit"]) == (0, "PASS")
    assert "from the report of this commit" in passed.err
    failed = ci(tiny, commit, CASE.format(problem="<failure/>"))
    assert (failed.code, results(failed)["unit"]) == (1, "FAIL")
    other = ci(tiny, "0" * 40, CASE.format(problem=""))
    assert (other.code, results(other)["unit"]) == (1, "FAIL"), "a report of another commit is no evidence"
    elsewhere = ci(tiny, commit, CASE.format(problem="").replace("tests.test_one", "other.test_one"))
    assert elsewhere.code == 1, "a report without this stage's tests is no evidence for it"
    tiny.write("check.py", "print('changed')\n")
    assert ci(tiny, commit, CASE.format(problem="")).code == 1, "what is here is not what was tested"


def test_variables_of_the_project_do_not_reach_the_tests(tiny):
    tiny.write(
        "tests/test_one.py",
        "import os\n\ndef test_one():\n"
        "    assert not [name for name in os.environ if name.startswith(('RISK_', 'RUNTIME_'))]\n",
    )
    assert tiny.gate("--profile", "quick", env={"RISK_SCENARIO": "silent", "RUNTIME_COLOR": "never"}).code == 0


def test_in_github_actions_failures_are_annotated_and_the_table_is_in_the_summary(tiny):
    tiny.write("tests/test_one.py", "def test_one():\n    assert False\n")
    summary = tiny.root / "summary.md"
    env = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)}
    ended = tiny.gate("--profile", "quick", env=env)
    assert "::error title=GATE-unit::" in ended.out
    assert "| unit | FAIL |" in summary.read_text(encoding="utf-8")
