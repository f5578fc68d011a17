"""The pack's only reader of clocks: monotonic time for durations, the wall clock for names of runs."""

import datetime as dt
import secrets
import time

NS_PER_S = 1_000_000_000


def monotonic_ns() -> int:
    """CLOCK_MONOTONIC, comparable between the processes of one machine (as `t_ns` in the notify protocol)."""
    return time.monotonic_ns()


def seconds_between(start_ns: int, end_ns: int) -> float:
    """The distance in seconds, rounded to what a person or a report can use (microseconds)."""
    return round((end_ns - start_ns) / NS_PER_S, 6)


def wall_ahead_ns() -> int:
    """The wall clock minus the monotonic one: it changes only when the wall clock is set, or the machine slept."""
    return time.time_ns() - time.monotonic_ns()  # noqa: TID251 -- this file is the pack's observer of the wall clock


def utc_now() -> dt.datetime:
    """The wall clock, in UTC."""
    return dt.datetime.now(tz=dt.UTC)  # noqa: TID251 -- this file is the pack's observer of the wall clock


def wall_ns() -> int:
    """The wall clock in nanoseconds since 1970; whoever sets the machine's clock moves it."""
    return time.time_ns()  # noqa: TID251 -- this file is the pack's observer of the wall clock


def utc_text(moment: dt.datetime) -> str:
    """A moment as ISO 8601 with milliseconds and Z."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def new_run_name() -> str:
    """A name for one run: sorts by time, unique without a registry."""
    return f"{utc_now():%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
