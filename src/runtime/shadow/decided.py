"""One line of what a service decided, as its `decisions` probe prints it (schema `service.decided/1`)."""

from typing import Literal

import msgspec

SCHEMA = "service.decided/1"


class Decided(msgspec.Struct, frozen=True):
    """One thing that was decided.

    mono_ns, wall_ns: when it was durable, by the machine's clocks. t_ns: by the service's own time (of its venue).
    key: equal for the same decision of two services. phase: `point`, or `begin` and `end` of something that lasts; `id`
    connects the two. target: what it acts on. again: repeats what did not come about. words: with the arithmetic.
    """

    schema: Literal["service.decided/1"]
    seq: int
    wall_ns: int
    mono_ns: int
    t_ns: int
    event: str
    key: str
    phase: Literal["point", "begin", "end"]
    rule: str = ""
    target: str = ""
    id: str = ""
    again: bool = False
    words: str = ""


class Unreadable(ValueError):
    """A line that is not a decision; says why."""


_decoder = msgspec.json.Decoder(Decided)


def read_line(line: bytes) -> Decided:
    """Read one line. Raises Unreadable."""
    try:
        return _decoder.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        message = f"not a line of {SCHEMA}: {error}: {line[:80]!r}"
        raise Unreadable(message) from error
