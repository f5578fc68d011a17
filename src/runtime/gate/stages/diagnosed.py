"""The diagnosis in the JSON of smoke and soak as lines: what, the evidence for it, and what to type next."""

from collections.abc import Mapping, Sequence

_MOST_FINDINGS = 2
_MOST_EVIDENCE = 6
_WIDTH = 160


def headline(findings: Sequence[Mapping[str, object]], error: str) -> str:
    """The first finding in one line; the error where there is none."""
    return f"{findings[0].get('id')} {findings[0].get('what')}" if findings else error


def lines_of(findings: Sequence[Mapping[str, object]]) -> tuple[str, ...]:
    """The first findings, so that nobody has to open the report to know where to look."""
    lines: list[str] = []
    for finding in findings[:_MOST_FINDINGS]:
        evidence = finding.get("evidence")
        shown = list(evidence.items())[:_MOST_EVIDENCE] if isinstance(evidence, dict) else []
        following = finding.get("next")
        lines.append(f"cause     {finding.get('id')}  {finding.get('what')}")
        lines += [f"evidence  {key}: {_plain(value)}" for key, value in shown]
        lines += [f"next      {text}" for text in following] if isinstance(following, list) else []
    return tuple(line if len(line) <= _WIDTH else line[: _WIDTH - 1] + "…" for line in lines)


def _plain(value: object) -> str:
    return " | ".join(map(str, value)) if isinstance(value, list) else str(value)
