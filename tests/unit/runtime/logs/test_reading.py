"""A log is read from its end in blocks, whatever its size, taken apart, and merged with its twin."""

import datetime as dt
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.logs.blocks import MAX_LINE_BYTES, Backwards, Forwards, generations
from runtime.logs.boots import last_boot
from runtime.logs.entries import LogEntry, harmless, read_events, read_text
from runtime.logs.merge import WINDOW, merge

LINES = {1: "starting", 2: "config", 3: "connected"}
GB = 1_000_000_000


def at(second, text, level="INFO", millisecond=0):
    """One text line, and the same as the twin has it."""
    moment = dt.datetime(2026, 3, 4, 5, 0, 0) + dt.timedelta(seconds=second, milliseconds=millisecond)  # noqa: DTZ001 -- logs are in local time
    line = f"{moment:%Y-%m-%d %H:%M:%S}.{millisecond:03d} {level} {text}"
    event = {"t": moment.timestamp() + 0.0004, "level": level, "logger": "x", "message": text}
    return line, json.dumps(event)


@given(
    lines=st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\n\r")), min_size=1),
    block=st.integers(1, 9),
)
def test_reading_backwards_gives_the_lines_of_the_file_in_reverse(tmp_path_factory, lines, block):
    path = tmp_path_factory.mktemp("log") / "a.log"
    path.write_bytes("".join(f"{line}\n" for line in lines).encode())
    assert [line.decode() for line in Backwards([path], block_bytes=block)] == lines[::-1]
    assert [line.decode() for line in Forwards([path])] == lines


def test_the_end_of_a_gigabyte_costs_one_block(tmp_path):
    """A sparse file of 1 GB: only what is shown is read."""
    path = tmp_path / "big.log"
    with path.open("wb") as stream:
        stream.truncate(GB)
        stream.seek(GB)
        stream.write(b"\n" + b"".join(at(n, f"line {n}")[0].encode() + b"\n" for n in range(150)))
    lines = Backwards([path])
    first = [line for line, _ in zip(lines, range(100), strict=False)]
    assert first[0].endswith(b"line 149")
    assert lines.bytes_read < 1_000_000


def test_a_line_of_a_hundred_megabytes_is_cut_and_does_not_fill_the_memory(tmp_path):
    path = tmp_path / "long.log"
    with path.open("wb") as stream:
        stream.truncate(100_000_000)
        stream.seek(0)
        stream.write(b"its beginning")
    lines = list(Backwards([path]))
    assert len(lines) == 1
    assert lines[0].startswith(b"its beginning")
    assert len(lines[0]) < 2 * MAX_LINE_BYTES


def test_what_rotation_left_follows_where_the_file_begins(tmp_path):
    path = tmp_path / "a.log"
    for name, text in (("a.log", "3\n"), ("a.log.1", "2\n"), ("a.log.2", "1\n"), ("a.log.4", "lost\n")):
        (tmp_path / name).write_text(text)
    assert [each.name for each in generations(path)] == ["a.log", "a.log.1", "a.log.2"]
    assert list(Backwards(generations(path))) == [b"3", b"2", b"1"]
    assert list(Forwards(generations(path))) == [b"1", b"2", b"3"]


def test_lines_without_a_time_belong_to_the_one_above_them():
    raw = [at(0, "it failed", "ERROR")[0], "Traceback", "  File x", at(1, "on")[0]]
    forwards = list(read_text([line.encode() for line in raw], newest_first=False))
    backwards = list(read_text([line.encode() for line in reversed(raw)], newest_first=True))
    assert [entry.message for entry in forwards] == ["it failed", "on"]
    assert forwards[0].more == ("Traceback", "  File x")
    assert backwards == forwards[::-1]


def test_a_log_without_any_times_is_shown_as_it_is():
    raw = [f"plain {n}".encode() for n in range(5000)]
    assert [entry.message for entry in read_text(raw, newest_first=True)] == [line.decode() for line in raw]
    assert len(list(read_text(raw, newest_first=False))) == 5000


