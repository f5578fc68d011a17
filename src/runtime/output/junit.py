"""JUnit XML: written for CI, and read back by the gate (untrusted: no entities, bounded size)."""

import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from service_contract.atomic_files import write_atomically

_MAX_BYTES = 50_000_000
_HEAD_BYTES = 65_536


class UnreadableJunit(ValueError):
    """A file that is no JUnit report; says why."""


@dataclass(frozen=True, slots=True)
class Case:
    """One test case. outcome: passed, failure, error or skipped; text: why."""

    suite: str
    name: str
    seconds: float
    outcome: str = "passed"
    text: str = ""


@dataclass(frozen=True, slots=True)
class JunitReport:
    """What a report holds: its cases and the properties of its suites."""

    cases: Sequence[Case]
    properties: Mapping[str, str] = field(default_factory=dict)

    def count(self, *outcomes: str) -> int:
        """How many cases ended so."""
        return sum(1 for case in self.cases if case.outcome in outcomes)

    @property
    def ran(self) -> int:
        """How many cases really ran."""
        return len(self.cases) - self.count("skipped")


def write_junit(path: Path, name: str, cases: Sequence[Case], properties: Mapping[str, str]) -> None:
    """Write the cases as one suite."""
    counts = {
        outcome: sum(1 for case in cases if case.outcome == outcome) for outcome in ("failure", "error", "skipped")
    }
    suite = ET.Element(
        "testsuite",
        name=name,
        tests=str(len(cases)),
        failures=str(counts["failure"]),
        errors=str(counts["error"]),
        skipped=str(counts["skipped"]),
        time=f"{sum(case.seconds for case in cases):.3f}",
    )
    holder = ET.SubElement(suite, "properties")
    for key, value in properties.items():
        ET.SubElement(holder, "property", name=key, value=_xml_text(value))
    for case in cases:
        element = ET.SubElement(suite, "testcase", classname=case.suite, name=case.name, time=f"{case.seconds:.3f}")
        if case.outcome != "passed":
            problem = ET.SubElement(element, case.outcome, message=_xml_text(case.text[:200]))
            problem.text = _xml_text(case.text)
    root = ET.Element("testsuites")
    root.append(suite)
    ET.indent(root)
    write_atomically(path, ET.tostring(root, encoding="utf-8", xml_declaration=True))


def read_junit(path: Path) -> JunitReport:
    """Read a report. Raises UnreadableJunit."""
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise UnreadableJunit(f"{path} is larger than {_MAX_BYTES} bytes")
        data = path.read_bytes()
    except OSError as error:
        raise UnreadableJunit(f"{path} cannot be read: {error.strerror}") from error
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise UnreadableJunit(f"{path} declares a document type, which a test report does not need")
    try:
        root = ET.fromstring(data)  # noqa: S314 -- entities were refused above, and the size is bounded
    except ET.ParseError as error:
        raise UnreadableJunit(f"{path} is not XML: {error}") from error
    properties = {item.get("name", ""): item.get("value", "") for item in root.iter("property")}
    return JunitReport([_case(element) for element in root.iter("testcase")], properties)


@dataclass(frozen=True, slots=True)
class Totals:
    """What the head of a report says: how many cases ran (skipped ones did not), how many failed, seconds it took."""

    ran: int
    bad: int
    seconds: float


def read_totals(path: Path) -> Totals:
    """The totals of a report's first suite, without reading its cases. Raises UnreadableJunit."""
    parser: ET.XMLPullParser[ET.Element] = ET.XMLPullParser(["start"])
    try:
        with path.open("rb") as stream:
            head = stream.read(_HEAD_BYTES)
        if b"<!DOCTYPE" in head or b"<!ENTITY" in head:
            raise UnreadableJunit(f"{path} declares a document type, which a test report does not need")
        parser.feed(head)
        events = cast("Iterator[tuple[str, ET.Element]]", parser.read_events())  # of "start" they are nothing else
        suite = next(element for _, element in events if element.tag == "testsuite")
        numbers = {name: int(suite.attrib[name]) for name in ("tests", "failures", "errors", "skipped")}
        seconds = float(suite.attrib["time"])
    except OSError as error:
        raise UnreadableJunit(f"{path} cannot be read: {error.strerror}") from error
    except (ET.ParseError, StopIteration, KeyError, ValueError) as error:
        raise UnreadableJunit(f"{path} has no head of a test report: {error!r}") from error
    return Totals(numbers["tests"] - numbers["skipped"], numbers["failures"] + numbers["errors"], seconds)


def _case(element: ET.Element) -> Case:
    outcome, text = "passed", ""
    for child in element:
        if child.tag in {"failure", "error", "skipped"}:
            outcome, text = child.tag, child.get("message", "")
    seconds = float(element.get("time", "0") or 0)
    return Case(element.get("classname", ""), element.get("name", ""), seconds, outcome, text)


def _xml_text(text: str) -> str:
    """XML 1.0 has no way to write control characters; they become a question mark."""
    return "".join(char if char in "\t\n\r" or char >= " " else "?" for char in text)
