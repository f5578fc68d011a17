"""What a process looks like from outside, with all that it has started: memory, files, threads, CPU, and its log.

What cannot be read is left out; that becomes NO DATA where somebody relies on it, never a zero.
"""

from contextlib import suppress
from pathlib import Path

import psutil

_MB = 1e6


class ProcessSampler:
    """Looks at one process tree. CPU is counted between two looks."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._cpu_before: tuple[float, float] | None = None

    def sample(self, t_s: float) -> dict[str, float]:
        """The values now; none where the process is gone."""
        try:
            root = psutil.Process(self._pid)
            tree = [root, *root.children(recursive=True)]
        except psutil.NoSuchProcess:
            return {}
        seen: dict[str, list[float]] = {}
        for process in tree:
            with suppress(psutil.NoSuchProcess, psutil.ZombieProcess):  # it ended between two lines; the others count
                self._look(process, seen)
        values = {name: sum(parts) for name, parts in seen.items() if name != "cpu_s"}
        if seen:
            values["processes"] = float(len(seen.get("rss_mb", ())))
        if "cpu_s" in seen:
            values |= self._cpu(t_s, sum(seen["cpu_s"]))
        return values

    @staticmethod
    def _look(process: psutil.Process, seen: dict[str, list[float]]) -> None:
        def note(name: str, value: float) -> None:
            seen.setdefault(name, []).append(value)

        with process.oneshot():
            note("rss_mb", process.memory_info().rss / _MB)
            times = process.cpu_times()
            note("cpu_s", times.user + times.system)
            note("threads", float(process.num_threads()))
            with suppress(psutil.AccessDenied):
                note("fds", float(process.num_fds()))
            with suppress(psutil.AccessDenied):
                note("uss_mb", process.memory_full_info().uss / _MB)

    def _cpu(self, t_s: float, cpu_s: float) -> dict[str, float]:
        before, self._cpu_before = self._cpu_before, (t_s, cpu_s)
        if before is None or t_s <= before[0] or cpu_s < before[1]:  # a child that ended took its seconds with it
            return {}
        return {"cpu_percent": (cpu_s - before[1]) / (t_s - before[0]) * 100}


class LogGrowth:
    """How many MB were written to a log since this was made, across rotation."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._written = 0
        self._inode, self._size = self._stat()

    def sample(self) -> float | None:
        """MB so far; None while there is no log."""
        inode, size = self._stat()
        if inode is None:
            return None
        same = inode == self._inode and size >= self._size
        self._written += size - self._size if same else size
        self._inode, self._size = inode, size
        return self._written / _MB

    def _stat(self) -> tuple[int | None, int]:
        try:
            stat = self._path.stat()
        except OSError:
            return None, 0
        return stat.st_ino, stat.st_size
