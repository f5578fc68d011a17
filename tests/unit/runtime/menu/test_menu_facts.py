"""What stands beside the entries: read from what runs left behind, and never guessed."""

import json
import os
import subprocess

import pytest

from runtime.menu.facts import age, failed_last_time, last_totals, last_verdict, read_revision
from runtime.menu.screen import Entry
from runtime.menu.state import MenuState
from runtime.output.junit import Totals
from runtime.output.terminal import Paint

SUITE = '<testsuites><testsuite name="pytest" errors="1" failures="2" skipped="3" tests="10" time="4.5"><testcase'


def left_by(project, kind, result):
    run = project / "data" / "reports" / kind / "run-1"
    run.mkdir(parents=True)
    (run.parent / "latest").write_text("run-1\n", encoding="utf-8")
    (run / "result.json").write_text(result if isinstance(result, str) else json.dumps(result), encoding="utf-8")
    return run / "result.json"


def git(project, *arguments):
    identity = ("-c", "user.name=t", "-c", "user.email=t@localhost", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *identity, *arguments], cwd=project, check=True, capture_output=True)


def test_the_revision_is_branch_commit_and_changed_files(tmp_path):
    assert str(read_revision(tmp_path)) == "no commit"
    git(tmp_path, "init", "-q", "-b", "trunk")
    assert str(read_revision(tmp_path)) == "no commit"
    (tmp_path / "one").write_text("1", encoding="utf-8")
    git(tmp_path, "add", "one")
    git(tmp_path, "commit", "-q", "-m", "one")
    clean = read_revision(tmp_path)
    assert str(clean) == f"trunk@{clean.commit[:7]}"
    (tmp_path / "one").write_text("2", encoding="utf-8")
    assert str(read_revision(tmp_path)) == f"trunk@{clean.commit[:7]} (1 changed)"
    git(tmp_path, "checkout", "-q", "--detach")
    assert str(read_revision(tmp_path)).startswith(f"detached@{clean.commit[:7]}")


def test_a_run_that_never_was_says_so(tmp_path):
    assert last_verdict(tmp_path, "drill", "abc") == ("drill never run", Paint.DIM)


@pytest.mark.parametrize(("verdict", "paint"), [("PASS", Paint.GOOD), ("FAIL", Paint.BAD), ("UNKNOWN", Paint.DOUBT)])
def test_the_last_verdict_has_its_age(tmp_path, verdict, paint):
    file = left_by(tmp_path, "smoke", {"verdict": verdict})
    os.utime(file, (file.stat().st_atime, file.stat().st_mtime - 3 * 3600))
    assert last_verdict(tmp_path, "smoke", "abc") == (f"smoke {verdict} 3h ago", paint)


def test_a_verdict_on_another_commit_is_told_apart(tmp_path):
    left_by(tmp_path, "gate", {"verdict": "PASS", "commit": "one"})
    assert last_verdict(tmp_path, "gate", "one")[0] == "gate PASS just now"
    assert last_verdict(tmp_path, "gate", "two")[0] == "gate PASS just now, other commit"


@pytest.mark.parametrize("result", ["", "not json", "{}", '{"verdict": 7}', "[]"])
def test_a_report_that_cannot_be_read_is_unknown_and_not_the_run_before(tmp_path, result):
    left_by(tmp_path, "soak", result)
    assert last_verdict(tmp_path, "soak", "") == ("soak UNKNOWN (its report cannot be read)", Paint.DOUBT)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, "just now"),
        (59, "just now"),
        (60, "1m ago"),
        (7199, "1h ago"),
        (200_000, "2d ago"),
        (-9e5, "at a wrong time"),
    ],
)
def test_an_age_is_in_its_largest_unit(seconds, expected):
    assert age(seconds) == expected


def report(project, name, text, mtime=None):
    path = project / "test_reports" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    if mtime is not None:
        os.utime(path, (mtime, mtime))


def test_totals_are_those_of_the_last_whole_run(tmp_path):
    assert last_totals(tmp_path, "unit") is None
    report(tmp_path, "20260101T000000.000000Z-unit.xml", SUITE.replace('"10"', '"99"'), 100)
    report(tmp_path, "20260102T000000.000000Z-unit.xml", SUITE, 200)
    report(tmp_path, "20260103T000000.000000Z-unit-with-options.xml", SUITE.replace('"10"', '"5"'), 300)
    report(tmp_path, "20260104T000000.000000Z-unit.interrupted.xml", SUITE.replace('"10"', '"6"'), 400)
    assert last_totals(tmp_path, "unit") == Totals(7, 3, 4.5)


def test_all_tests_are_also_what_make_test_ran_if_that_was_later(tmp_path):
    report(tmp_path, "20260101T000000.000000Z-all.xml", SUITE, 200)
    report(tmp_path, "junit.xml", SUITE.replace('"10"', '"20"'), 100)
    assert last_totals(tmp_path, "all") == Totals(7, 3, 4.5)
    report(tmp_path, "junit.xml", SUITE.replace('"10"', '"20"'), 300)
    assert last_totals(tmp_path, "all") == Totals(17, 3, 4.5)


@pytest.mark.parametrize(
    "text", ["", "not xml", "<testsuites/>", SUITE.replace('tests="10"', ""), SUITE.replace("4.5", "soon"),
             "<!DOCTYPE x>" + SUITE],
)  # fmt: skip
def test_totals_of_a_broken_report_are_not_known(tmp_path, text):
    report(tmp_path, "20260101T000000.000000Z-unit.xml", text)
    assert last_totals(tmp_path, "unit") is None


def test_how_many_failed_is_what_pytest_remembers(tmp_path):
    assert failed_last_time(tmp_path) is None
    memory = tmp_path / ".pytest_cache" / "v" / "cache"
    memory.mkdir(parents=True)
    (memory / "nodeids").write_text("[]", encoding="utf-8")
    assert failed_last_time(tmp_path) == 0
    (memory / "lastfailed").write_text('{"a::b": true, "c::d": true}', encoding="utf-8")
    assert failed_last_time(tmp_path) == 2
    (memory / "lastfailed").write_text("garbage", encoding="utf-8")
    assert failed_last_time(tmp_path) is None


def facts_of(project, environ=None):
    state = MenuState(project, environ or {})
    try:
        return state.facts([Entry("2", "unit", "", ("pytest",), "--unit", tests=True)])
    finally:
        state.close()


def test_a_project_without_a_service_still_has_a_menu(tmp_path):
    facts = facts_of(tmp_path)
    assert facts.title == tmp_path.name
    assert facts.totals == {"unit": None}
    assert facts.market is not None
    assert facts.market[0].startswith("UNKNOWN: config/service.yaml has ")
