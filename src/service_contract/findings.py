"""A finding: something a person should know, with a stable id, the evidence for it and the next command to type."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum


class Severity(Enum):
    """How much a finding matters. Only ERROR decides an exit code."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found.

    id: stable, `AREA-000`; it can be explained and silenced by that name.
    what: one sentence.
    evidence: what was observed, name to value; values are plain JSON.
    next: commands to type next, the most useful first.
    not_it: causes that were looked at and ruled out, each with its reason.
    """

    id: str
    what: str
    evidence: Mapping[str, object] = field(default_factory=dict)
    next: Sequence[str] = ()
    not_it: Sequence[str] = ()
    severity: Severity = Severity.ERROR

    def as_json(self) -> dict[str, object]:
        """The finding as the plain object that `--json` prints."""
        return {
            "id": self.id,
            "severity": self.severity.value,
            "what": self.what,
            "evidence": dict(self.evidence),
            "not_it": list(self.not_it),
            "next": list(self.next),
        }
