"""What a filter lets through, and what it stops reading for."""

import datetime as dt
import json

import pytest

from runtime.clocks import utc_now
from runtime.logs import filters
from runtime.logs.entries import LogEntry
from runtime.logs.filters import Filter
from runtime.logs.follow import Follower, Growing
from runtime.logs.runs import UnknownRun, find_run
from runtime.logs.viewer import LogFiles, NoLog, everything, export, view
from runtime.settings import WrongUsage

NOW_S = dt.datetime(2026, 3, 4, 5, 6, 7).timestamp()  # noqa: DTZ001 -- logs are in local time


def entry(message="hello", level="INFO", t_s=NOW_S, **more):
    return LogEntry(t_s, "2026-03-04 05:06:07.000", level, message, **more)


def test_a_level_lets_itself_and_everything_above_it_pass():
    wanted = Filter(least=filters.level("warning"))
    levels = ("DEBUG", "INFO", "NOTICE", "WARNING", "ERROR", "CRITICAL")
    assert [level for level in levels if wanted.wants(entry(level=level))] == ["WARNING", "ERROR", "CRITICAL"]


def test_an_unknown_level_is_wrong_usage():
    with pytest.raises(WrongUsage, match="DEBUG, INFO"):
        filters.level("loud")


@pytest.mark.parametrize(
    ("text", "found"), [("mnq", True), ("MNQ", True), ("Mnq", False), (r"sold \d+", True), ("(+12", True), ("x", False)]
)
def test_a_keyword_or_a_pattern_is_looked_for_and_small_letters_find_capitals(text, found):
    assert Filter(words=filters.words(text)).wants(entry("MNQ (+12) sold 2")) is found


def test_words_are_looked_for_in_the_stack_trace_too():
    assert Filter(words=filters.words("KeyError")).wants(entry(exception="Traceback\nKeyError: 'x'"))
    assert Filter(words=filters.words("KeyError")).wants(entry(more=("KeyError: 'x'",)))


def test_a_rule_is_a_whole_word():
    wanted = Filter(rule=filters.rule("daily_loss"))
    assert wanted.wants(entry("Rule evaluated: daily_loss breach"))
    assert not wanted.wants(entry("Rule evaluated: daily_loss_limit ok"))


def test_a_checkpoint_is_told_by_the_twin_and_else_by_its_text():
    wanted = Filter(checkpoint=2, lines={2: "config"})
    assert wanted.wants(entry("anything", fields={"checkpoint": 2}, twin="both"))
    assert not wanted.wants(entry("config", fields={"checkpoint": 3}, twin="both"))
    assert wanted.wants(entry("config loaded"))


def test_a_run_is_told_by_the_twin_or_by_the_time_of_its_report(tmp_path):
    run = tmp_path / "smoke" / "20260304T050607Z-abcdef"
    run.mkdir(parents=True)
    started = dt.datetime.fromtimestamp(NOW_S, dt.UTC).isoformat()
    (run / "result.json").write_text(json.dumps({"started_at": started, "duration_s": 2.0}))
    assert Filter(run="abc").wants(entry(fields={"run": "abcd1234"}))
    assert not Filter(run="abc").wants(entry(fields={"run": "ffff"}))
    window = find_run(tmp_path, "abcdef")
    assert window == find_run(tmp_path, run.name)
    timed = Filter(run="abcdef", window=window)
    assert timed.wants(entry(t_s=NOW_S + 1))
    assert not timed.wants(entry(t_s=NOW_S + 60))
    assert find_run(tmp_path, "nowhere") is None


def test_a_name_that_fits_two_runs_is_refused(tmp_path):
    for name in ("20260304T050607Z-aaaaaa", "20260304T050609Z-aaaaaa"):
        (tmp_path / "smoke" / name).mkdir(parents=True)
        (tmp_path / "smoke" / name / "result.json").write_text("{}")
    with pytest.raises(UnknownRun, match="fits 2 runs"):
        find_run(tmp_path, "aaaaaa")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2026-03-04 05:06:07", NOW_S),
        ("2026-03-04T05:06:07", NOW_S),
        ("2026-03-04", dt.datetime(2026, 3, 4).timestamp()),  # noqa: DTZ001 -- logs are in local time
        ("2026-03-04T05:06:07Z", dt.datetime(2026, 3, 4, 5, 6, 7, tzinfo=dt.UTC).timestamp()),
    ],
)
def test_a_moment_is_local_time_unless_it_says_otherwise(text, wanted):
    assert filters.moment(text, "--since") == wanted


def test_a_moment_may_be_so_long_ago_or_a_time_of_today():
    now_s = utc_now().timestamp()
    assert now_s - 3610 < filters.moment("1h", "--since") < now_s - 3590
    today = dt.datetime.fromtimestamp(filters.moment("9:30", "--since")).astimezone()
    assert (today.hour, today.minute) == (9, 30)
    with pytest.raises(WrongUsage, match="--until 'soon' is no time"):
        filters.moment("soon", "--until")


