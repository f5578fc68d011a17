"""The notify protocol on the wire: systemd's `sd_notify` datagrams, and two messages of our own.

A datagram is lines of `NAME=value`. systemd defines READY, STATUS, STOPPING and WATCHDOG (man 3 sd_notify); it
ignores names that begin with `X_`, so one socket serves it and the pack alike. `X_CHECKPOINT` and `X_METRICS` carry
one line of JSON each. Unknown names are kept, not refused: a newer service must not break an older checker.
"""

from collections.abc import Mapping

import msgspec

MAX_DATAGRAM_BYTES = 8192
CHECKPOINT_NAME = "X_CHECKPOINT"
METRICS_NAME = "X_METRICS"


class MalformedMessage(ValueError):
    """A datagram that is not the notify protocol; says what was wrong with it."""


class Checkpoint(msgspec.Struct, frozen=True, forbid_unknown_fields=False):
    """One checkpoint reached.

    n: 1 to `of`. t_ns: CLOCK_MONOTONIC of the sender, comparable between processes of one machine.
    run: identifies one life of the service. seq: counts datagrams accepted by the kernel, from 1; a gap is a loss.
    detail: depends on the checkpoint; `phase` is `triggered`, `confirmed` or `sealed` for the eighth.
    """

    n: int
    name: str
    of: int
    t_ns: int
    run: str
    seq: int
    detail: dict[str, object] = {}


class Metrics(msgspec.Struct, frozen=True, forbid_unknown_fields=False):
    """Gauges and counters once a second; the names and units stand in `service.yaml`."""

    t_ns: int
    run: str
    seq: int
    values: dict[str, float] = {}


class Notification(msgspec.Struct, frozen=True):
    """One datagram, taken apart. `fields` holds what is neither a checkpoint nor metrics, as text."""

    fields: dict[str, str]
    checkpoint: Checkpoint | None = None
    metrics: Metrics | None = None

    @property
    def seq(self) -> int | None:
        """The sequence number of this datagram, where it carries one."""
        if self.checkpoint is not None:
            return self.checkpoint.seq
        if self.metrics is not None:
            return self.metrics.seq
        number = self.fields.get("X_SEQ", "")
        return int(number) if number.isascii() and number.isdigit() else None


_encoder = msgspec.json.Encoder()
_checkpoint_decoder = msgspec.json.Decoder(Checkpoint)
_metrics_decoder = msgspec.json.Decoder(Metrics)


def encode_checkpoint(checkpoint: Checkpoint) -> bytes:
    """A checkpoint as a datagram."""
    return b"X_CHECKPOINT=" + _encoder.encode(checkpoint) + b"\n"


def encode_metrics(metrics: Metrics) -> bytes:
    """Metrics as a datagram."""
    return b"X_METRICS=" + _encoder.encode(metrics) + b"\n"


def encode_fields(fields: Mapping[str, str], seq: int) -> bytes:
    """Plain fields such as READY=1, with our sequence number in `X_SEQ`.

    Raises ValueError where a name or value would forge another line.
    """
    lines = []
    for name, value in {**fields, "X_SEQ": str(seq)}.items():
        if not name or "=" in name or "\n" in name or "\n" in value:
            message = f"notify field {name!r}={value!r}: no line break, and no '=' in the name"
            raise ValueError(message)
        lines.append(f"{name}={value}\n")
    return "".join(lines).encode()


def decode(datagram: bytes) -> Notification:
    """Take a datagram apart.

    Raises MalformedMessage where it is too long, not UTF-8, has a line without '=', or JSON of the wrong shape.
    """
    if len(datagram) > MAX_DATAGRAM_BYTES:
        message = f"datagram of {len(datagram)} bytes; at most {MAX_DATAGRAM_BYTES}"
        raise MalformedMessage(message)
    fields: dict[str, str] = {}
    checkpoint = metrics = None
    try:
        text = datagram.decode().removesuffix("\n")
        # Only "\n" ends a line here; str.splitlines would let a "\r" or U+2028 inside a value begin another.
        for line in text.split("\n") if text else ():
            name, equals, value = line.partition("=")
            if not equals or not name:
                message = f"line without NAME=: {line[:80]!r}"
                raise MalformedMessage(message)
            if name == CHECKPOINT_NAME:
                checkpoint = _checkpoint_decoder.decode(value)
            elif name == METRICS_NAME:
                metrics = _metrics_decoder.decode(value)
            else:
                fields[name] = value
    except (UnicodeDecodeError, msgspec.MsgspecError) as error:
        message = f"{error} in {datagram[:80]!r}"
        raise MalformedMessage(message) from error
    return Notification(fields, checkpoint, metrics)
