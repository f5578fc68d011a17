"""Watching real services: each way of dying is told from the others, and answered as it should be."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import jsonschema
import psutil
import pytest

SCHEMA = json.loads((Path(__file__).parents[3] / "docs/reference/schemas/watch.schema.json").read_text())
QUICK = ("--heartbeat", "0.6", "--ready", "5", "--pause", "0.05")
PAGER = """\
import os
with open("pages.txt", "a") as stream:
    stream.write(os.environ["RUNTIME_PAGE_ID"] + " " + os.environ["RUNTIME_PAGE_TEXT"] + chr(10))
"""
pytestmark = pytest.mark.integration


@pytest.fixture
def watch(tiny):
    """`watch("freezes", "--restarts", "1")`: the result of watching that service to the end."""

    def run(how, *flags):
        prepare(tiny, how)
        ended = tiny.runtime("watch", "--json", *QUICK, *flags)
        jsonschema.validate(ended.json, SCHEMA)
        assert ended.code == ended.json["exit_code"]
        assert "Traceback" not in ended.err
        return ended

    return run


def prepare(tiny, how):
    tiny.service("beats", how)
    tiny.write("page.py", PAGER)
    text = (tiny.root / "config/service.yaml").read_text(encoding="utf-8")
    tiny.write("config/service.yaml", text + 'page: ["{python}", "{project}/page.py"]\n')


def pages(tiny):
    return [line.partition(" ")[0] for line in (tiny.root / "pages.txt").read_text().splitlines()]


@pytest.mark.parametrize(
    ("how", "cause"), [("freezes", "WATCH-001"), ("busy", "WATCH-001"), ("never", "WATCH-001"), ("dies", "WATCH-003")]
)
def test_a_crash_loop_ends_in_a_safe_stop_with_every_cause_and_a_page_for_each(tiny, watch, how, cause):
    ended = watch(how, "--restarts", "1")
    assert ended.code == 1
    assert [each["id"] for each in ended.json["diagnosis"]] == [cause, cause, "WATCH-004"]
    assert [life["cause"] for life in ended.json["lives"]] == [cause, cause]
    assert pages(tiny) == [cause, cause, "WATCH-004"]
    assert not any(psutil.pid_exists(life["pid"]) for life in ended.json["lives"])
    assert "nothing guards now" in ended.json["why"]


def test_a_busy_loop_and_an_idle_one_are_told_apart(watch):
    words = {how: watch(how, "--page-only").json["diagnosis"][0]["what"] for how in ("busy", "freezes")}
    assert ", busy)" in words["busy"]
    assert ", idle)" in words["freezes"]


def test_a_service_that_is_never_ready_is_told(watch):
    ended = watch("mute", "--ready", "0.5", "--page-only")
    assert [each["id"] for each in ended.json["diagnosis"]] == ["WATCH-005"]
    assert ended.code == 1


def test_what_a_restart_cannot_help_is_not_restarted(watch):
    ended = watch("broken", "--restarts", "9")
    assert ended.code == 3
    assert len(ended.json["lives"]) == 1
    assert "starting it again cannot help" in ended.json["why"]


def test_a_service_that_says_that_it_stops_is_let_go(watch):
    ended = watch("leaves")
    assert (ended.code, ended.json["verdict"], ended.json["diagnosis"]) == (0, "PASS", [])
    assert ended.json["lives"][0]["heartbeats"] >= 5


def test_a_good_service_is_watched_for_as_long_as_was_asked(watch):
    ended = watch("well", "--duration", "1")
    assert (ended.code, ended.json["diagnosis"], ended.json["pages"]) == (0, [], 0)
    (life,) = ended.json["lives"]
    assert life["ready"]
    assert life["ended"] == "stopped, exit code 0"


def test_a_service_that_had_to_be_started_again_does_not_pass(watch):
    ended = watch("dies", "--restarts", "1000", "--duration", "3")
    assert (ended.code, ended.json["verdict"]) == (1, "FAIL")
    assert "started again" in ended.json["why"]
    assert {each["id"] for each in ended.json["diagnosis"]} == {"WATCH-003"}
    assert len(ended.json["lives"]) == len(ended.json["diagnosis"]) + 1


def test_without_its_companion_the_service_is_not_started_and_the_reason_is_told(tiny, watch):
    tiny.write("venue.py", (tiny.root / "venue.py").read_text().replace("READY", "NEVER"))
    ended = watch("well", "--restarts", "0", "--page-only")
    assert ended.code == 1
    assert [each["id"] for each in ended.json["diagnosis"]] == ["PROC-001"]
    assert "companion venue was not ready" in ended.json["why"]


class Running:
    """A watch that runs; its events are read as they come."""

    def __init__(self, tiny, *flags):
        self.process = subprocess.Popen(
            [sys.executable, "-u", "-m", "runtime", "watch", "--json", *QUICK, *flags],
            cwd=tiny.root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ),
        )  # fmt: skip
        self.said = []

    def until(self, word):
        for line in self.process.stderr:
            self.said.append(line)
            if word in line:
                return line
        raise AssertionError(f"{word!r} was never said: {self.said}")

    def service(self):
        return psutil.Process(int(self.until("started, pid ").rpartition("pid ")[2]))

    def interrupt(self):
        self.process.send_signal(signal.SIGINT)
        out, errors = self.process.communicate(timeout=20)
        return json.loads(out), errors


@pytest.mark.parametrize(
    ("number", "cause", "word"),
    [(signal.SIGSTOP, "WATCH-002", "the process is stopped"), (signal.SIGKILL, "WATCH-003", "signal 9")],
)
def test_a_stopped_process_and_a_killed_one_are_told_apart_and_replaced(tiny, wait_until, number, cause, word):
    prepare(tiny, "well")
    running = Running(tiny)
    try:
        first = running.service()
        log = tiny.root / "data/logs/animal.log"
        wait_until(lambda: log.is_file() and "life" in log.read_text(), "the service's first line")
        first.send_signal(number)
        told = running.until("WATCH-")
        assert cause in told
        assert word in told
        second = running.service()
        assert second.pid != first.pid
        assert not first.is_running()
    finally:
        document, errors = running.interrupt()
    jsonschema.validate(document, SCHEMA)
    assert running.process.returncode == document["exit_code"] == 130
    assert [each["id"] for each in document["diagnosis"]] == [cause]
    assert pages(tiny) == [cause]
    assert not second.is_running()
    assert "Traceback" not in errors


def test_a_report_of_every_event_is_kept_while_it_happens_for_its_owner_only(tiny):
    prepare(tiny, "well")
    running = Running(tiny)
    running.service().kill()
    running.until("WATCH-003")
    running.process.kill()
    running.process.communicate()
    (run_dir,) = (path for path in (tiny.root / "data/reports/watch").iterdir() if path.is_dir())
    events = [json.loads(line) for line in (run_dir / "events.jsonl").read_text().splitlines()]
    assert "WATCH-003" in [each["finding"]["id"] for each in events if each["finding"]]
    assert {path.stat().st_mode & 0o777 for path in run_dir.iterdir() if path.name == "events.jsonl"} == {0o600}
    for path in psutil.process_iter(["cmdline"]):
        if str(tiny.root) in " ".join(path.info["cmdline"] or []):
            path.kill()  # the watch was killed and could not stop what it had started
