"""Colour only where it is wanted, ASCII where the encoding needs it, and no failure on a closed pipe."""

import io

import pytest

from runtime.output.terminal import Paint, Terminal, as_it_stood, wants_color


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


@pytest.mark.parametrize(
    ("environ", "terminal", "ascii_only"),
    [
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, True, True),  # Python itself sets LC_CTYPE so
        ({"LC_ALL": "POSIX"}, True, True),
        ({"LC_ALL": "C", "LANG": "de_DE.UTF-8"}, True, True),
        ({"LANG": "C", "LC_CTYPE": "de_DE.UTF-8"}, True, False),
        ({"LANG": "en_US.UTF-8"}, True, False),
        ({}, True, False),
        ({"LC_ALL": "C"}, False, False),
    ],
)
def test_a_terminal_that_was_told_to_be_ascii_gets_ascii(environ, terminal, ascii_only):
    screen = Screen(terminal=terminal)
    Terminal(screen, environ=environ).line("✅ ready")
    assert screen.shown() == ("[OK] ready\n" if ascii_only else "✅ ready\n")


@pytest.mark.parametrize(
    ("printed", "stood"),
    [
        (b"one\r\ntwo\r\n", b"one\ntwo\n"),
        (b"\x1b[1;32mPASS\x1b[0m\n", b"PASS\n"),
        (b"head\nold\nolder\n\x1b[2F\x1b[Jnew\n", b"head\nnew\n"),
        (b"a\n\x1b[1F\x1b[Jb\n\x1b[1F\x1b[Jc\n", b"c\n"),
        (b"\x1b[9F\x1b[Jmore lines up than there are\n", b"more lines up than there are\n"),
        (b"10%\r\x1b[K20%\r\x1b[K30%", b"30%"),
        (b"", b""),
    ],
)
def test_what_was_drawn_again_stands_once_in_a_file(printed, stood):
    assert as_it_stood(printed) == stood


LONG = "  cause     FEED-003  connected and subscribed, but no message arrived from the venue in all of that time"


def test_on_a_terminal_words_go_on_below_and_rows_are_cut_and_neither_is_wider(monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    screen = Screen(terminal=True)
    terminal = Terminal(screen, environ={})
    terminal.prose(LONG, hang=12)
    terminal.row(LONG)
    *words, row = screen.shown().splitlines()
    assert all(line.startswith(" " * 12) for line in words[1:])
    assert " ".join(" ".join(words).split()) == " ".join(LONG.split())
    assert row == LONG[: len(row) - 1] + "…"
    assert max(map(len, [*words, row])) < 60


def test_into_a_file_lines_go_as_they_are(monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    screen = Screen()
    terminal = Terminal(screen, environ={})
    terminal.prose(LONG)
    terminal.row(LONG)
    assert screen.shown() == f"{LONG}\n{LONG}\n"
