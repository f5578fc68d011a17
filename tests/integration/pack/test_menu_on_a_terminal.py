"""The menu as somebody sits before it: keys typed into a real terminal, and what then stands on the screen."""

import fcntl
import importlib.util
import json
import os
import pty
import re
import select
import shutil
import struct
import sys
import termios
from pathlib import Path
from types import SimpleNamespace

import pytest

ROOT = Path(__file__).parents[3]
pytestmark = pytest.mark.integration
ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
PROMPT = "key, then Enter >"
AFTERWARDS = "q: quit >"
OF_THE_TERMINAL = {"COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "CI", "LC_ALL", "LC_CTYPE", "LANG"}
PLAIN = {"NO_COLOR": "1", "TERM": "xterm"}


class Sitting:
    """A person before a terminal of a size: waits for words, types, and reads what is there."""

    def __init__(self, project, columns=80, rows=24, python=sys.executable, **environ):
        self.text = ""
        self.code = None
        self._read_to = 0
        self._pid, self._terminal = pty.fork()
        if self._pid == 0:
            os.chdir(project.root)
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            clean = {name: value for name, value in os.environ.items() if name not in OF_THE_TERMINAL}
            os.execve(python, [python, "run_tests.py"], {**clean, **(environ or PLAIN)})  # noqa: S606 -- the terminal needs the very process

    def until(self, words):
        """What was shown up to these words, from where the last wait ended."""
        while words not in self.text[self._read_to :]:
            if not self._more():
                raise AssertionError(f"{words!r} never came; it ended after:\n{self.text}")
        end = self.text.index(words, self._read_to) + len(words)
        shown, self._read_to = self.text[self._read_to : end], end
        return shown

    def type(self, keys):
        os.write(self._terminal, keys.encode())
        return self

    def end(self):
        """Everything up to its end; gives the exit code."""
        while self._more():
            pass
        self.code = os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])
        os.close(self._terminal)
        return self.code

    def _more(self):
        ready, _, _ = select.select([self._terminal], [], [], 40.0)
        assert ready, f"nothing more came after:\n{self.text}"
        try:
            chunk = os.read(self._terminal, 4096)
        except OSError:  # Linux says EIO when the other side has gone
            return False
        self.text += chunk.decode(errors="replace").replace("\r\n", "\n")
        return bool(chunk)


@pytest.fixture
def menu(tiny):
    """The tiny project with the real run_tests.py, and the real sources beside it."""
    shutil.copy(ROOT / "run_tests.py", tiny.root / "run_tests.py")
    (tiny.root / "src").symlink_to(ROOT / "src")
    tiny.write("tests/unit/test_unit.py", "def test_unit():\n    assert True\n")
    (tiny.root / "tests/property").mkdir()
    return tiny


def test_keys_run_entries_one_after_the_other_and_quitting_gives_the_code_of_the_last(menu):
    sitting = Sitting(menu)
    first = sitting.until(PROMPT)
    assert "soak never run" in first
    assert "[s] smoke" in first
    sitting.type("zz\n")
    assert "no such key: zz" in sitting.until(AFTERWARDS)
    sitting.type("d\n")
    assert "drill is not there yet" in sitting.until(AFTERWARDS)
    sitting.type("h\n")
    assert "STALLED" in sitting.until(AFTERWARDS)
    sitting.type("s\n")
    smoke = sitting.until(AFTERWARDS)
    assert re.search(r"^\$ .* -m runtime smoke$", smoke, re.MULTILINE), "it prints the command"
    assert "exit code 0\n" in smoke
    sitting.type("\n")
    assert "smoke PASS just now" in sitting.until(PROMPT)
    sitting.type("r --duration 0\n")
    assert "exit code 64 USAGE" in sitting.until(AFTERWARDS)
    assert sitting.type("q\n").end() == 64


def test_after_a_test_run_its_count_and_its_failures_stand_beside_the_entry(menu):
    menu.write("tests/unit/test_bad.py", "def test_bad():\n    assert False\n")
    sitting = Sitting(menu)
    assert re.search(r"\[2\] unit +- +never run", sitting.until(PROMPT))
    sitting.type("2\n")
    assert "exit code 1 EXCEPTION" in sitting.until(AFTERWARDS)
    sitting.type("\n")
    screen = sitting.until(PROMPT)
    assert re.search(r"\[2\] unit +2 +~\d+s +1 FAIL", screen)
    assert re.search(r"\[5\] last failed +1 ", screen)
    sitting.type("5\n")
    assert "1 failed" in sitting.until(AFTERWARDS)
    assert sitting.type("q\n").end() == 1


def test_ctrl_c_ends_what_runs_leads_back_to_the_menu_and_gives_130(menu):
    menu.service("stalls", "6")
    sitting = Sitting(menu)
    sitting.until(PROMPT)
    sitting.type("s --timeout 30\n").until("5/8 looping")
    sitting.type("\x03")
    assert "exit code 130 INTERRUPTED" in sitting.until(AFTERWARDS)
    assert sitting.type("q\n").end() == 130


def test_a_test_run_that_was_interrupted_counts_as_none(menu):
    # In short pieces: an interpreter that is about to wait when the signal comes sees it only when it wakes.
    wait = "    for _ in range(500):\n        threading.Event().wait(0.1)\n"
    body = f"import threading\n\ndef test_wait():\n    print('it waits')\n{wait}"
    menu.write("tests/unit/test_unit.py", body)
    sitting = Sitting(menu)
    sitting.until(PROMPT)
    sitting.type("2 -s\n").until("it waits")
    sitting.type("\x03")
    assert "exit code 130 INTERRUPTED" in sitting.until(AFTERWARDS)
    assert sitting.type("q\n").end() == 130
    assert not [path for path in (menu.root / "test_reports").glob("*.xml") if "interrupted" not in path.name]