class Logs:
    """A text log and its twin that a test writes to."""

    def __init__(self, root):
        self.files = LogFiles(root / "a.log", root / "events.jsonl", {1: "starting"})
        self.n = 0

    def write(self, message, *, level="INFO", text=True, event=True):
        self.n += 1
        t_s = NOW_S + self.n
        if text:
            with self.files.text.open("a") as stream:
                stream.write(f"{dt.datetime.fromtimestamp(t_s):%Y-%m-%d %H:%M:%S}.000 {level} {message}\n")  # noqa: DTZ006 -- logs are in local time
        if event:
            with self.files.events.open("a") as stream:
                stream.write(json.dumps({"t": t_s, "level": level, "message": message, "n": self.n}) + "\n")

    def rotate(self):
        for path in (self.files.text, self.files.events):
            for number in (2, 1):
                older = path.with_name(f"{path.name}.{number}")
                if older.exists():
                    older.rename(path.with_name(f"{path.name}.{number + 1}"))
            path.rename(path.with_name(f"{path.name}.1"))


@pytest.fixture
def logs(tmp_path):
    return Logs(tmp_path)


def test_a_view_goes_on_into_what_rotation_left(logs):
    for n in range(5):
        logs.write(f"old {n}")
    logs.rotate()
    logs.write("new")
    found = view(logs.files, Filter(), 3)
    assert [each.message for each in found.entries] == ["old 3", "old 4", "new"]
    assert [each.twin for each in found.entries] == ["both"] * 3


def test_reading_ends_where_everything_is_too_old(logs):
    for n in range(20_000):
        logs.write(f"line {n}")
    everything_read = view(logs.files, Filter(words=filters.words("nothing like this"))).bytes_read
    since = view(logs.files, Filter(since_s=NOW_S + 20_000))
    assert [each.message for each in since.entries] == ["line 19999"]
    assert since.bytes_read < everything_read / 1.5


def test_no_log_at_all_is_said_and_not_shown_as_an_empty_one(logs):
    with pytest.raises(NoLog):
        view(logs.files, Filter())
    with pytest.raises(NoLog):
        everything(logs.files, Filter())


@pytest.mark.parametrize("name", ["out.log", "out.jsonl"])
def test_an_export_holds_every_line_that_is_wanted_for_its_owner_only(logs, tmp_path, name):
    for n in range(300):
        logs.write(f"line {n}", level="ERROR" if n % 3 == 0 else "INFO")
    out = tmp_path / name
    assert export(everything(logs.files, Filter(least=40)), out) == 100
    written = out.read_text().splitlines()
    assert len(written) == 100
    assert (out.stat().st_mode & 0o777) == 0o600
    first = json.loads(written[0])["message"] if name.endswith("jsonl") else written[0].partition("ERROR ")[2]
    assert first == "line 0"


def test_an_export_that_fails_leaves_no_half_a_file(logs, tmp_path):
    logs.write("one")

    def broken():
        yield from everything(logs.files, Filter())
        raise OSError(5, "the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        export(broken(), tmp_path / "out.log")
    assert not list(tmp_path.glob("*out.log*"))


def test_following_goes_on_across_two_rotations_between_two_looks(logs):
    logs.write("before")
    follower = Follower(logs.files.text, logs.files.events)
    logs.write("a")
    logs.rotate()
    logs.write("b")
    logs.rotate()
    logs.write("c")
    assert [each.message for each in follower.new_entries()] == ["a", "b", "c"]
    logs.write("d")
    assert [(each.message, each.twin) for each in follower.new_entries()] == [("d", "both")]
    follower.close()


def test_following_waits_one_look_for_a_twin_and_then_goes_without(logs):
    logs.write("before")
    follower = Follower(logs.files.text, logs.files.events)
    logs.write("late twin", event=False)
    assert follower.new_entries() == []
    logs.n -= 1
    logs.write("late twin", text=False)
    assert [(each.message, each.twin) for each in follower.new_entries()] == [("late twin", "both")]
    logs.write("no twin", event=False)
    logs.write("only in the events", text=False)
    assert follower.new_entries() == []
    assert [each.message for each in follower.new_entries()] == ["no twin", "only in the events"]
    logs.write("last", event=False)
    follower.new_entries()
    assert [each.message for each in follower.rest()] == ["last"]
    follower.close()


def test_following_begins_with_a_file_that_is_not_there_yet_and_survives_one_that_is_cut(tmp_path):
    path = tmp_path / "a.log"
    growing = Growing(path)
    assert growing.new_lines() == []
    path.write_text("one\ntw")
    assert growing.new_lines() == [b"one"]
    with path.open("a") as stream:
        stream.write("o\n")
    assert growing.new_lines() == [b"two"]
    path.write_text("3\n")
    assert growing.new_lines() == [b"3"]
    growing.close()
