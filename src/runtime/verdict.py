"""Three verdicts, merged worst wins, and the exit code that follows from them.

UNKNOWN is not PASS: no evidence, lost evidence and a check that crashed are all UNKNOWN, and UNKNOWN exits 2.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from service_contract.exit_codes import ExitCode
from service_contract.findings import Finding

# What a service may say about itself by its own exit code; anything else it exits with is an EXCEPTION.
_CODES_THAT_SPEAK = frozenset(
    {ExitCode.EXCEPTION, ExitCode.CONFIG_ERROR, ExitCode.API_ERROR, ExitCode.DEPENDENCY_ERROR}
)


class Verdict(Enum):
    """PASS < UNKNOWN < FAIL."""

    PASS = 0
    UNKNOWN = 1
    FAIL = 2


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one check says.

    settled: nothing that can still happen would make it better; a run waits for unsettled ones until its limit.
    summary: the evidence in a few words.
    """

    check: str
    verdict: Verdict
    summary: str
    settled: bool = False
    findings: tuple[Finding, ...] = ()


def merge(verdicts: Iterable[Verdict]) -> Verdict:
    """The worst of them; of none, UNKNOWN."""
    return max(verdicts, key=lambda verdict: verdict.value, default=Verdict.UNKNOWN)


def exit_code(verdict: Verdict, own_codes: Iterable[int | None]) -> ExitCode:
    """The exit code for a verdict.

    own_codes: how the processes that ended by themselves did so, the most telling first. They refine a FAIL (a
    broken configuration is 3, not 1); they never turn anything into a pass.
    """
    if verdict is Verdict.PASS:
        return ExitCode.SUCCESS
    if verdict is Verdict.UNKNOWN:
        return ExitCode.STALLED
    for code in own_codes:
        if code in _CODES_THAT_SPEAK:
            return ExitCode(code)
    return ExitCode.EXCEPTION
