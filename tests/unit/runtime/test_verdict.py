"""Worst wins, nothing is UNKNOWN, and the verdict picks the exit code."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.verdict import Verdict, exit_code, merge


def test_no_evidence_is_unknown():
    assert merge([]) is Verdict.UNKNOWN


@given(st.lists(st.sampled_from(Verdict), min_size=1), st.randoms())
def test_the_worst_wins_whatever_the_order(verdicts, chance):
    shuffled = list(verdicts)
    chance.shuffle(shuffled)
    expected = next(verdict for verdict in (Verdict.FAIL, Verdict.UNKNOWN, Verdict.PASS) if verdict in verdicts)
    assert merge(shuffled) is expected


@pytest.mark.parametrize(
    ("verdict", "own", "code"),
    [
        (Verdict.PASS, [None], 0),
        (Verdict.PASS, [3], 0),
        (Verdict.UNKNOWN, [0], 2),
        (Verdict.UNKNOWN, [3], 2),
        (Verdict.FAIL, [None], 1),
        (Verdict.FAIL, [0], 1),
        (Verdict.FAIL, [2], 1),
        (Verdict.FAIL, [3], 3),
        (Verdict.FAIL, [4], 4),
        (Verdict.FAIL, [5], 5),
        (Verdict.FAIL, [64], 1),
        (Verdict.FAIL, [-9], 1),
        (Verdict.FAIL, [None, 3], 3),
    ],
)
def test_the_exit_code_follows_from_the_verdict(verdict, own, code):
    assert exit_code(verdict, own) == code
