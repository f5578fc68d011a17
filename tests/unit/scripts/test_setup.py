"""Set-up is done once, says nothing when nothing changed, is taken up again where it was interrupted, and says in one
line what the machine lacks.

The interpreter here is a script that behaves as Python does when asked for its version, a venv or pip, and writes down
what it was asked: the real installation takes half a minute and a network.
"""

import shutil

import pytest

FAKE = """#!/bin/sh
echo "$*" >>"{log}"
case "$*" in
    *version_info\\[:3\\]*) echo {version}.4 ;;
    *"sys.exit(sys.version_info"*) exit {too_old} ;;
    *version_info\\[:2\\]*) echo {version} ;;
    *ensurepip*) test {ensurepip} = yes || {{ echo "No module named ensurepip" >&2; exit 1; }} ;;
    "-m venv"*) mkdir -p "{root}/.venv/bin"
        cp "$0" "{root}/.venv/bin/python"
        echo "#!{root}/.venv/bin/python" >"{root}/.venv/bin/pip" ;;
    *"pip install"*) test ! -e "{root}/no-network" || {{ echo "ERROR: no matching distribution" >&2; exit 1; }} ;;
esac
"""


@pytest.fixture
def root(tmp_path, project):
    """A copy of what set-up reads, in a directory with a space in its name."""
    root = tmp_path / "my project"
    (root / "scripts").mkdir(parents=True)
    (root / "src").mkdir()
    for name in ("scripts/setup.sh", "pyproject.toml", "requirements.lock"):
        shutil.copy(project / name, root / name)
    return root


@pytest.fixture
def setup(root, run_program, tmp_path):
    """Run set-up with an interpreter of our making; gives how it ended and what the interpreter was asked."""

    def setup(*, version="3.11", too_old=0, ensurepip="yes"):
        log, python = tmp_path / "asked", tmp_path / "python3"
        log.write_text("")
        fake = FAKE.format(log=log, root=root, version=version, too_old=too_old, ensurepip=ensurepip)
        python.write_text(fake)
        python.chmod(0o755)
        ended = run_program(["sh", root / "scripts/setup.sh"], cwd=root, env={"PYTHON": str(python)})
        return ended, log.read_text()

    return setup


def test_the_first_call_installs_what_is_pinned_then_the_project_then_compiles(setup, root):
    ended, asked = setup()
    assert ended.code == 0, ended.err
    steps = [asked.index(words) for words in ("--require-hashes", "--editable", "compileall")]
    assert steps == sorted(steps)
    assert (root / ".venv/.setup-stamp").read_text().startswith(str(root))


def test_the_second_call_says_nothing_and_installs_nothing(setup):
    setup()
    ended, asked = setup()
    assert (ended.code, ended.out, ended.err) == (0, "", "")
    assert "pip install" not in asked
    assert "compileall" in asked, "sources that changed are compiled"


@pytest.mark.parametrize("name", ["requirements.lock", "pyproject.toml"])
def test_a_changed_dependency_is_installed_into_the_venv_that_is_there(setup, root, name):
    setup()
    (root / name).write_text((root / name).read_text() + "# changed\n")
    ended, asked = setup()
    assert ended.code == 0
    assert "--require-hashes" in asked
    assert "-m venv" not in asked


def test_an_interrupted_installation_leaves_no_stamp_and_is_taken_up_again(setup, root):
    (root / "no-network").touch()
    ended, _ = setup()
    assert ended.code == 5
    assert "ERROR: no matching distribution" in ended.err
    assert "setup: pip could not install" in ended.err
    assert not (root / ".venv/.setup-stamp").exists()
    (root / "no-network").unlink()
    ended, asked = setup()
    assert ended.code == 0
    assert "--require-hashes" in asked


def test_a_venv_whose_interpreter_is_gone_is_made_anew(setup, root):
    setup()
    (root / ".venv/bin/python").unlink()
    ended, asked = setup()
    assert ended.code == 0
    assert "-m venv --clear" in asked


def test_a_project_that_was_moved_gets_a_venv_of_its_own(setup, root):
    """The scripts of a venv hold its path."""
    setup()
    (root / ".venv/bin/pip").write_text("#!/elsewhere/.venv/bin/python\n")
    ended, asked = setup()
    assert ended.code == 0
    assert "-m venv --clear" in asked


def test_a_python_that_is_too_old_is_named_in_one_line(setup, root, tmp_path):
    ended, _ = setup(version="3.9", too_old=1)
    assert ended.code == 5
    assert ended.err == (
        f"setup: Python 3.11 or newer is needed; {tmp_path / 'python3'} is 3.9.4; install it, or name one: "
        "make setup PYTHON=python3.12\n"
    )
    assert not (root / ".venv").exists()


def test_a_missing_venv_module_is_named_in_one_line_with_the_package_that_has_it(setup, root, tmp_path):
    ended, _ = setup(ensurepip="no")
    assert ended.code == 5
    assert ended.err == (
        f"setup: `{tmp_path / 'python3'} -m venv` is not installed; on Debian and Ubuntu: "
        "apt-get install python3.11-venv\n"
    )
    assert not (root / ".venv").exists()


def test_no_python_at_all_is_said_in_one_line(root, run_program):
    ended = run_program(["sh", root / "scripts/setup.sh"], cwd=root, env={"PYTHON": "no-such-python"})
    assert ended.code == 5
    assert ended.err.startswith("setup: Python 3.11 or newer is needed; none was found;")
    assert ended.err.count("\n") == 1
