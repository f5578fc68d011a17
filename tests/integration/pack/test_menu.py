"""run_tests.py as a process: keys and flags, exit codes that pass through, reports that stay."""

import re
import shutil
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
pytestmark = pytest.mark.integration


@pytest.fixture
def menu(tiny):
    """The tiny project with the real run_tests.py, and the real sources beside it."""
    shutil.copy(ROOT / "run_tests.py", tiny.root / "run_tests.py")
    (tiny.root / "src").symlink_to(ROOT / "src")
    tiny.write("tests/unit/test_unit.py", "def test_unit():\n    assert True\n")
    (tiny.root / "tests/property").mkdir()
    return tiny


def run(project, *arguments, **more):
    return project.run(sys.executable, "run_tests.py", *arguments, **more)


def test_without_a_terminal_and_without_arguments_it_shows_its_help_and_exits_64(menu):
    ended = run(menu)
    assert ended.code == 64
    for flag in ("--smoke-test-only", "--soak-test", "--view-logs", "--gate", "--env-snapshot", "--trace"):
        assert flag in ended.out
    assert "STALLED" in ended.out


@pytest.mark.parametrize("argument", ["h", "--help"])
def test_help_is_no_failure(menu, argument):
    assert run(menu, argument).code == 0


@pytest.mark.parametrize("argument", ["d", "c", "--drill"])
def test_what_is_not_there_yet_says_so_and_exits_64(menu, argument):
    ended = run(menu, argument)
    assert ended.code == 64
    assert "is not there yet" in ended.out


def test_an_unknown_key_is_wrong_usage(menu):
    assert run(menu, "--nonsense").code == 64


@pytest.mark.parametrize(("animal", "code"), [("good", 0), ("lies", 1), ("loses", 2)])
def test_the_exit_code_is_that_of_what_it_ran(menu, animal, code):
    menu.service(animal)
    ended = run(menu, "--smoke-test-only")
    assert ended.code == code
    assert re.search(r"^\$ .* -m runtime smoke$", ended.out, re.MULTILINE), "it prints the command"
    assert f"Exit Code: {code}" in (menu.root / "test_reports/latest.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("flag", "options", "code"),
    [
        ("--smoke-test-only", ["--scenario", "nonsense"], 64),
        ("--soak-test", ["--duration", "0"], 64),
        ("--view-logs", [], 2),
        ("--gate", ["--profile", "quick"], 0),
        ("--gate", ["--profile", "deploy"], 5),
        ("--env-snapshot", [], 0),
        ("--trace", [], 64),
    ],
)
def test_every_flag_for_scripts_exits_with_the_code_of_what_it_ran(menu, flag, options, code):
    menu.write("the.lock", "click==0.1\n")  # what the deploy profile finds wrong here
    ended = run(menu, flag, *options)
    assert ended.code == code
    (report,) = (menu.root / "test_reports").glob("2*Z-*.txt")
    assert report.read_bytes() == (menu.root / "test_reports/latest.txt").read_bytes()
    assert ended.out.rstrip().endswith(f"report test_reports/{report.name}")


def test_json_asked_for_through_the_menu_is_alone_on_standard_output(menu):
    ended = run(menu, "s", "--json")
    assert ended.json["verdict"] == "PASS"
    assert "runtime smoke --json" in ended.err


def test_tests_end_with_0_or_1_and_leave_a_report_and_junit(menu):
    assert run(menu, "2").code == 0
    reports = menu.root / "test_reports"
    assert "1 passed" in (reports / "latest.txt").read_text(encoding="utf-8")
    assert 'tests="1"' in next(reports.glob("*-unit.xml")).read_text(encoding="utf-8")
    none = run(menu, "2", "-k", "nothing")
    assert none.code == 1
    assert "no tests ran" in none.out
    menu.write("tests/unit/test_unit.py", "def test_unit():\n    assert False\n")
    assert run(menu, "--unit").code == 1
    assert run(menu, "2", "--no-such-option").code == 1


def test_the_log_is_shown(menu):
    assert run(menu, "--view-logs").code == 2, "there is none yet"
    menu.write("data/logs/animal.log", "".join(f"line {number}\n" for number in range(150)))
    ended = run(menu, "l")
    assert ended.code == 0
    assert "line 50\n" in ended.out
    assert "line 49\n" not in ended.out


def test_soak_is_an_entry_that_takes_the_options_of_its_command(menu):
    ended = run(menu, "--soak-test", "--duration", "0")
    assert ended.code == 64
    assert "-m runtime soak --duration 0" in ended.out
    assert "write 60, 30s, 5m or 8h" in ended.out


def test_the_deploy_check_is_the_gate_of_the_profile_deploy(menu):
    shutil.copy(ROOT / "deploy_check.sh", menu.root / "deploy_check.sh")
    (menu.root / ".venv" / "bin").mkdir(parents=True)
    (menu.root / ".venv" / "bin" / "python").symlink_to(sys.executable)
    menu.write("the.lock", "click==0.1\n")
    ended = menu.run("./deploy_check.sh")
    assert ended.code == 5
    assert ended.out.startswith("gate deploy")
    assert ended.out.rstrip().splitlines()[-1].startswith("❌ NOT READY: lock")
