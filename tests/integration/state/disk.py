"""A disk that keeps no more than it must: records what a program does to files, and builds what a power cut may leave.

The writes and syncs of SQLite are seen by a file system of our own (a VFS through apsw), everything else at the calls
of `os`. What a power cut may leave is taken as strictly as POSIX allows: of every file what was synced and any subset
of the writes since, the last of them perhaps torn; of the names in a directory those that were there when it was last
synced, and any subset of what was made, renamed and removed in it since. A name is no more durable for its file being
synced. SQLite syncs the directory itself, with the first sync of a log that it made (seen with strace).
"""

import os
import random  # noqa: TID251 -- chance is handed in, with its seed
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, Self

import apsw
import pytest

VFS_NAME = "recording"
_IGNORED = "-shm"  # the index of the log lives in memory, and is made anew after a power cut


class Operation(NamedTuple):
    """what: make, make-dir, write, truncate, sync, rename, remove, sync-dir. Names are relative to the root."""

    what: str
    name: str
    offset: int = 0
    data: bytes = b""
    to: str = ""


class Recorder:
    """Notes what is done to files under a root, in order."""

    def __init__(self, root: Path) -> None:
        self.operations: list[Operation] = []
        self._root = root
        self._open: dict[int, str] = {}

    def name_of(self, path: Any) -> str | None:
        """The name under the root; None for what is not ours."""
        try:
            name = str(Path(os.fsdecode(path)).relative_to(self._root))
        except (TypeError, ValueError):
            return None
        return None if name.endswith(_IGNORED) else name

    def note(self, what: str, name: str | None, *more: Any, **named: Any) -> None:
        if name is not None:
            self.operations.append(Operation(what, name, *more, **named))

    def opened(self, path: Any, descriptor: int, *, made: bool) -> None:
        name = self.name_of(path)
        if name is not None:
            self._open[descriptor] = name
            if made:
                self.note("make", name)

    def name_at(self, descriptor: int) -> str | None:
        return self._open.get(descriptor)

    def closed(self, descriptor: int) -> None:
        self._open.pop(descriptor, None)


class RecordingVfs(apsw.VFS):
    """Hands everything on, and notes what changes a file or a name."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        super().__init__(VFS_NAME, "")

    def xOpen(self, name: Any, flags: list[int]) -> "RecordedFile":  # noqa: N802 -- the name apsw asks for
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        existed = path is not None and Path(path).exists()
        return RecordedFile(self, name, flags, self.recorder.name_of(path), made=not existed)

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802, FBT001 -- as apsw calls it
        super().xDelete(filename, syncdir)
        name = self.recorder.name_of(filename)
        self.recorder.note("remove", name)
        if syncdir and name is not None:
            self.recorder.note("sync-dir", _parent(name))


class RecordedFile(apsw.VFSFile):
    """One file of a database."""

    def __init__(self, vfs: RecordingVfs, name: Any, flags: list[int], ours: str | None, *, made: bool) -> None:
        self._recorder = vfs.recorder
        self._name = ours
        super().__init__("", name, flags)
        self._name_is_new = made
        if made:
            self._recorder.note("make", ours)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 -- the name apsw asks for
        super().xWrite(data, offset)
        self._recorder.note("write", self._name, offset, bytes(data))

    def xTruncate(self, size: int) -> None:  # noqa: N802 -- the name apsw asks for
        super().xTruncate(size)
        self._recorder.note("truncate", self._name, size)

    def xSync(self, flags: int) -> None:  # noqa: N802 -- the name apsw asks for
        super().xSync(flags)
        self._recorder.note("sync", self._name)
        if self._name_is_new and self._name is not None and self._name.endswith(("-wal", "-journal")):
            self._recorder.note("sync-dir", _parent(self._name))
            self._name_is_new = False


class _Stream:
    """What `os.fdopen` gives, as far as it is used: writes at the end."""

    def __init__(self, stream: BinaryIO, recorder: Recorder, name: str | None) -> None:
        self._stream, self._recorder, self._name = stream, recorder, name

    def write(self, data: bytes) -> int:
        self._recorder.note("write", self._name, self._stream.tell(), bytes(data))
        return self._stream.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()


class _Os:
    """The calls of `os` that change files or names, each handed on and noted."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        names = ("open", "close", "fsync", "pwrite", "fdopen", "replace", "rename", "unlink", "mkdir", "rmdir")
        self.real: dict[str, Any] = {name: getattr(os, name) for name in names}

    def open(self, path: Any, flags: int, mode: int = 0o777, **more: Any) -> int:
        existed = os.path.lexists(path)
        descriptor: int = self.real["open"](path, flags, mode, **more)
        self._recorder.opened(path, descriptor, made=not existed)
        if existed and flags & os.O_TRUNC:
            self._recorder.note("truncate", self._recorder.name_at(descriptor))
        return descriptor

    def close(self, descriptor: int) -> None:
        self._recorder.closed(descriptor)
        self.real["close"](descriptor)

    def fsync(self, descriptor: int) -> None:
        self.real["fsync"](descriptor)
        what = "sync-dir" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "sync"
        self._recorder.note(what, self._recorder.name_at(descriptor))

    def pwrite(self, descriptor: int, data: bytes, offset: int) -> int:
        self._recorder.note("write", self._recorder.name_at(descriptor), offset, bytes(data))
        written: int = self.real["pwrite"](descriptor, data, offset)
        return written

    def fdopen(self, descriptor: int, *how: Any) -> _Stream:
        return _Stream(self.real["fdopen"](descriptor, *how), self._recorder, self._recorder.name_at(descriptor))

    def rename(self, source: Any, target: Any, **more: Any) -> None:
        self.real["rename"](source, target, **more)
        self._recorder.note("rename", self._recorder.name_of(source), to=self._recorder.name_of(target) or "")

    replace = rename

    def unlink(self, path: Any, **more: Any) -> None:
        self.real["unlink"](path, **more)
        self._recorder.note("remove", self._recorder.name_of(path))

    def mkdir(self, path: Any, *how: Any, **more: Any) -> None:
        self.real["mkdir"](path, *how, **more)
        self._recorder.note("make-dir", self._recorder.name_of(path))

    def rmdir(self, path: Any, **more: Any) -> None:
        self.real["rmdir"](path, **more)
        self._recorder.note("remove", self._recorder.name_of(path))


