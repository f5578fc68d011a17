"""The menu's screen: everything is on it, nothing is wider than the window, and all of it is ASCII."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.menu.help import help_lines, what_to_do
from runtime.menu.screen import Entry, Facts, screen
from runtime.output.junit import Totals
from runtime.output.terminal import Paint
from service_contract.exit_codes import ExitCode

ENTRIES = (
    Entry("1", "all", "every test", ("pytest",), "--all", tests=True),
    Entry("2", "integration", "processes", ("pytest",), "--integration", tests=True),
    Entry("5", "last failed", "again", ("pytest",), "--last-failed", tests=True),
    Entry("s", "smoke", "boot, breach, ledger", ("smoke",), "--smoke-test-only"),
    Entry("e", "environment", "snapshot, difference", ("env",), "--env-snapshot"),
    Entry("d", "drill", "", (), "--drill"),
)


def facts(**more):
    known = {
        "title": "risk-manager",
        "about": "py 3.11.7  linux  main@3f2a91c (2 changed)",
        "verdicts": [("gate PASS 12m ago", Paint.GOOD), ("soak FAIL 3h ago", Paint.BAD), ("drill never run", None)],
        "market": ("OPEN, closes 16:00 CT (2h41m)", Paint.GOOD),
        "runs_on": "(breach, simulated)",
        "failed": 0,
        "totals": {"all": Totals(412, 0, 38.4), "integration": Totals(64, 3, 121.0)},
    }
    return Facts(**{**known, **more})


def shown(columns=80, rows=24, entries=ENTRIES, **more):
    return ["".join(text for text, _ in line) for line in screen(entries, facts(**more), columns, rows)]


def test_a_wide_window_shows_verdicts_market_counts_and_every_key():
    lines = shown()
    assert lines[0] == " risk-manager - run_tests             py 3.11.7  linux  main@3f2a91c (2 changed)"
    assert lines[2] == " gate PASS 12m ago    soak FAIL 3h ago    drill never run"
    assert lines[3] == " market OPEN, closes 16:00 CT (2h41m)"
    assert lines[6] == "  [1] all           412    ~38s           [s] smoke        boot, breach, ledger"
    assert lines[7] == "  [2] integration    64  ~2m01s  3 FAIL   [e] environment  snapshot, difference"
    assert lines[8] == "  [5] last failed     0                   [d] drill        (not there yet)"
    assert lines[9].split() == ["[q]", "quit", "[h]", "help", "exit", "codes"]


def test_what_is_not_known_is_shown_as_not_known_and_never_as_nothing_wrong():
    lines = shown(totals={"all": None, "integration": None}, failed=None)
    assert lines[6].startswith("  [1] all             -    never run ")
    assert lines[8].startswith("  [5] last failed     -   ")


def test_failures_are_words_and_not_only_a_colour():
    pieces = [piece for line in screen(ENTRIES, facts(failed=3), 80, 24) for piece in line]
    assert ("  3 FAIL", Paint.BAD) in pieces
    assert ("    3", Paint.BAD) in pieces


def test_a_market_that_is_not_asked_takes_no_line():
    assert not [line for line in shown(market=None) if "market" in line]


def test_a_narrow_window_has_one_column_and_a_small_one_only_the_keys():
    tall, small = shown(columns=50, rows=40), shown(columns=50, rows=12)
    assert "  [s] smoke        boot, breach, ledger" in tall
    assert " [1] all  [2] integration  [5] last failed" in small
    for key in "125seh":
        assert any(f"[{key}]" in line for line in small)
    assert len(small) < len(tall)


def test_a_head_that_does_not_fit_keeps_the_commit():
    head = shown(columns=60)[0]
    assert head.endswith("linux  main@3f2a91c (2 changed)")
    assert "py 3.11.7" not in head


@given(
    st.integers(20, 200),
    st.integers(1, 60),
    st.text(st.characters(codec="ascii", exclude_categories=["C"]), max_size=120),
    st.integers(0, 10**6),
)
def test_no_line_is_wider_than_the_window_and_all_of_it_is_ascii(columns, rows, word, number):
    many = Totals(number, number, number / 7)
    lines = shown(
        columns, rows, about=word, runs_on=word, market=(word, None), verdicts=[(word, None)] * 3, failed=number,
        totals={"all": many, "integration": many},
    )  # fmt: skip
    assert max(map(len, lines)) <= min(columns, 80)
    assert all(line.isascii() for line in lines)


def test_the_help_has_every_key_every_flag_every_code_and_fits_into_80_columns():
    lines = help_lines(ENTRIES)
    text = "\n".join(lines)
    for entry in ENTRIES:
        assert f"  {entry.key:<4} {entry.flag}" in text
    for code in ExitCode:
        assert f"{code.value:>3}  {code.name}" in text
    assert max(map(len, lines)) <= 80
    assert text.isascii()


@pytest.mark.parametrize("code", [code for code in ExitCode if code != ExitCode.SUCCESS])
def test_every_code_but_success_says_what_to_do(code):
    said = f"exit code {code}{what_to_do(code)}"
    assert code.name in said
    assert len(said) <= 80


@pytest.mark.parametrize("code", [0, 77])
def test_success_and_foreign_codes_say_nothing_more(code):
    assert what_to_do(code) == ""