def test_ctrl_c_at_the_prompt_leaves_with_130_and_the_end_of_input_with_the_last_code(menu):
    sitting = Sitting(menu)
    sitting.until(PROMPT)
    assert sitting.type("\x03").end() == 130
    other = Sitting(menu)
    other.until(PROMPT)
    assert other.type("\x04").end() == 0


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (120, 40), (60, 30), (40, 12)])
def test_no_line_of_it_is_wider_than_the_window_and_it_fits_into_its_height(menu, columns, rows):
    sitting = Sitting(menu, columns, rows)
    screen = sitting.until(PROMPT).splitlines()
    assert max(map(len, screen)) <= columns
    assert len(screen) <= rows
    assert sitting.type("q\n").end() == 0


@pytest.mark.parametrize(
    ("environ", "colored"),
    [
        ({"TERM": "xterm"}, True),
        ({"TERM": "dumb"}, False),
        ({"TERM": "xterm", "NO_COLOR": "1"}, False),
        ({"TERM": "dumb", "FORCE_COLOR": "1"}, True),
    ],
)
def test_it_is_coloured_only_where_that_is_wanted_and_says_the_same_without(menu, environ, colored):
    sitting = Sitting(menu, **environ)
    screen = sitting.until(PROMPT)
    assert bool(ESCAPE.search(screen)) is colored
    assert "[s] smoke" in ESCAPE.sub("", screen)
    assert sitting.type("q\n").end() == 0


def test_a_terminal_of_the_locale_c_gets_nothing_but_ascii(menu):
    sitting = Sitting(menu, LC_ALL="C", LANG="C", NO_COLOR="1", TERM="xterm")
    sitting.until(PROMPT)
    sitting.type("s\n").until(AFTERWARDS)
    assert sitting.type("q\n").end() == 0
    assert "[OK] Smoke test PASSED" in sitting.text
    assert sitting.text.isascii()


def test_what_runs_sees_a_terminal_and_its_report_holds_no_escapes(menu):
    body = "import sys\n\ndef test_terminal():\n    assert sys.__stdout__.isatty()\n"
    menu.write("tests/unit/test_unit.py", body)
    sitting = Sitting(menu, TERM="xterm")
    sitting.until(PROMPT)
    shown = sitting.type("2 -s\n").until(AFTERWARDS)
    assert sitting.type("q\n").end() == 0
    assert "\x1b[32m" in shown, "pytest colours its verdict"
    report = (menu.root / "test_reports/latest.txt").read_bytes()
    assert b"1 passed" in report
    assert not re.search(rb"[\x1b\r]", report)


def test_the_market_is_what_the_probe_of_the_service_says(menu):
    market = {"state": "open", "until": "2999-01-01T22:00:00Z", "zone": "America/Chicago"}
    menu.write("market.py", f"print({json.dumps(json.dumps(market))})\n")
    contract = menu.root / "config/service.yaml"
    text = contract.read_text(encoding="utf-8")
    contract.write_text(
        text.replace("probes:", 'probes:\n  market: ["{python}", "{project}/market.py"]'), encoding="utf-8"
    )
    sitting = Sitting(menu)
    while "market OPEN, closes Tue 16:00 CT (" not in sitting.until(PROMPT):
        assert "market asking..." in sitting.text
        sitting.type("\n")
    assert sitting.type("q\n").end() == 0


def test_a_service_without_a_market_has_no_line_for_one_and_a_broken_one_says_unknown(menu):
    sitting = Sitting(menu)
    assert "market" not in sitting.until(PROMPT)
    sitting.type("q\n").end()
    menu.write("config/service.yaml", "name: [\n")
    broken = Sitting(menu)
    assert "market UNKNOWN: config/service.yaml has " in broken.until(PROMPT)
    assert broken.type("q\n").end() == 0


@pytest.fixture
def screens():
    """scripts/menu_screens.py, which is no package: it wrote the screens of the pages."""
    spec = importlib.util.spec_from_file_location("menu_screens", ROOT / "scripts/menu_screens.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_screens_of_the_pages_are_those_that_the_menu_shows(screens, tmp_path):
    """Run `make docs-screens` after a change of the menu."""
    page = (ROOT / "docs/reference/menu.md").read_text(encoding="utf-8")
    written = dict(re.findall(r"<!-- screen: ([a-z-]+) -->\n```\n(.*?)```", page, re.DOTALL))
    assert set(written) == set(screens.PLAY)
    assert f"```\n{written['menu-again']}```" in (ROOT / "README.md").read_text(encoding="utf-8"), "make docs-screens"
    scene = SimpleNamespace(root=screens.make_scene(tmp_path))
    sitting = Sitting(scene, python=str(scene.root / ".venv/bin/python"))
    assert screens.alike(sitting.until(PROMPT)) == screens.alike(written["menu"])
    for key, name in (("x", "menu-unknown"), ("h", "menu-help")):
        shown = sitting.type(f"{key}\n").until(AFTERWARDS).split("\n", 1)[1]  # without the line that was typed
        assert screens.alike(shown) == screens.alike(written[name].split("\n", 1)[1])
    smoke = sitting.type("s\n").until(AFTERWARDS)
    begun = [" ".join(line.split()[:2]) for line in smoke.splitlines()]
    for line in re.findall(r"^  \d/8 \w+", written["menu-smoke"], re.MULTILINE):
        assert " ".join(line.split()) in begun
    assert sitting.type("q\n").end() == 0
