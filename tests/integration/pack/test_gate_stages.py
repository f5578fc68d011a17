"""Each kind of stage on a tiny project: what it takes for evidence, and what it refuses to believe."""

import datetime as dt
import json

import pytest

from runtime.clocks import utc_now

pytestmark = pytest.mark.integration

OPTION = "  venue: {env: ANIMAL_VENUE, default: toy, choices: [toy, real]}\n"


def only(tiny, stage, **files):
    """Let the gate of a project consist of one stage; files: what the stage reads or runs."""
    for name, text in files.items():
        tiny.write(name.replace("__", "/").replace("_dot_", "."), text)
    tiny.write("config/gate.yaml", f"stages:\n  it: {stage}\nprofiles:\n  deploy: {{stages: [it], on_failure: stop}}\n")


def verdict(tiny, *arguments, env=None):
    """The exit code, the result of the one stage, and its detail."""
    ended = tiny.gate("--json", *arguments, env=env)
    stage = ended.json["stages"][0]
    return ended.code, stage["result"], stage["detail"]


def says(document, code=0):
    """A program that prints a document and exits with a code."""
    return f"print({json.dumps(document)!r})\nraise SystemExit({code})\n"


SOAK = '{kind: soak, argv: ["{python}", it.py], timeout_s: 20}'
HELD = {"name": "rss_mb at_most", "verdict": "PASS", "samples": 9, "word": "ok"}
GOOD = {"verdict": "PASS", "exit_code": 0, "duration_seconds": 30.0, "memory_leak_mb": 0.5, "thresholds": [HELD, HELD]}


def test_a_soak_passes_on_thresholds_that_hold_and_have_data(tiny):
    only(tiny, SOAK, it_dot_py=says(GOOD))
    assert verdict(tiny) == (0, "PASS", "2/2 thresholds with data in 30s, +0.5 MB")


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        (says({**GOOD, "thresholds": []}), (2, "STALL", "it exited with 0 and judged no threshold")),
        (
            says({**GOOD, "thresholds": [HELD, {**HELD, "samples": 0, "word": "NO DATA"}]}),
            (2, "STALL", "it exited with 0, and rss_mb at_most is NO DATA with 0 samples"),
        ),
        (says({**GOOD, "verdict": "UNKNOWN"}), (2, "STALL", "it exited with 0 and reported UNKNOWN")),
        ("print('steady as a rock')\n", (2, "STALL", "it printed no JSON of soak")),
        (
            says({**GOOD, "verdict": "FAIL", "diagnosis": [{"id": "SOAK-001", "what": "it leaks"}]}, code=1),
            (1, "FAIL", "SOAK-001 it leaks"),
        ),
        (
            says({"verdict": "UNKNOWN", "exit_code": 2, "diagnosis": [{"id": "SOAK-004", "what": "mute"}]}, code=2),
            (2, "STALL", "SOAK-004 mute"),
        ),
    ],
)
def test_a_soak_without_data_or_with_a_leak_does_not_pass(tiny, program, expected):
    only(tiny, SOAK, it_dot_py=program)
    assert verdict(tiny) == expected


EVIDENCE = "{kind: evidence, file: data/reports/drill, max_age_days: 7}"


def drilled(tiny, days_ago, verdict="PASS"):
    """Leave the report of a drill behind."""
    moment = utc_now() - dt.timedelta(days=days_ago)
    tiny.write("data/reports/drill/one/result.json", json.dumps({"verdict": verdict, "started_at": f"{moment:%FT%TZ}"}))
    tiny.write("data/reports/drill/latest", "one\n")


def test_evidence_counts_while_it_is_fresh(tiny):
    only(tiny, EVIDENCE)
    drilled(tiny, 2)
    assert verdict(tiny)[:2] == (0, "PASS")
    drilled(tiny, 9)
    code, word, detail = verdict(tiny)
    assert (code, word) == (1, "FAIL")
    assert "is 9.0 days old (at most 7)" in detail