@pytest.mark.parametrize("newest_first", [True, False])
def test_a_line_and_its_twin_come_once_with_the_fields_and_the_trace_of_the_twin(newest_first):
    pairs = [at(n // 3, f"same {n % 3}", millisecond=n % 3) for n in range(30)]
    events = [json.loads(event) for _, event in pairs]
    events[7] |= {"checkpoint": 7, "exception": "Traceback\n  here"}
    order = slice(None, None, -1) if newest_first else slice(None)
    merged = list(
        merge(
            read_text([line.encode() for line, _ in pairs][order], newest_first=newest_first),
            read_events([json.dumps(event).encode() for event in events][order]),
            newest_first=newest_first,
        )
    )
    assert [entry.line for entry in merged] == [line for line, _ in pairs][order]
    assert {entry.twin for entry in merged} == {"both"}
    rich = next(entry for entry in merged if entry.exception)
    assert (rich.fields["checkpoint"], rich.exception) == (7, "Traceback\n  here")


@given(
    kept_text=st.lists(st.booleans(), min_size=20, max_size=20),
    kept_events=st.lists(st.booleans(), min_size=20, max_size=20),
    newest_first=st.booleans(),
)
def test_no_line_is_lost_and_none_comes_twice_whichever_twins_are_missing(kept_text, kept_events, newest_first):
    pairs = [at(n, f"line {n}") for n in range(20)]
    text = [pair[0].encode() for pair, kept in zip(pairs, kept_text, strict=True) if kept]
    events = [pair[1].encode() for pair, kept in zip(pairs, kept_events, strict=True) if kept]
    order = slice(None, None, -1) if newest_first else slice(None)
    merged = merge(
        read_text(text[order], newest_first=newest_first), read_events(events[order]), newest_first=newest_first
    )
    wanted = [line for (line, _), *kept in zip(pairs, kept_text, kept_events, strict=True) if any(kept)]
    assert [entry.line for entry in merged] == wanted[order]


def test_twins_in_another_order_within_the_window_are_still_found():
    pairs = [at(0, f"at once {n}") for n in range(WINDOW)]
    text = read_text([line.encode() for line, _ in pairs], newest_first=False)
    events = read_events([event.encode() for _, event in reversed(pairs)])
    merged = list(merge(text, events, newest_first=False))
    assert len(merged) == WINDOW
    assert {entry.twin for entry in merged} == {"both"}


@pytest.mark.parametrize("raw", [b"{", b'{"message": "no time"}', b'{"t": "soon"}', b'{"t": 1e300}', b"[]"])
def test_a_line_of_the_twin_that_cannot_be_read_is_shown_as_it_is(raw):
    (entry,) = read_events([raw])
    assert (entry.message, entry.t_s) == (raw.decode(), None)


def test_a_log_line_cannot_move_the_cursor_or_forge_another_line():
    hostile = "price\x1b[2J\x1b]0;title\x07\r2026-01-01 00:00:00.000 INFO all is well\x9b"
    assert harmless(hostile).isprintable()
    (entry,) = read_text([f"{at(0, '')[0]}{hostile}".encode()], newest_first=True)
    assert entry.line.isprintable()


def test_the_last_boot_is_found_with_its_first_and_last_checkpoint(tmp_path):
    path = tmp_path / "a.log"
    said = ["starting", "config", "connected", "starting", "noise", "config", "noise", "noise"]
    path.write_text("".join(f"{at(n, text)[0]}\n" for n, text in enumerate(said)))
    boot = last_boot(path, LINES)
    assert (boot.first.line, boot.last.line) == (at(3, "starting")[0], at(5, "config")[0])
    assert (boot.last_n, boot.of) == (2, 3)


def test_a_boot_that_began_before_the_part_that_is_searched_is_not_made_up(tmp_path):
    path = tmp_path / "a.log"
    filler = "x" * 1000
    lines = [at(0, "starting")[0], *(at(n, filler)[0] for n in range(3000)), at(9, "connected")[0]]
    path.write_text("\n".join(lines) + "\n")
    boot = last_boot(path, LINES, searched_bytes=1_000_000)
    assert boot.first is None
    assert boot.last_n == 3
    assert boot.bytes_read < 2_200_000
    assert last_boot(path, LINES).first.line == lines[0]


def test_an_entry_without_level_or_time_still_has_a_json_form():
    assert LogEntry(None, "", "", "plain").as_json()["t"] is None