@contextmanager
def recording(root: Path) -> Iterator[list[Operation]]:
    """Every operation under the root from here on."""
    recorder = Recorder(root)
    vfs, seam, real_connection = RecordingVfs(recorder), _Os(recorder), apsw.Connection
    with pytest.MonkeyPatch.context() as patch:
        for name in seam.real:
            patch.setattr(os, name, getattr(seam, name))
        patch.setattr(apsw, "Connection", lambda path, **how: real_connection(path, vfs=VFS_NAME, **how))
        yield recorder.operations
    vfs.unregister()


class _CarelessVfs(apsw.VFS):
    """Syncs nothing."""

    def __init__(self) -> None:
        super().__init__("careless", "")

    def xOpen(self, name: Any, flags: list[int]) -> "_CarelessFile":  # noqa: N802 -- the name apsw asks for
        return _CarelessFile("", name, flags)


class _CarelessFile(apsw.VFSFile):
    def xSync(self, flags: int) -> None:  # noqa: N802 -- the name apsw asks for
        pass


@contextmanager
def careless() -> Iterator[None]:
    """For whoever only looks at what is left: nothing is synced, which is most of what a start costs."""
    vfs = _CarelessVfs()
    real_connection = apsw.Connection
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _descriptor: None)
        patch.setattr(apsw, "Connection", lambda path, **how: real_connection(path, vfs="careless", **how))
        yield
    vfs.unregister()


def _parent(name: str) -> str:
    return str(Path(name).parent)


@dataclass
class Inode:
    """A file without a name: what is surely in it, and the writes that may be."""

    synced: bytearray = field(default_factory=bytearray)
    pending: list[Operation] = field(default_factory=list)

    def sync(self) -> None:
        for each in self.pending:
            put(self.synced, each)
        self.pending.clear()

    def content(self, chance: random.Random, *, everything: bool) -> bytes:
        content = bytearray(self.synced)
        for operation in self.pending:
            fate = 1.0 if everything else chance.random()
            if fate > 0.5:
                put(content, operation)
            elif fate > 0.3:
                put(content, operation, chance.randrange(len(operation.data) + 1))
        return bytes(content)


def put(content: bytearray, operation: Operation, length: int | None = None) -> None:
    if operation.what == "truncate":
        del content[operation.offset :]
        return
    data = operation.data[:length]
    if len(content) < operation.offset + len(data):
        content.extend(bytes(operation.offset + len(data) - len(content)))
    content[operation.offset : operation.offset + len(data)] = data


Names = dict[str, Inode | None]
"""What stands under a name; None for a directory."""


@dataclass
class NameChange:
    """Something made, renamed or removed, and the directories that must be synced before it is durable."""

    operation: Operation
    inode: Inode | None
    unsynced: set[str]

    def apply(self, names: Names) -> None:
        what, name, to = self.operation.what, self.operation.name, self.operation.to
        if what in {"make", "make-dir"}:
            names[name] = self.inode
        elif what == "remove":
            names.pop(name, None)
        elif name in names:
            for each in [each for each in names if each == name or each.startswith(f"{name}/")]:
                names[to + each.removeprefix(name)] = names.pop(each)


class Disk:
    """What is surely on the disk, and what may be."""

    def __init__(self, content: dict[str, bytes]) -> None:
        self.durable: Names = {name: Inode(bytearray(data)) for name, data in content.items()}
        for name in content:
            for above in Path(name).parents:
                self.durable.setdefault(str(above), None)
        self.seen: Names = dict(self.durable)
        self.changes: list[NameChange] = []

    def take(self, operation: Operation) -> None:
        what, name = operation.what, operation.name
        if what in {"write", "truncate"}:
            self._inode(name).pending.append(operation)
        elif what == "sync":
            self._inode(name).sync()
        elif what == "sync-dir":
            self._sync_names(name)
        else:
            places = {_parent(name), _parent(operation.to)} if operation.to else {_parent(name)}
            change = NameChange(operation, Inode() if what == "make" else None, places)
            change.apply(self.seen)
            self.changes.append(change)

    def _inode(self, name: str) -> Inode:
        inode = self.seen[name]
        assert inode is not None, f"{name} is a directory"
        return inode

    def _sync_names(self, directory: str) -> None:
        waiting = []
        for change in self.changes:
            change.unsynced.discard(directory)
            if change.unsynced:
                waiting.append(change)
            else:
                change.apply(self.durable)
        self.changes = waiting

    def image(self, chance: random.Random, *, everything: bool = False) -> dict[str, bytes]:
        """The files as a start after the power cut may find them."""
        names = dict(self.durable)
        for change in self.changes:
            if everything or chance.random() > 0.5:
                change.apply(names)
        found = {name: inode for name, inode in names.items() if inode is not None and _is_reachable(name, names)}
        return {name: inode.content(chance, everything=everything) for name, inode in found.items()}


def _is_reachable(name: str, names: Names) -> bool:
    return all(str(above) in names for above in Path(name).parents if str(above) != ".")
