"""A program that cannot begin says which package is missing and how to install it, and exits 5."""

import sys

import pytest

from service_contract.dependencies import REQUIRED, MissingDependency, missing_dependencies

_CHECK = "from service_contract.dependencies import require_dependencies; require_dependencies(); print('went on')"


@pytest.fixture
def check(tmp_path, run_program):
    """Run the check where just what is required is installed, in the least version, but for what is said."""

    def run(*, hidden=(), versions=None, as_egg=()):
        site = tmp_path / "site-packages"
        for name, least in REQUIRED.items():
            version = (versions or {}).get(name, least)
            folder = site / (f"{name}.egg-info" if name in as_egg else f"{name}-{version}.dist-info")
            if name not in hidden:
                folder.mkdir(parents=True)
                record = folder / ("PKG-INFO" if name in as_egg else "METADATA")
                record.write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        only = "import sys\nsys.path[:] = [each for each in sys.path if 'site-packages' not in each]\n"
        return run_program([sys.executable, "-c", f"{only}sys.path.append({str(site)!r})\n{_CHECK}"])

    return run


def test_this_environment_has_everything():
    assert missing_dependencies() == []


@pytest.mark.parametrize("name", REQUIRED)
def test_a_missing_package_ends_the_program_with_5_and_its_name(name, check):
    ended = check(hidden=[name])
    assert ended.code == 5
    assert ended.out == ""
    assert f"DEP-001 package {name} is not installed; {REQUIRED[name]} or newer is needed" in ended.err
    assert f"'{name}>={REQUIRED[name]}'" in ended.err, "the command to install it can be pasted"
    assert "Exit Code: 5" in ended.err
    assert "Traceback" not in ended.err


def test_a_package_that_is_too_old_is_named_with_the_version_that_was_found(check):
    ended = check(versions={"apsw": "3.51.2.0"})
    assert ended.code == 5
    assert "DEP-001 package apsw is 3.51.2.0; 3.51.3 or newer is needed" in ended.err


def test_every_missing_package_is_named_at_once(check):
    ended = check(hidden=["click", "PyYAML"])
    assert ended.code == 5
    assert ended.err.count("DEP-001") == 2


@pytest.mark.parametrize("version", ["3.51.3", "3.51.3.0", "3.52", "4.0.0rc1", "3.100"])
def test_a_version_at_or_above_the_bound_is_accepted(version, check):
    """Numbers are compared as numbers: 3.100 is newer than 3.51."""
    ended = check(versions={"apsw": version})
    assert (ended.code, ended.out.strip()) == (0, "went on"), ended.err


def test_a_package_that_was_installed_in_another_way_is_found_too(check):
    """By setuptools of old, or by a distribution of Linux: its record says its version, not its directory's name."""
    ended = check(as_egg=["click"])
    assert (ended.code, ended.out.strip()) == (0, "went on"), ended.err


def test_an_old_python_is_told_which_python_is_needed(run_program):
    old = "import sys; sys.version_info = (3, 10, 4, 'final', 0)\n"
    ended = run_program([sys.executable, "-c", old + _CHECK])
    assert ended.code == 5
    assert "DEP-002 Python is 3.10.4; 3.11 or newer is needed" in ended.err
    assert "make setup" in ended.err


def test_a_missing_dependency_reads_as_a_sentence():
    assert str(MissingDependency("click", "8.2", "8.1.7")) == "DEP-001 package click is 8.1.7; 8.2 or newer is needed"


@pytest.fixture
def fake_project(tmp_path):
    """A project whose .venv has an interpreter that only says what it was asked to run."""
    python = tmp_path / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\necho "entered with: $*"\n')
    python.chmod(0o755)
    return tmp_path


def enter(project):
    return (
        "from pathlib import Path\n"
        "from service_contract.dependencies import enter_project_venv\n"
        f"enter_project_venv(Path({str(project)!r}), ['run_tests.py', '--gate'])\n"
        "print('stayed')\n"
    )


def test_a_program_started_outside_the_venv_goes_on_inside_it(run_program, fake_project):
    ended = run_program([sys.executable, "-c", enter(fake_project)])
    assert ended.out == "entered with: run_tests.py --gate\n"


def test_a_program_enters_the_venv_at_most_once(run_program, fake_project):
    """An interpreter in .venv that is not one cannot start an endless chain."""
    ended = run_program([sys.executable, "-c", enter(fake_project)], env={"RISK_MANAGER_VENV_ENTERED": "1"})
    assert ended.out == "stayed\n"


def test_a_program_stays_where_it_is_when_there_is_no_venv(run_program, tmp_path):
    assert run_program([sys.executable, "-c", enter(tmp_path)]).out == "stayed\n"


def test_a_program_stays_when_it_already_runs_in_the_venv(run_program, fake_project):
    inside = f"import sys; sys.prefix = {str(fake_project / '.venv')!r}\n"
    assert run_program([sys.executable, "-c", inside + enter(fake_project)]).out == "stayed\n"


def test_a_venv_without_a_usable_interpreter_is_passed_over(run_program, fake_project):
    (fake_project / ".venv/bin/python").chmod(0o644)
    assert run_program([sys.executable, "-c", enter(fake_project)]).out == "stayed\n"
