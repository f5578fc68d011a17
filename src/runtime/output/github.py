"""What GitHub Actions shows: annotations on the run, and the job's summary. Nothing anywhere else."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from runtime.output.terminal import Terminal
from service_contract.findings import Finding, Severity
from service_contract.yaml_lines import Fault

_MOST = 10
_SUMMARY_BYTES = 900_000
_KINDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def active(environ: Mapping[str, str]) -> bool:
    """Do we run in GitHub Actions?"""
    return environ.get("GITHUB_ACTIONS") == "true"


def annotate(terminal: Terminal, findings: Sequence[Finding]) -> None:
    """At most ten annotations, errors first; the tenth says how many more there are."""
    ordered = sorted(findings, key=lambda finding: finding.severity is not Severity.ERROR)
    for number, finding in enumerate(ordered[:_MOST], 1):
        more = f" (+{len(ordered) - _MOST} more in the summary)" if number == _MOST < len(ordered) else ""
        terminal.line(f"::{_KINDS[finding.severity]} title={_property(finding.id)}::{_data(finding.what + more)}")


def annotate_faults(terminal: Terminal, faults: Sequence[Fault]) -> None:
    """The faults of a file, at their lines."""
    for fault in faults[:_MOST]:
        where = f",line={fault.place.line},col={fault.place.column}" if fault.place else ""
        terminal.line(f"::error file={_property(str(fault.file))}{where},title=CFG-001::{_data(str(fault))}")


def add_summary(environ: Mapping[str, str], markdown: str) -> None:
    """Append to the job's summary, where there is one."""
    path = environ.get("GITHUB_STEP_SUMMARY")
    if active(environ) and path:
        with Path(path).open("ab") as stream:
            stream.write(markdown.encode()[:_SUMMARY_BYTES] + b"\n")


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
