"""Following a log from the beginning of a run: whole lines, nothing from before, across rotation."""

from runtime.logs.file import LogFollower, tail


def append(path, text):
    with path.open("a", encoding="utf-8") as stream:
        stream.write(text)


def test_only_what_is_written_after_the_beginning_is_read(tmp_path):
    log = tmp_path / "log"
    append(log, "before\n")
    follower = LogFollower(log)
    append(log, "after\n")
    assert follower.read_new() == "after\n"
    assert follower.read_new() == ""
    follower.close()


def test_a_line_is_given_out_when_it_is_whole(tmp_path):
    log = tmp_path / "log"
    follower = LogFollower(log)
    append(log, "one\ntw")
    assert follower.read_new() == "one\n"
    append(log, "o\nthree")
    assert follower.read_new() == "two\n"
    assert follower.finish() == "three"


def test_a_log_that_is_rotated_loses_no_line(tmp_path):
    log = tmp_path / "log"
    append(log, "old\n")
    follower = LogFollower(log)
    append(log, "last of the old file\n")
    log.rename(tmp_path / "log.1")
    append(log, "first of the new file\n")
    assert follower.finish() == "last of the old file\nfirst of the new file\n"


def test_the_tail_is_read_from_the_end_and_a_missing_file_has_none(tmp_path):
    log = tmp_path / "log"
    append(log, "".join(f"{number}\n" for number in range(50_000)))
    assert tail(log, 2) == ["49998", "49999"]
    assert tail(tmp_path / "nowhere", 5) == []
