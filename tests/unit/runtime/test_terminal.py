"""Colour only where it is wanted, ASCII where the encoding needs it, and no failure on a closed pipe."""

import io

import pytest

from runtime.terminal import Paint, Terminal, wants_color


class Screen(io.TextIOWrapper):
    def __init__(self, encoding="utf-8", *, terminal=False):
        super().__init__(io.BytesIO(), encoding=encoding)
        self._terminal = terminal

    def isatty(self):
        return self._terminal

    def shown(self):
        return self.buffer.getvalue().decode(self.encoding)


@pytest.mark.parametrize(
    ("choice", "environ", "terminal", "expected"),
    [
        ("auto", {}, True, True),
        ("auto", {}, False, False),
        ("auto", {"TERM": "dumb"}, True, False),
        ("auto", {"FORCE_COLOR": "1"}, False, True),
        ("auto", {"FORCE_COLOR": "1", "NO_COLOR": "1"}, True, False),
        ("always", {}, False, True),
        ("always", {"NO_COLOR": "1"}, True, False),
        ("never", {"FORCE_COLOR": "1"}, True, False),
        (None, {}, True, True),
    ],
)
def test_colour_follows_the_flag_the_variables_and_the_terminal(choice, environ, terminal, expected):
    assert wants_color(choice, Screen(terminal=terminal), environ) is expected


def test_meaning_is_never_carried_by_colour_alone():
    screen = Screen()
    Terminal(screen, color="always", environ={}).line("PASS", Paint.GOOD)
    assert screen.shown() == "\x1b[32mPASS\x1b[0m\n"


def test_what_the_encoding_cannot_write_becomes_ascii():
    screen = Screen("ascii")
    Terminal(screen, environ={}).line("✅ ⚠️ ❌ → naïve")
    assert screen.shown() == "[OK] [WARN] [FAIL] -> na?ve\n"
