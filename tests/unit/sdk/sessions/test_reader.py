"""A damaged or foreign session file is refused whole, naming file and what; a bad line of a sound one is not."""

import gzip
import hashlib
import json
import zlib
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from tests.integration.exchange.kit import ES, START, quote, session, status, trade

from risk_manager.errors import SessionFileInvalid
from risk_manager.sdk.sessions.reader import MAX_LINE_BYTES, Malformed, Session
from risk_manager.sdk.sessions.writer import header_member, member, write_session
from service_contract.exit_codes import ExitCode

LINES = [status(0, "open"), quote(1, "6650", "6650.25"), *(trade(2 + n / 100, "6650.25", n + 1) for n in range(500))]


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    return session(tmp_path, LINES)


def refusal(path: Path) -> str:
    with pytest.raises(SessionFileInvalid) as refused:
        Session(path)
    assert refused.value.exit_code == ExitCode.CONFIG_ERROR
    assert refused.value.hint
    assert str(path) in str(refused.value)
    return str(refused.value)


def test_what_was_written_is_read_back(sound: Path) -> None:
    read = Session(sound)
    assert [line for batch in read.batches() for line in batch] == LINES
    assert (read.events, read.header.venue, read.header.start) == (len(LINES), "test", START)
    assert read.instruments[ES.id].tick_value_mils == 12_500


def test_the_same_lines_give_the_same_bytes(tmp_path: Path, sound: Path) -> None:
    (tmp_path / "again").mkdir()
    assert session(tmp_path / "again", LINES).read_bytes() == sound.read_bytes()


Damage = Callable[[bytes], bytes]


def _text(data: bytes) -> bytes:
    return gzip.decompress(data)


def _with_header(change: Callable[[dict], object]) -> Damage:
    def damage(data: bytes) -> bytes:
        head, _, body = _text(data).partition(b"\n")
        header = json.loads(head)
        change(header)
        return gzip.compress(json.dumps(header).encode() + b"\n" + body)

    return damage


DAMAGES: dict[str, tuple[Damage, str]] = {
    "empty": (lambda _: b"", "is empty"),
    "empty gzip": (lambda _: gzip.compress(b""), "is empty"),
    "not gzip": (_text, "is not a gzip file"),
    "foreign text": (lambda _: gzip.compress(b"DateTime,Price\n2013,1640\n"), "is not a session file"),
    "foreign json": (lambda _: gzip.compress(b'{"schema":"other/1"}\n'), "is not a header of rm.session/1"),
    "no newline at all": (lambda _: gzip.compress(b"{"), "is not a session file"),
    "cut in the middle": (lambda data: data[: len(data) // 2], "is truncated"),
    "cut at the end": (lambda data: data[:-3], "is truncated"),
    "cut inside a line": (lambda data: gzip.compress(_text(data)[:-10]), "is truncated: the last line has no end"),
    "a line lost": (lambda data: gzip.compress(_text(data)[: _text(data)[:-1].rfind(b"\n") + 1]), "is corrupted"),
    "a digit changed": (lambda data: gzip.compress(_text(data).replace(b'"s":7}', b'"s":8}')), "is corrupted"),
    "a bit flipped": (lambda data: data[:-200] + bytes([data[-200] ^ 4]) + data[-199:], "is corrupted"),
    "rubbish behind": (lambda data: data + b"rubbish", "is corrupted"),
    "a line without end": (lambda data: data + member(b"x" * (MAX_LINE_BYTES + 5)), "a line of more than"),
    "a header without end": (lambda _: member(b"x" * (MAX_LINE_BYTES + 5)), "a line of more than"),
    "no contracts": (_with_header(lambda header: header.update(contracts=[])), "no contract"),
    "a contract twice": (_with_header(lambda h: h.update(contracts=h["contracts"] * 2)), "listed twice"),
    "a tick of nothing": (_with_header(lambda h: h["contracts"][0].update(tick_size="0")), "not positive"),
    "a tick that is no number": (_with_header(lambda h: h["contracts"][0].update(tick_size="NaN")), "decimal"),
    "a start without zone": (_with_header(lambda h: h.update(start="2025-11-18T14:30:00")), "ISO"),
    "an end before the start": (_with_header(lambda h: h.update(end="2025-11-17T14:30:00Z")), "before it starts"),
    "a sum of the wrong type": (_with_header(lambda h: h.update(sha256=5)), "header"),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_damage_is_refused_in_words_that_name_it(sound: Path, name: str) -> None:
    damage, words = DAMAGES[name]
    sound.write_bytes(damage(sound.read_bytes()))
    assert words in refusal(sound)


def test_a_directory_and_a_missing_file_are_named(tmp_path: Path) -> None:
    assert "cannot be read" in refusal(tmp_path)
    assert "cannot be read" in refusal(tmp_path / "none.jsonl.gz")


def test_a_file_of_several_gzip_members_is_one_text(sound: Path) -> None:
    text = _text(sound.read_bytes())
    sound.write_bytes(member(text[:300]) + member(b"") + member(text[300:5000]) + member(text[5000:]))
    assert [line for batch in Session(sound).batches() for line in batch] == LINES


def _sound_with(path: Path, rows: list[bytes]) -> Path:
    """A file whose digest is right although its lines are not events."""
    write_session(path, [], venue="t", zone="UTC", contracts=[ES], start=START, end=START, source="t")
    body = b"".join(row + b"\n" for row in rows)
    header = Session(path).header
    changed = msgspec.structs.replace(header, sha256=hashlib.sha256(body).hexdigest(), events=len(rows))
    path.write_bytes(header_member(changed) + member(body))
    return path


BAD_ROWS = [
    b"{}",
    b"not json",
    b'{"k":"trade"}',
    b'{"k":"surprise","tv":1}',
    b'{"k":"trade","tv":true,"tl":1,"c":"X","p":"1","s":1}',
    b'{"k":"trade","tv":1,"tl":1,"c":"X","p":1640.25,"s":1}',
    b'{"k":"trade","tv":1,"tl":1,"c":"X","p":"1","s":"1"}',
    b'{"k":"trade","tv":1,"tl":1,"c":"X","p":NaN,"s":1}',
    b"[" * 3000,
    b"\xff\xfe",
]


def test_lines_that_are_no_events_come_out_as_such_in_their_place(tmp_path: Path) -> None:
    good = b'{"k":"trade","tv":1,"tl":2,"c":"X","p":"1","s":3}'
    path = _sound_with(tmp_path / "s.jsonl.gz", [good, *BAD_ROWS, good])
    read = [line for batch in Session(path).batches() for line in batch]
    assert [isinstance(line, Malformed) for line in read] == [False, *[True] * len(BAD_ROWS), False]
    assert [line.line for line in read if isinstance(line, Malformed)] == list(range(3, 3 + len(BAD_ROWS)))
    assert all(line.why.isascii() for line in read if isinstance(line, Malformed))


def test_a_header_that_does_not_count_its_events_is_counted(tmp_path: Path) -> None:
    path = _sound_with(tmp_path / "s.jsonl.gz", [b"{}"] * 7)
    text = zlib.decompress(path.read_bytes(), 31)
    header = json.loads(text)
    del header["events"]
    body = gzip.decompress(path.read_bytes()).partition(b"\n")[2]
    path.write_bytes(gzip.compress(json.dumps(header).encode() + b"\n" + body))
    assert Session(path).events == 7