def test_evidence_of_a_failure_from_the_future_or_none_at_all_does_not_pass(tiny):
    only(tiny, EVIDENCE)
    assert verdict(tiny) == (2, "STALL", "there is no evidence in data/reports/drill")
    drilled(tiny, 1, verdict="FAIL")
    assert verdict(tiny)[:2] == (1, "FAIL")
    drilled(tiny, -3)
    assert "lies in the future" in verdict(tiny)[2]


@pytest.mark.parametrize("text", ["", "yes", "{}", '{"verdict": "PASS", "started_at": "2026-11-20T10:00:00"}'])
def test_evidence_that_cannot_be_read_is_none(tiny, text):
    only(tiny, EVIDENCE.replace("data/reports/drill", "attested.json"), attested_dot_json=text)
    code, word, detail = verdict(tiny)
    assert (code, word) == (2, "STALL")
    assert "attested.json" in detail


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        (says({"state": "closed"}), (0, "PASS")),
        (says({"state": "open"}), (1, "FAIL")),
        (says({"weather": "fine"}), (2, "STALL")),
        (says({"state": "closed"}, code=1), (2, "STALL")),
        ("print('closed')\n", (2, "STALL")),
    ],
)
def test_a_probe_has_to_answer_what_is_required(tiny, program, expected):
    stage = '{kind: probe, argv: ["{python}", it.py], require: [{at: /state, equals: closed}], timeout_s: 20}'
    only(tiny, stage, it_dot_py=program)
    assert verdict(tiny)[:2] == expected


def test_a_clean_tree_is_what_was_committed_and_can_only_be_told_from_a_repository(tiny):
    only(tiny, "{kind: clean_tree}")
    tiny.write(".gitignore", "data/\n")
    assert verdict(tiny)[:2] == (2, "STALL")
    tiny.commit()
    assert verdict(tiny) == (0, "PASS", "nothing differs from the commit")
    tiny.write("check.py", "print('changed')\n")
    assert verdict(tiny) == (1, "FAIL", "changed since the commit: check.py")


def test_a_stage_for_another_venue_is_a_skip_with_its_reason(tiny):
    stage = '{kind: command, argv: ["{python}", check.py], timeout_s: 20, when: {venue: real}, otherwise: "no broker"}'
    only(tiny, stage, check_dot_py="raise SystemExit(3)\n")
    service = (tiny.root / "config/service.yaml").read_text(encoding="utf-8")
    tiny.write("config/service.yaml", service + OPTION)
    code, word, detail = verdict(tiny)
    assert (code, word, detail) == (2, "SKIP", "no broker"), "a gate of skips only has no evidence"
    assert verdict(tiny, env={"ANIMAL_VENUE": "real"})[:2] == (3, "FAIL")
    assert tiny.gate(env={"ANIMAL_VENUE": "unreal"}).code == 64


@pytest.mark.parametrize(
    ("skip", "words"),
    [
        ('{stage: it, until: "2999-01-01"}', "key 'reason' is missing"),
        ("{stage: it, reason: later}", "key 'until' is missing"),
    ],
)
def test_nobody_skips_a_stage_without_a_reason_and_an_end(tiny, skip, words):
    only(tiny, '{kind: command, argv: ["{python}", check.py], timeout_s: 20}')
    gate = (tiny.root / "config/gate.yaml").read_text(encoding="utf-8")
    tiny.write("config/gate.yaml", f"{gate}skips:\n  - {skip}\n")
    ended = tiny.gate()
    assert ended.code == 3
    assert words in ended.err


def test_a_command_that_finds_faults_in_a_file_fails_with_the_first_of_them(tiny):
    """Not with the advice that stands in the last line."""
    faults = (
        "config/a.yaml:7:12: x: 'y' is no number\n  remedy: 3\nconfig/a.yaml:9:1: z: no such key\n  remedy: drop it\n"
    )
    program = f"import sys\nsys.stderr.write({faults!r})\nraise SystemExit(3)\n"
    only(tiny, '{kind: command, argv: ["{python}", it.py], timeout_s: 20}', it_dot_py=program)
    assert verdict(tiny) == (3, "FAIL", "config/a.yaml:7:12: x: 'y' is no number")
