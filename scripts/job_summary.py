"""Prints a JUnit file as the Markdown summary of a CI job: counts, failures, the slowest tests. Needs no package."""

import sys
from pathlib import Path
from xml.etree import ElementTree as ET

SLOWEST = 5
LINES_OF_A_FAILURE = 15


def summary(report: Path) -> str:
    """The summary; says so where there is no report, because no evidence is not success."""
    if not report.is_file():
        return f"### ❌ Tests\n\nThere is no `{report}`: the tests did not get as far as a report.\n"
    cases = list(ET.parse(report).getroot().iter("testcase"))  # noqa: S314 -- written by the step before this one
    bad = [case for case in cases if case.find("failure") is not None or case.find("error") is not None]
    skipped = sum(case.find("skipped") is not None for case in cases)
    passed = len(cases) - len(bad) - skipped
    mark = "✅" if passed and not bad else "❌"
    lines = [
        f"### {mark} Tests",
        "",
        "| passed | failed | skipped | seconds of test time |",
        "| --- | --- | --- | --- |",
        f"| {passed} | {len(bad)} | {skipped} | {sum(map(_seconds, cases)):.0f} |",
        "",
    ]
    for case in bad:
        lines += [f"<details><summary>{_name(case)}</summary>", "", "```", *_why(case), "```", "", "</details>", ""]
    lines += ["| slowest | seconds |", "| --- | --- |"]
    slowest = sorted(cases, key=_seconds, reverse=True)[:SLOWEST]
    lines += [f"| {_name(case)} | {_seconds(case):.1f} |" for case in slowest]
    return "\n".join(lines) + "\n"


def _name(case: ET.Element) -> str:
    return f"{case.get('classname')}::{case.get('name')}"


def _seconds(case: ET.Element) -> float:
    return float(case.get("time") or 0)


def _why(case: ET.Element) -> list[str]:
    problem = case.find("failure")
    if problem is None:
        problem = case.find("error")
    said = problem.text if problem is not None and problem.text else "no reason was given"
    return said.strip().splitlines()[-LINES_OF_A_FAILURE:]


if __name__ == "__main__":
    sys.stdout.write(summary(Path(sys.argv[1])))
