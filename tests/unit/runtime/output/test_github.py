"""GitHub Actions: annotations worst first and at most ten, the summary where it is asked for."""

import io
from pathlib import Path

from runtime.output import github
from runtime.output.terminal import Terminal
from service_contract.findings import Finding, Severity
from service_contract.yaml_lines import loads


class Page(io.StringIO):
    encoding = "utf-8"


def test_errors_come_first_and_the_tenth_says_how_many_more_there_are():
    page = Page()
    notes = [Finding(f"SLOW-{number:03d}", "late", severity=Severity.WARNING) for number in range(11)]
    github.annotate(Terminal(page, environ={}), [*notes, Finding("FEED-003", "100% silent\nreally")])
    lines = page.getvalue().splitlines()
    assert lines[0] == "::error title=FEED-003::100%25 silent%0Areally"
    assert len(lines) == 10
    assert lines[9].endswith("(+2 more in the summary)")


def test_a_fault_of_a_file_is_annotated_at_its_place():
    page = Page()
    document = loads("a: 1\nb: 2\n", file=Path("config/x.yaml"))
    github.annotate_faults(Terminal(page, environ={}), [document.fault(("b",), "too big", value=2)])
    assert (
        page.getvalue()
        == "::error file=config/x.yaml,line=2,col=4,title=CFG-001::config/x.yaml:2:4: b: too big (value: 2)\n"
    )


def test_the_summary_is_appended_only_in_actions(tmp_path):
    path = tmp_path / "summary.md"
    github.add_summary({"GITHUB_STEP_SUMMARY": str(path)}, "nothing")
    assert not path.exists()
    environ = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(path)}
    github.add_summary(environ, "one")
    github.add_summary(environ, "two")
    assert path.read_text(encoding="utf-8") == "one\ntwo\n"
