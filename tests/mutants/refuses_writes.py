"""The daemon on a disk that has turned read-only since a file `refuse` appeared in its data directory.

For machines on which no test may mount anything. Every write of the database and of the mark is refused where it
leaves the program, as the kernel refuses it: EROFS.
"""

import errno
import os
import sys
from pathlib import Path

import apsw

from risk_manager.__main__ import main
from risk_manager.state import high_water

_REFUSE = Path(sys.argv[sys.argv.index("--data-dir") + 1]) / "refuse"
_connect, _write_at = apsw.Connection, high_water._write_at


class _Vfs(apsw.VFS):
    def __init__(self):
        super().__init__("refusing", "")

    def xOpen(self, name, flags):  # noqa: N802 -- the name apsw asks for
        return _File("", name, flags)


class _File(apsw.VFSFile):
    def xWrite(self, data, offset):  # noqa: N802 -- the name apsw asks for
        if _REFUSE.exists():
            raise apsw.ReadOnlyError
        super().xWrite(data, offset)


def _write_or_refuse(descriptor, data, offset):
    if _REFUSE.exists():
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))
    _write_at(descriptor, data, offset)


_vfs = _Vfs()
apsw.Connection = lambda path, **how: _connect(path, vfs="refusing", **how)
high_water._write_at = _write_or_refuse

if __name__ == "__main__":
    main()
