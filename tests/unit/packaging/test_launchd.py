"""macOS: the property list of the how-to is one, and lets `watch` do what launchd cannot."""

import plistlib
import re
from pathlib import Path

import click
import pytest

from runtime.cli.watch import watch

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "run-on-macos.md"


@pytest.fixture(scope="module")
def agent():
    return plistlib.loads(re.search(r"```xml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)[1].encode())


def test_it_starts_watch_under_what_keeps_the_machine_awake(agent):
    program, *arguments = agent["ProgramArguments"]
    assert (program, arguments[0]) == ("/usr/bin/caffeinate", "-i")
    assert arguments[1].endswith("/.venv/bin/risk-runtime")
    assert arguments[2] == watch.name
    assert isinstance(watch, click.Command)


def test_a_clean_stop_stays_one_and_anything_else_is_started_again(agent):
    assert agent["KeepAlive"] == {"SuccessfulExit": False}
    assert agent["RunAtLoad"] is True


def test_what_it_writes_is_for_its_owner_only(agent):
    assert agent["Umask"] == 0o077


def test_it_is_loaded_and_unloaded_by_the_name_it_has(agent):
    commands = re.findall(r"^launchctl (boot\w+) (.+)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert [verb for verb, _ in commands] == ["bootstrap", "bootout"]
    assert f"/{agent['Label']}" in commands[1][1]
    assert f"{agent['Label']}.plist" in commands[0][1]
