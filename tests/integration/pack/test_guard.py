"""What hangs is named before the service is stopped, and who notices that the guard itself is gone: real processes."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import jsonschema
import psutil
import pytest

SCHEMA = json.loads((Path(__file__).parents[3] / "docs/reference/schemas/watch-check.schema.json").read_text())
QUICK = ("--heartbeat", "0.6", "--ready", "5", "--pause", "0.05")
PAGER = """\
import os
with open("pages.txt", "a") as stream:
    stream.write(os.environ["RUNTIME_PAGE_ID"] + " " + os.environ["RUNTIME_PAGE_TEXT"] + chr(10))
"""
HANGS = """\
import asyncio, os, sys, time
from speech import voice
me = voice()
every_s = int(os.environ["WATCHDOG_USEC"]) / 4e6
orders, positions = asyncio.Lock(), asyncio.Lock()

def write_end_of_day():
    time.sleep(60)

async def take(first, second):
    async with first:
        await asyncio.sleep(0)
        async with second:
            pass

async def main():
    me.say(READY="1")
    for _ in range(3):
        me.say(WATCHDOG="1")
        await asyncio.sleep(every_s)
    if sys.argv[3] == "blocks":
        write_end_of_day()
    async with asyncio.TaskGroup() as group:
        group.create_task(take(orders, positions), name="order-updater")
        group.create_task(take(positions, orders), name="position-updater")

asyncio.run(main())
"""
pytestmark = pytest.mark.integration


@pytest.fixture
def home(tiny, short_tmp, monkeypatch):
    """The tiny project with a pager, and agents that listen in a place of their own."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(short_tmp))
    tiny.service("beats", "well")
    tiny.write("page.py", PAGER)
    add(tiny, 'page: ["{python}", "{project}/page.py"]\n')
    return tiny


def add(tiny, text):
    file = tiny.root / "config/service.yaml"
    file.write_text(file.read_text() + text)


def pages(tiny):
    return (tiny.root / "pages.txt").read_text().splitlines()


@pytest.mark.parametrize(
    ("how", "cause", "words"),
    [
        ("blocks", "LOOP-002", ("write_end_of_day", "Task-1")),
        ("deadlocks", "TASK-001", ("order-updater", "position-updater")),
    ],
)
def test_a_silent_loop_is_asked_what_hangs_and_the_page_says_it(home, how, cause, words):
    home.service("beats", how)
    home.write("service_under_test.py", HANGS)
    add(home, 'agent: true\npage: ["{python}", "{project}/page.py"]\n')
    ended = home.runtime("watch", "--json", *QUICK, "--page-only")
    (found,) = ended.json["diagnosis"]
    assert found["id"] == "WATCH-001"
    assert [each["id"] for each in found["evidence"]["hangs"]] == [cause]
    (page,) = pages(home)
    for word in words:
        assert word in found["what"]
        assert word in page
    assert "=== End Task Dump ===" in (home.root / "data/logs/runtime_trace.log").read_text()


def test_without_an_agent_it_is_said_that_nobody_could_be_asked(home):
    home.service("beats", "freezes")
    ended = home.runtime("watch", "--json", *QUICK, "--page-only")
    assert ended.json["diagnosis"][0]["evidence"]["trace"] == "the service runs without the trace agent"


def test_the_last_words_that_are_paged_hold_no_secret(home):
    home.service("beats", "broken")
    home.write("service_under_test.py", "import os, sys\nsys.exit('refused: ' + os.environ['SOME_TOKEN'])\n")
    ended = home.runtime("watch", "--json", *QUICK, "--page-only", env={"SOME_TOKEN": "canary-57-canary"})
    assert ended.json["diagnosis"][0]["evidence"]["last_words"] == ["refused: ***"]
    assert "canary-57" not in ended.out + ended.err


# The guard itself


class Guard:
    """A watch that runs, and what a supervisor hears from it."""

    def __init__(self, tiny, address):
        self.tiny = tiny
        self.heard = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.heard.bind(str(address))
        self.heard.settimeout(20)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "runtime", "watch", *QUICK], cwd=tiny.root, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, env={**os.environ, "NOTIFY_SOCKET": str(address)},
        )  # fmt: skip

    def until(self, word):
        while word not in (said := self.heard.recv(4096).decode()).split("\n"):
            assert "X_CHECKPOINT" not in said, "the service talks to the watch, the watch to the supervisor"

    def check(self, *flags):
        ended = self.tiny.runtime("watch", "--check", "--json", *flags)
        jsonschema.validate(ended.json, SCHEMA)
        assert ended.code == ended.json["exit_code"]
        return ended

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(signal.SIGCONT)
        self.process.send_signal(number)
        self.process.wait(timeout=20)


@pytest.fixture
def guard(home, short_tmp):
    made = Guard(home, short_tmp / "n")
    yield made
    for path in psutil.process_iter(["cmdline"]):  # a guard that was killed could not stop what it had started
        if str(home.root) in " ".join(path.info["cmdline"] or []):
            path.kill()
    made.end(signal.SIGKILL)
    made.heard.close()


def test_a_supervisor_of_the_guard_hears_that_it_is_ready_lives_and_ends(guard):
    guard.until("READY=1")
    guard.until("WATCHDOG=1")
    assert guard.check().code == 0
    guard.end()
    guard.until("STOPPING=1")
    after = guard.check()
    assert after.code == 1
    assert "ended in order" in after.json["what"]


def test_a_guard_that_is_stopped_and_one_that_was_killed_are_told_apart_and_paged(guard):
    guard.until("WATCHDOG=1")
    guard.process.send_signal(signal.SIGSTOP)
    stopped = guard.check()
    guard.process.kill()
    guard.process.wait()
    killed = guard.check()
    assert [ended.code for ended in (stopped, killed)] == [1, 1]
    assert "is stopped (SIGSTOP)" in stopped.json["what"]
    assert "is gone" in killed.json["what"]
    assert killed.json["paged"] is True
    assert [line.partition(" ")[0] for line in pages(guard.tiny)] == ["WATCH-006", "WATCH-006"]


def test_a_guard_that_lives_but_has_not_beaten_for_too_long_is_no_guard(guard):
    guard.until("WATCHDOG=1")
    late = guard.check("--max-age", "0.000001")
    assert (late.code, late.json["diagnosis"][0]["id"]) == (1, "WATCH-006")
    assert "has not beaten" in late.json["what"]


def test_word_that_an_earlier_life_of_the_machine_left_is_no_life(guard):
    guard.until("WATCHDOG=1")
    guard.process.kill()
    guard.process.wait()
    file = guard.tiny.root / "data/reports/watch/guard.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "boot": "another"}))
    assert "the machine was started again" in guard.check().json["what"]


def test_where_no_guard_ever_was_nothing_is_known(home):
    ended = home.runtime("watch", "--check", "--json")
    assert (ended.code, ended.json["verdict"]) == (2, "UNKNOWN")
    assert not (home.root / "pages.txt").exists()
