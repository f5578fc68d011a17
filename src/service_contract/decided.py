"""One thing that a service decided, as a line of JSON (schema `service.decided/1`): what two versions are compared by.

A service prints such lines from the `decisions` probe of its `service.yaml`; whoever compares reads them.
"""

from typing import Literal

import msgspec

SCHEMA: Literal["service.decided/1"] = "service.decided/1"


class Decided(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was decided.

    mono_ns, wall_ns: when it was durable, by the machine's clocks; seq: its place in the journal. t_ns: the service's
    own time (of its venue). event: what it was decided about, in words. key: equal for the same decision in two runs.
    phase: `point`, or `begin` and `end` of something that lasts. rule: on whose behalf. target: what it acts on; only
    one thing at a time is under way for a target. id: what `end` refers to. again: repeats what was wanted before and
    did not come about. words: for a person, with the arithmetic.
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
