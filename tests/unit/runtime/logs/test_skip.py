"""Passing over blocks changes how long it takes, and never what is found."""

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.logs import filters
from runtime.logs.blocks import Backwards
from runtime.logs.entries import BEFORE_AN_ENTRY, read_text
from runtime.logs.skip import needed, skipper

LINES = {8: "⚠️ Enforcement triggered:"}
MESSAGES = st.sampled_from(
    [
        "quote", "Kelvin \u212a", "STOP sent", "\u017ftop", "max_loss broken", "x max_loss-2 y",
        "⚠️ Enforcement triggered: flatten",
    ]
)  # fmt: skip
LEVELS = st.sampled_from(["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL", "NOTICE"])
LOGS = st.lists(st.tuples(LEVELS, MESSAGES, st.booleans()), max_size=60)
read = partial(read_text, newest_first=True)


def written(log):
    """A log of one line a second; some entries go on in a line of their own."""
    lines = []
    for second, (level, message, more) in enumerate(log):
        lines.append(f"2026-01-02 03:{second // 60:02d}:{second % 60:02d}.000 {level} {message}")
        if more:
            lines.append(f"    because of max_loss and {message}")
    return "".join(f"{line}\n" for line in lines)


def wanted(*, level=None, grep=None, rule=None, checkpoint=None, until=None, skips=True):
    least = filters.level(level) if level else 0
    what = needed(least=least, grep=grep, rule=rule, checkpoint=checkpoint, lines=LINES) if skips else ()
    return filters.Filter(
        least=least,
        words=filters.words(grep) if grep else None,
        rule=filters.rule(rule) if rule else None,
        checkpoint=checkpoint,
        until_s=filters.moment(until, "--until") if until else None,
        lines=LINES,
        needed=what,
    )


def found(path, choice, *, skips):
    asked = wanted(**choice, skips=skips)
    how = {"skip": skipper(asked, read), "head": BEFORE_AN_ENTRY} if skips else {}
    lines = Backwards([path], block_bytes=128, **how)
    return [(entry.line, entry.more) for entry in filters.chosen(read(lines), asked)]


@pytest.mark.parametrize(
    "choice",
    [
        {"level": "warning"}, {"level": "info"}, {"rule": "max_loss"}, {"grep": "stop"}, {"grep": "STOP"},
        {"grep": "kelvin k"}, {"grep": "s.op"}, {"checkpoint": 8}, {"until": "2026-01-02 03:00:09"},
        {"rule": "max_loss", "level": "error", "until": "2026-01-02 03:00:20"},
    ],
)  # fmt: skip
@given(log=LOGS)
def test_what_is_found_is_the_same_whether_blocks_are_passed_over_or_not(tmp_path_factory, choice, log):
    path = tmp_path_factory.mktemp("log") / "a.log"
    path.write_text(written(log))
    assert found(path, choice, skips=True) == found(path, choice, skips=False)


def test_blocks_that_cannot_hold_the_line_are_not_taken_apart(tmp_path):
    path = tmp_path / "a.log"
    path.write_text(written([("WARNING", "max_loss broken", False)] + [("INFO", "quote", False)] * 500))
    asked = wanted(rule="max_loss")
    lines = list(Backwards([path], block_bytes=1024, skip=skipper(asked, read), head=BEFORE_AN_ENTRY))
    assert any(b"max_loss" in line for line in lines)
    assert len(lines) < 50


def test_a_line_below_a_block_that_is_passed_over_keeps_its_head(tmp_path):
    """The stack trace names the rule, the line that it belongs to stands in the block before."""
    path = tmp_path / "a.log"
    path.write_text("2026-01-02 03:00:00.000 ERROR it failed\n" + "    frame\n" * 40 + "    in max_loss\n")
    ((line, more),) = found(path, {"rule": "max_loss"}, skips=True)
    assert line.endswith("it failed")
    assert len(more) == 41
