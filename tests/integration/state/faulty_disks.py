"""Disks that break under a program: full, or turned read-only by the kernel; and what takes their place without root.

With root a small tmpfs is filled to its last byte, and an ext4 file system on a loop device is told to abort, which is
what the kernel does with one whose disk fails: everything open stays open, and every write is refused. Without root
its files may grow no more (RLIMIT_FSIZE), and the daemon's own writes are refused where they leave it
(`tests/mutants/refuses_writes.py`); before a start its directory is made unwritable. `says` is what a test tells of the
one that was used.
"""

import os
import resource
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from tests.integration.daemon.programs import PROJECT, Program

REFUSES = PROJECT / "tests" / "mutants" / "refuses_writes.py"


class FaultyDisk(ABC):
    """A directory on it.

    says: what it is. words: one of these is said of it at a start. launcher: starts the daemon; None for as it is.
    """

    says: str
    words: tuple[str, ...]
    launcher: Path | None = None

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    @abstractmethod
    def break_it(self, process: Program | None) -> None:
        """From now on nothing can be written."""

    @abstractmethod
    def repair(self) -> None:
        """Everything can be written again; nothing holds a file of it open any more."""


class FullTmpfs(FaultyDisk):
    says = "a tmpfs of 4 MiB, filled to its last byte"
    words = ("No space left on device", "; 0 bytes are free on its disk")

    def break_it(self, process: Program | None) -> None:
        fill(self.directory / "filler")

    def repair(self) -> None:
        (self.directory / "filler").unlink()


class AbortedExt4(FaultyDisk):
    says = "ext4 on a loop device, aborted by the kernel (read-only)"
    words = ("Read-only file system", "; its file system is read-only")

    def break_it(self, process: Program | None) -> None:
        _run("mount", "-o", "remount,abort", self.directory)

    def repair(self) -> None:
        _run("umount", self.directory)
        _run("e2fsck", "-fy", _image(self.directory), fine=(0, 1))
        _run("mount", "-o", "loop", _image(self.directory), self.directory)


class _WithoutRoot(FaultyDisk):
    words = ("Permission denied", "unable to open database file")

    def break_it(self, process: Program | None) -> None:
        if process is None:
            self._allow(0o500)
        else:
            self.break_under(process)

    @abstractmethod
    def break_under(self, process: Program) -> None:
        """The same while it runs."""

    def repair(self) -> None:
        self._allow(0o700)

    def _allow(self, mode: int) -> None:
        for directory in (*(path for path in self.directory.rglob("*") if path.is_dir()), self.directory):
            directory.chmod(mode)


class NoGrowth(_WithoutRoot):
    says = "files that may grow no more (RLIMIT_FSIZE)"

    def break_under(self, process: Program) -> None:
        size = max(path.stat().st_size for path in self.directory.rglob("*.db-wal"))
        resource.prlimit(process.process.pid, resource.RLIMIT_FSIZE, (size, size))


class RefusedWrites(_WithoutRoot):
    says = "writes refused where they leave the program (EROFS)"
    launcher = REFUSES

    def break_under(self, process: Program) -> None:
        (self.directory / "refuse").touch()

    def repair(self) -> None:
        super().repair()
        (self.directory / "refuse").unlink(missing_ok=True)


@contextmanager
def no_growth_of(file: Path) -> Iterator[None]:
    """In this very process no file may grow beyond this one."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (file.stat().st_size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def fill(filler: Path, *, but_bytes: int = 0) -> None:
    """Write until nothing fits any more, then leave so much free."""
    with filler.open("wb", buffering=0) as stream:
        for size in (65_536, 4096, 1):
            try:
                while True:
                    stream.write(bytes(size))
            except OSError:
                continue
        stream.truncate(stream.tell() - but_bytes)


@contextmanager
def full_disk(directory: Path) -> Iterator[FaultyDisk]:
    """A disk that can be filled, at a directory that is not there yet."""
    directory.mkdir(mode=0o700)
    if not _ran("mount", "-t", "tmpfs", "-o", "size=4m,mode=0700", "tmpfs", directory):
        yield NoGrowth(directory)
        return
    with _unmounting(directory):
        yield FullTmpfs(directory)


@contextmanager
def read_only_disk(directory: Path) -> Iterator[FaultyDisk]:
    """A disk that can turn read-only while files on it are open."""
    directory.mkdir(mode=0o700)
    image = _image(directory)
    with image.open("wb") as stream:
        stream.truncate(16 * 1024 * 1024)
    made = os.geteuid() == 0 and _ran("mkfs.ext4", "-q", "-F", image) and _ran("mount", "-o", "loop", image, directory)
    if not made:
        yield RefusedWrites(directory)
        return
    with _unmounting(directory):
        directory.chmod(0o700)
        yield AbortedExt4(directory)


FAULTS: dict[str, Callable[[Path], AbstractContextManager[FaultyDisk]]] = {
    "disk full": full_disk,
    "read-only": read_only_disk,
}


@contextmanager
def _unmounting(directory: Path) -> Iterator[None]:
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", directory], capture_output=True, check=False)


def _image(directory: Path) -> Path:
    return directory.with_suffix(".img")


def _run(*argv: str | Path, fine: tuple[int, ...] = (0,)) -> None:
    done = subprocess.run([str(each) for each in argv], capture_output=True, text=True, check=False)
    assert done.returncode in fine, f"{argv}: {done.stdout}{done.stderr}"


def _ran(*argv: str | Path) -> bool:
    try:
        return subprocess.run([str(each) for each in argv], capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False
