"""Processor, memory and disk: enough of each, and a disk that answers quickly."""

import os
import resource
import statistics
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil

from runtime.clocks import monotonic_ns, seconds_between
from runtime.environment.probes.item import Context, Item, State
from service_contract.atomic_files import make_private_dir

_MB = 1024 * 1024
_GB = 1024 * _MB
_LEAST_FREE = 200 * _MB
_LOW_FREE = _GB
_SLOW_FSYNC_S = 0.1
_WRITES = 5


def probe(context: Context) -> Iterator[Item]:
    """Use of the processor and the memory, limits of this process, space and speed of the disk of the state."""
    busy = psutil.cpu_percent(interval=0.1)
    yield Item("CPU Usage", busy, text=f"{busy:.0f}%", moves=True)
    memory = psutil.virtual_memory()
    used = f"{(memory.total - memory.available) / _GB:.1f} GB / {memory.total / _GB:.1f} GB"
    yield Item("Memory Usage", memory.percent, text=used, moves=True)
    yield Item("Memory", f"{memory.total / _GB:.1f} GB", hidden=True)
    yield Item("Open files, at most", resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    directory = _existing(context.data_dir)
    free = psutil.disk_usage(str(directory)).free
    state = State.FAULT if free < _LEAST_FREE else State.WARNING if free < _LOW_FREE else State.OK
    cause = "" if state is State.OK else "DISK-001"
    yield Item("Disk Space", free, state, f"{free / _GB:.1f} GB free", cause, moves=True)
    yield fsync(context.data_dir)


def _existing(path: Path) -> Path:
    while not path.is_dir():
        path = path.parent
    return path


def fsync(directory: Path) -> Item:
    """How long a small write takes until it is on the disk."""
    file = directory / f".fsync-{os.getpid()}"
    seconds = []
    try:
        make_private_dir(directory)
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            for _ in range(_WRITES):
                begun_ns = monotonic_ns()
                os.write(descriptor, bytes(4096))
                os.fsync(descriptor)
                seconds.append(seconds_between(begun_ns, monotonic_ns()))
        finally:
            os.close(descriptor)
            with suppress(OSError):
                file.unlink()
    except OSError as error:
        return Item("fsync", "failed", State.FAULT, f"cannot write {directory}: {error.strerror}", "DISK-001")
    median_s = statistics.median(seconds)
    text = f"{median_s * 1000:.1f} ms (worst {max(seconds) * 1000:.1f} ms of {_WRITES})"
    state, cause = (State.WARNING, "DISK-001") if median_s > _SLOW_FSYNC_S else (State.OK, "")
    return Item("fsync", median_s, state, text, cause, moves=True)
