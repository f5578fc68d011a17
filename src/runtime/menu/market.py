"""What the menu says of the market: asks the service's own probe, in the background, and remembers the answer.

The pack knows no calendar. A service that trades declares a probe `market` in its service.yaml, which prints one JSON
object: `state` (open, closed or unknown), `until` (the next change, ISO 8601), `zone` and `why`.
"""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

from runtime.clocks import monotonic_ns, seconds_between, utc_now
from runtime.observing.foreground import Aside, NotStarted
from runtime.output.terminal import Paint
from service_contract.atomic_files import make_private_dir, write_atomically

_FRESH_S = 600.0
_ASKING = "asking... (Enter shows it)"
_AMERICAN = re.compile(r"^([ECMP])[SD]T$")  # traders say CT, summer and winter


class Market(msgspec.Struct, frozen=True):
    """The probe's answer. until: the next change; None where it is not known. zone: in which its times are told."""

    state: Literal["open", "closed", "unknown"]
    until: datetime | None = None
    zone: str = "UTC"
    why: str = ""


class _Kept(msgspec.Struct, frozen=True):
    """An answer on disk. key: of what it was asked; at_s: when (seconds since the epoch)."""

    key: str
    at_s: float
    market: Market


def words(market: Market, now: datetime) -> tuple[str, Paint]:
    """`OPEN, closes 16:00 CT (2h41m)`; an answer whose end has passed, or that makes no sense, is UNKNOWN."""
    if market.state == "unknown":
        return f"UNKNOWN: {market.why or 'its probe cannot tell'}", Paint.DOUBT
    name, verb, paint = ("OPEN", "closes", Paint.GOOD) if market.state == "open" else ("CLOSED", "opens", Paint.DIM)
    if market.until is None:
        return f"{name}, {verb} at an unknown time", Paint.DOUBT
    try:
        local = market.until.astimezone(ZoneInfo(market.zone))
        minutes = int((market.until - now).total_seconds() // 60)
    except (ValueError, OSError, KeyError):  # ZoneInfo's three ways of saying no
        return f"UNKNOWN: its probe names the zone {market.zone!r}, until {market.until}", Paint.DOUBT
    if minutes < 0:
        return "UNKNOWN: what is known of it has run out", Paint.DOUBT
    day = "" if local.date() == now.astimezone(local.tzinfo).date() else f"{local:%a} "
    zone = _AMERICAN.sub(r"\1T", local.tzname() or market.zone)
    return f"{name}, {verb} {day}{local:%H:%M} {zone} ({_span(minutes)})", paint


def _span(minutes: int) -> str:
    hours, minutes = divmod(minutes, 60)
    return f"{hours // 24}d{hours % 24}h" if hours >= 24 else f"{hours}h{minutes:02d}m"  # noqa: PLR2004 -- hours of a day


class MarketAsker:
    """Asks the probe once at a time and keeps its answer in `cache`.

    key: changes with whatever the answer depends on. A kept answer is shown at once; past ten minutes it is asked anew
    meanwhile, past its own end or under another key it counts for nothing.
    """

    def __init__(
        self, argv: Sequence[str], env: Mapping[str, str], project: Path, cache: Path, *, key: str, limit_s: float
    ) -> None:
        self._command = (argv, env, project)
        self._cache = cache
        self._key = key
        self._limit_s = limit_s
        self._asked: Aside | None = None
        self._last: _Kept | None = None
        self._problem = ""

    def start(self) -> None:
        """Ask, unless that is being done or the kept answer is fresh."""
        kept = self._kept()
        fresh = kept is not None and 0 <= utc_now().timestamp() - kept.at_s < _FRESH_S
        if self._asked is not None or fresh:
            return
        try:
            self._asked = Aside(*self._command)
        except NotStarted as error:
            self._problem = str(error)

    def words(self, wait_s: float) -> tuple[str, Paint]:
        """What is known, waiting `wait_s` seconds at most; with a kept answer it does not wait."""
        kept = self._kept()
        self._collect(0.0 if kept is not None else wait_s)
        kept = self._kept() or kept
        if self._problem:
            return f"UNKNOWN: {self._problem}", Paint.DOUBT
        if kept is not None:
            return words(kept.market, utc_now())
        return _ASKING, Paint.DIM

    def stop(self) -> None:
        """Keep the answer if it is there; nothing is left running."""
        self._collect(0.0)
        if self._asked is not None:
            self._asked.stop()
            self._asked = None

    def _collect(self, wait_s: float) -> None:
        if self._asked is None:
            return
        answer = self._asked.answer(wait_s)
        if answer is None:
            if seconds_between(self._asked.started_ns, monotonic_ns()) > self._limit_s:
                self._asked.stop()
                self._asked = None
                self._problem = f"its probe gave no answer within {self._limit_s:g} s"
            return
        self._asked = None
        self._problem = self._take(*answer)

    def _take(self, code: int, stdout: bytes, stderr: bytes) -> str:
        """Keep a good answer; otherwise say what is wrong with it."""
        if code != 0:
            last = stderr.decode(errors="replace").strip().splitlines()[:1]
            return f"its probe exited with {code}{f': {last[0]}' if last else ''}"
        try:
            market = msgspec.json.decode(stdout, type=Market)
        except msgspec.MsgspecError as error:
            return f"its probe printed something else: {error}"
        if market.until is not None and market.until.tzinfo is None:
            return "its probe gave a time without a zone"
        kept = _Kept(self._key, utc_now().timestamp(), market)
        self._last = kept
        with suppress(OSError):  # then the next menu asks again: nothing is lost but half a second
            make_private_dir(self._cache.parent)
            write_atomically(self._cache, msgspec.json.encode(kept))
        return ""

    def _kept(self) -> _Kept | None:
        try:
            kept = self._last or msgspec.json.decode(self._cache.read_bytes(), type=_Kept)
        except (OSError, msgspec.MsgspecError):
            return None
        over = kept.market.until is not None and kept.market.until <= utc_now()
        unknown = kept.market.state == "unknown" and utc_now().timestamp() - kept.at_s >= _FRESH_S
        return None if over or unknown or kept.key != self._key else kept
