"""The summary of a CI job says what the JUnit file says, and never turns a missing report into success."""

import sys

import pytest


@pytest.fixture
def summarise(run_program, project, tmp_path):
    def summarise(xml):
        report = tmp_path / "junit.xml"
        if xml is not None:
            report.write_text(f"<testsuites><testsuite>{xml}</testsuite></testsuites>")
        ended = run_program([sys.executable, "-S", project / "scripts/job_summary.py", report])
        assert ended.code == 0, ended.err
        return ended.out

    return summarise


def test_a_green_run_is_counted(summarise):
    text = summarise('<testcase classname="a" name="b" time="1.5"/><testcase classname="a" name="c" time="0.5"/>')
    assert "### ✅ Tests" in text
    assert "| 2 | 0 | 0 | 2 |" in text
    assert "| a::b | 1.5 |" in text


def test_a_failure_and_an_error_are_shown_with_their_last_lines(summarise):
    text = summarise(
        '<testcase classname="a" name="b" time="1"><failure>long\nE   assert 1 == 2</failure></testcase>'
        '<testcase classname="a" name="c" time="1"><error>fixture broke</error></testcase>'
        '<testcase classname="a" name="d" time="1"><skipped/></testcase>'
    )
    assert "### ❌ Tests" in text
    assert "| 0 | 2 | 1 | 3 |" in text
    assert "E   assert 1 == 2" in text
    assert "fixture broke" in text


@pytest.mark.parametrize("xml", [None, ""])
def test_no_report_or_a_report_without_tests_is_no_success(summarise, xml):
    assert "### ❌ Tests" in summarise(xml)
