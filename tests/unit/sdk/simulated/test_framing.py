"""Lines come out whole however the bytes were cut; a line that is too long costs itself and nothing else."""

from hypothesis import given
from hypothesis import strategies as st

from risk_manager.sdk.simulated.framing import LineSplitter


@given(
    lines=st.lists(st.binary(max_size=30).filter(lambda line: b"\n" not in line), max_size=10),
    cuts=st.lists(st.integers(1, 15), min_size=1, max_size=40),
)
def test_lines_of_any_cut_come_out_whole_without_those_over_the_limit(lines: list[bytes], cuts: list[int]) -> None:
    data = b"".join(line + b"\n" for line in lines)
    splitter = LineSplitter(max_bytes=20)
    came: list[bytes] = []
    turn = 0
    while data:
        cut = cuts[turn % len(cuts)]
        came += splitter.feed(data[:cut])
        data = data[cut:]
        turn += 1
    assert came == [line for line in lines if 0 < len(line) <= 20]
    assert splitter.oversized == len([line for line in lines if len(line) > 20])


def test_an_endless_line_is_not_kept() -> None:
    splitter = LineSplitter(max_bytes=20)
    for _ in range(1000):
        assert splitter.feed(b"x" * 10) == []
    assert splitter.oversized == 1
    assert splitter.feed(b"\nnext\n") == [b"next"]
