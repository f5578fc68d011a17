"""JUnit reports: what is written can be read back; what is no report is refused."""

import pytest

from runtime.output.junit import Case, UnreadableJunit, read_junit, write_junit

CASES = [
    Case("tests.unit", "good", 0.25),
    Case("tests.unit", "bad", 0.5, "failure", "1 is not 2 \x00 & <b>"),
    Case("tests.other", "late", 0.0, "error", "boom"),
    Case("tests.other", "off", 0.0, "skipped", "no network"),
]


def test_a_report_comes_back_as_it_was_written(tmp_path):
    path = tmp_path / "junit.xml"
    write_junit(path, "all", CASES, {"commit": "abc"})
    report = read_junit(path)
    assert [(case.suite, case.name, case.outcome) for case in report.cases] == [
        (case.suite, case.name, case.outcome) for case in CASES
    ]
    assert report.properties == {"commit": "abc"}
    assert (report.ran, report.count("failure", "error")) == (3, 2)
    assert report.cases[1].text == "1 is not 2 ? & <b>"


@pytest.mark.parametrize(
    "text", ["", "not xml", '<!DOCTYPE x [<!ENTITY a "b">]><testsuites>&a;</testsuites>', "<testsuites><testcase>"]
)
def test_what_is_no_report_is_refused(tmp_path, text):
    path = tmp_path / "junit.xml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UnreadableJunit):
        read_junit(path)


def test_a_missing_report_is_refused(tmp_path):
    with pytest.raises(UnreadableJunit, match="cannot be read"):
        read_junit(tmp_path / "nowhere.xml")
