"""A file is the old one or the new one, never half of it, and only its owner reads it."""

import os
import signal
import stat
import sys

import pytest

from service_contract import atomic_files
from service_contract.atomic_files import make_private_dir, write_atomically


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(autouse=True)
def wide_open_umask():
    """The modes must not depend on the caller's umask."""
    before = os.umask(0)
    yield
    os.umask(before)


def test_a_written_file_holds_the_data_and_belongs_to_its_owner_only(tmp_path):
    path = tmp_path / "state.json"
    write_atomically(path, b"one")
    assert path.read_bytes() == b"one"
    assert mode(path) == 0o600


def test_writing_again_replaces_everything(tmp_path):
    path = tmp_path / "state.json"
    write_atomically(path, b"a long first text")
    write_atomically(path, b"two")
    assert path.read_bytes() == b"two"


def test_nothing_but_the_file_is_left_behind(tmp_path):
    write_atomically(tmp_path / "state.json", b"one")
    assert [entry.name for entry in tmp_path.iterdir()] == ["state.json"]


def test_a_mode_that_was_asked_for_is_given(tmp_path):
    path = tmp_path / "report.html"
    write_atomically(path, b"x", mode=0o644)
    assert mode(path) == 0o644


@pytest.mark.parametrize("moment", ["write", "fsync", "replace"])
def test_a_process_killed_while_writing_leaves_the_old_file_whole(tmp_path, run_program, moment):
    """SIGKILL just before the data is complete, before it is durable, and before the new name is given."""
    path = tmp_path / "state.json"
    write_atomically(path, b"old")
    script = f"""
import io, os, pathlib, signal
from service_contract.atomic_files import write_atomically
def die(*args, **kwargs):
    os.kill(os.getpid(), signal.SIGKILL)
real_fdopen = os.fdopen
def fdopen(*args, **kwargs):
    stream = real_fdopen(*args, **kwargs)
    class Half:
        def __enter__(self): return self
        def __exit__(self, *exc): stream.close()
        def write(self, data): stream.write(data[: len(data) // 2]); stream.flush(); die()
    return Half()
if {moment!r} == "write":
    os.fdopen = fdopen
elif {moment!r} == "fsync":
    os.fsync = die
else:
    pathlib.Path.replace = die
write_atomically(pathlib.Path({str(path)!r}), b"new" * 1000)
"""
    assert run_program([sys.executable, "-c", script]).code == -signal.SIGKILL
    assert path.read_bytes() == b"old"
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new", "what the dead process left does not hinder the next"


def test_the_data_is_durable_before_the_name_and_the_name_before_returning(tmp_path, monkeypatch):
    """The order is the guarantee: sync the file, rename it, sync the directory."""
    order = []
    real_fsync, real_replace = os.fsync, os.replace

    def fsync(descriptor):
        order.append("directory" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
        real_fsync(descriptor)

    def replace(source, target):
        order.append("rename")
        real_replace(source, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "replace", replace)
    write_atomically(tmp_path / "state.json", b"one")
    assert order == ["file", "rename", "directory"]


def test_a_full_disk_leaves_the_old_file_and_no_litter(tmp_path, monkeypatch):
    path = tmp_path / "state.json"
    write_atomically(path, b"old")

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(atomic_files.os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["state.json"]


def test_a_link_planted_at_the_temporary_name_is_not_followed(tmp_path):
    """Somebody who can write to the directory must not make us overwrite a file elsewhere."""
    precious = tmp_path / "precious"
    precious.write_bytes(b"precious")
    directory = tmp_path / "state"
    directory.mkdir()
    (directory / f".state.json.{os.getpid()}.tmp").symlink_to(precious)
    with pytest.raises(OSError, match=r"symbolic links|Too many levels"):
        write_atomically(directory / "state.json", b"new")
    assert precious.read_bytes() == b"precious"


def test_a_private_directory_and_its_missing_parents_are_for_the_owner_only(tmp_path):
    path = make_private_dir(tmp_path / "data/state/account")
    assert path == tmp_path / "data/state/account"
    assert [mode(part) for part in (path, path.parent, path.parent.parent)] == [0o700] * 3


def test_a_directory_that_is_there_keeps_its_mode(tmp_path):
    path = tmp_path / "shared"
    path.mkdir(mode=0o750)
    make_private_dir(path)
    assert mode(path) == 0o750


def test_a_file_where_the_directory_should_be_is_an_error(tmp_path):
    (tmp_path / "data").write_text("a file")
    with pytest.raises(OSError, match="data"):
        make_private_dir(tmp_path / "data/state")
