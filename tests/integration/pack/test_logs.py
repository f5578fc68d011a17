"""The log viewer as a process: what it prints, filters, follows through a rotation, and never shows."""

import datetime as dt
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

SCHEMAS = Path(__file__).parents[3] / "docs" / "reference" / "schemas"
pytestmark = pytest.mark.integration


class Log:
    """The log that the tiny project's service.yaml names, and its twin."""

    def __init__(self, root):
        self.text = root / "data" / "logs" / "animal.log"
        self.text.parent.mkdir(parents=True)
        self.events = self.text.with_name("events.jsonl")
        self.t_s = 1_770_000_000

    def write(self, message, level="INFO", **fields):
        self.t_s += 1
        stamp = dt.datetime.fromtimestamp(self.t_s).isoformat(sep=" ")  # noqa: DTZ006 -- logs are in local time
        with self.text.open("a", encoding="utf-8") as stream:
            stream.write(f"{stamp}.000 {level} {message}\n")
        with self.events.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps({"t": self.t_s, "level": level, "message": message, **fields}) + "\n")

    def rotate(self):
        for path in (self.text, self.events):
            path.rename(path.with_name(f"{path.name}.1"))


@pytest.fixture
def log(tiny):
    made = Log(tiny.root)
    made.write("starting", checkpoint=1, run="aaaa")
    for n in range(200):
        made.write(f"tick {n}", run="aaaa")
    made.write("starting", checkpoint=1, run="bbbb")
    made.write("config of 3 rules", checkpoint=2, run="bbbb")
    made.write("judged: alpha fine", checkpoint=7, run="bbbb")
    made.write("it broke", "ERROR", run="bbbb", exception="Traceback (most recent call last):\n  KeyError: 'x'")
    return made


@pytest.mark.usefixtures("log")
def test_the_last_hundred_lines_are_shown_with_the_last_boot_on_top(tiny):
    ended = tiny.runtime("logs")
    assert ended.code == 0
    lines = [line for line in ended.out.splitlines() if not line.startswith("    ")]
    assert len(lines) == 100
    assert lines[-1].endswith("ERROR it broke")
    assert "    KeyError: 'x'" in ended.out.replace("      ", "    "), "the trace comes from the twin"
    assert ended.out.count("it broke") == 1, "a line and its twin are one"
    assert "starting" in ended.err.splitlines()[1]
    assert "judged: alpha fine  (7 of 8)" in ended.err


@pytest.mark.usefixtures("log")
@pytest.mark.parametrize(
    ("flags", "messages"),
    [
        (("--level", "error"), ["it broke"]),
        (("--rule", "alpha"), ["judged: alpha fine"]),
        (("--checkpoint", "2"), ["config of 3 rules"]),
        (("--run", "bbb"), ["starting", "config of 3 rules", "judged: alpha fine", "it broke"]),
        (("--grep", r"TICK 1[0-9]$", "--lines", "2"), []),
        (("--grep", r"tick 1[0-9]$", "--lines", "2"), ["tick 18", "tick 19"]),
        (("--until", "2000-01-01"), []),
        (("--since", "10m"), []),
    ],
)
def test_a_filter_leaves_what_was_asked_for_in_one_json_object(tiny, flags, messages):
    ended = tiny.runtime("logs", "--json", *flags)
    assert ended.code == 0
    jsonschema.validate(ended.json, json.loads((SCHEMAS / "logs.schema.json").read_text()))
    assert [line["message"] for line in ended.json["lines"]] == messages


@pytest.mark.usefixtures("log")
@pytest.mark.parametrize("flags", [("--level", "loud"), ("--since", "soon"), ("--checkpoint", "9"), ("--lines", "0")])
def test_a_filter_that_cannot_be_is_wrong_usage(tiny, flags):
    assert tiny.runtime("logs", *flags).code == 64


def test_no_log_is_no_evidence_and_exits_2(tiny):
    ended = tiny.runtime("logs", "--json")
    assert ended.code == 2
    assert "LOG-002" in ended.json["error"]
    jsonschema.validate(ended.json, json.loads((SCHEMAS / "error.schema.json").read_text()))


@pytest.mark.usefixtures("log")
def test_an_export_writes_all_of_it_and_says_how_much(tiny):
    ended = tiny.runtime("logs", "--export", "all.jsonl", "--json")
    assert (ended.code, ended.json["lines_written"]) == (0, 205)
    jsonschema.validate(ended.json, json.loads((SCHEMAS / "logs.schema.json").read_text()))
    assert len((tiny.root / "all.jsonl").read_text().splitlines()) == 205


@pytest.mark.parametrize("flags", [(), ("--json",)])
def test_following_goes_on_through_a_rotation_and_ends_with_130(tiny, log, flags):
    process = subprocess.Popen(
        [sys.executable, "-m", "runtime", "logs", "--follow", "--lines", "1", "--grep", "broke|after", *flags],
        cwd=tiny.root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ),
    )  # fmt: skip

    def told(line):
        return json.loads(line)["message"] if flags else line.rstrip().partition(" INFO ")[2]

    try:
        assert "it broke" in process.stdout.readline()
        if not flags:
            assert "Traceback" in process.stdout.readline()
            assert "KeyError" in process.stdout.readline()
        log.write("before and after")
        assert told(process.stdout.readline()) == "before and after"
        log.rotate()
        log.write("after the rotation")
        assert told(process.stdout.readline()) == "after the rotation"
        log.write("long after")
        assert told(process.stdout.readline()) == "long after"
    finally:
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "Traceback" not in errors


def test_a_log_line_cannot_reach_the_terminal_as_an_escape_sequence(tiny, log):
    log.write("symbol \x1b[2J<img src=x onerror=alert(1)>\x07")
    ended = tiny.runtime("logs", "--lines", "1", "--color", "never")
    assert "\\x1b[2J<img" in ended.out
    assert "\x1b" not in ended.out
    assert "\x07" not in ended.out
