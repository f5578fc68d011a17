"""A program as a channel: it gets the page on its standard input, and its exit code says whether it was taken."""

import json
import sys

import psutil
from tests.unit.core.alerts.pages import SECOND_NS, page, phone

from risk_manager.core.alerts.command import Command

ENVIRON = {"PATH": "/usr/bin:/bin"}


def python(text: str, *arguments: object, **changes) -> Command:
    return Command(phone(argv=(sys.executable, "-c", text, *map(str, arguments)), **changes), ENVIRON)


def test_the_program_gets_the_whole_page_as_json_and_exit_code_0_takes_it(tmp_path):
    file = tmp_path / "page.json"
    outcome = python("import sys; open(sys.argv[1], 'w').write(sys.stdin.read())", file).send(page())
    assert outcome.result == "taken"
    found = json.loads(file.read_text())
    assert (found["action"], found["severity"], found["account"]) == ("trigger", "critical", "SIM-50K")
    assert found["arithmetic"] == "realized -907.10 <= limit -900.00"


def test_an_argument_is_no_shell_command(tmp_path):
    file = tmp_path / "made"
    outcome = Command(phone(argv=("true", f"; touch {file}", "$(id)")), ENVIRON).send(page())
    assert outcome.result == "taken"
    assert not file.exists()


def test_another_exit_code_is_tried_again_with_its_last_words():
    outcome = python("import sys; sys.exit('nobody is on call')").send(page())
    assert (outcome.result, outcome.detail) == ("later", f"{sys.executable}: exit code 1: nobody is on call")


def test_a_program_that_is_not_there_is_tried_again():
    assert Command(phone(argv=("/nowhere/at-all",)), ENVIRON).send(page()).result == "later"


def test_a_program_that_never_ends_is_ended_with_all_it_started(tmp_path):
    file = tmp_path / "pid"
    argv = ("sh", "-c", 'sleep 600 & echo $! > "$1"; wait', "sh", str(file))
    outcome = Command(phone(argv=argv, timeout_ns=SECOND_NS), ENVIRON).send(page())
    assert outcome.result == "later"
    assert "not finished within 1 s; it was ended" in outcome.detail
    assert is_gone(int(file.read_text()))


def is_gone(pid: int) -> bool:
    """Killed, whether or not somebody has reaped it."""
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_the_program_does_not_get_the_credentials_of_the_venue(tmp_path):
    file = tmp_path / "environ"
    given = {**ENVIRON, "PROJECT_X_API_KEY": "k3y", "ALERT_TOKEN": "t0k3n"}
    outcome = Command(phone(argv=("sh", "-c", 'env > "$1"', "sh", str(file))), given).send(page())
    assert outcome.result == "taken"
    assert "t0k3n" in file.read_text()
    assert "k3y" not in file.read_text()
