"""`service.yaml` as a frozen Contract: all that the pack knows of a service.

The fields are described for users in docs/reference/service-yaml.md. `load` reports every fault of a file at once,
with line and column; `contract_reader.py` does the reading.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from runtime.assertions import Assertion
from runtime.harness.plan import HarnessPlan
from runtime.shadow.plan import ShadowPlan
from runtime.soak.plan import SoakPlan

Condition = Mapping[str, tuple[str, ...]]
"""Option name -> the values under which something applies; ("*",) means any value that was given."""


@dataclass(frozen=True, slots=True)
class ListReference:
    """`4.detail.rules`: a list (or a mapping, of which the keys count) in the detail of an earlier checkpoint."""

    checkpoint: int
    key: str

    def __str__(self) -> str:
        return f"{self.checkpoint}.detail.{self.key}"


@dataclass(frozen=True, slots=True)
class Step:
    """One checkpoint the service promises.

    log: the text its log line contains. after: the checkpoint that must have come before it.
    once_for_each: it counts as reached when it was seen for each entry of that list.
    detail: an occurrence counts only when its detail holds these values.
    budget_s: seconds from the start of the process after which reaching it is slow.
    missing: what may be wrong when it does not come, as ids of causes; the first that the evidence supports is named.
    """

    n: int
    name: str
    log: str
    after: int | None
    once_for_each: ListReference | None
    detail: Mapping[str, object]
    budget_s: float | None
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Companion:
    """A process the service needs, started before it and awaited for READY=1."""

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str]
    when: Condition


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a scenario must end: a checkpoint, and what the probe must then say.

    phase: the `detail.phase` that the checkpoint must come with; None: it need only come.
    said: a text that one of the service's STATUS= messages must hold besides.
    """

    scenario: str
    checkpoint: int
    phase: str | None
    probe: str | None
    require: tuple[Assertion, ...]
    when: Condition
    said: str | None

    def claimed_by(self, detail: Mapping[str, object]) -> bool:
        """Does a checkpoint with this detail claim that the scenario has ended so?"""
        return self.phase is None or detail.get("phase") == self.phase


@dataclass(frozen=True, slots=True)
class Option:
    """Something the user may choose, handed to every process as an environment variable.

    file: the value is the name of a file; this is its path, with `{value}` in it.
    """

    name: str
    env: str
    default: str | None
    choices: tuple[str, ...]
    file: str | None
    hint: str


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Bounds in seconds. settle_s: how long the probe may go on disagreeing with the service's claim."""

    smoke_s: float
    companion_s: float
    probe_s: float
    settle_s: float
    stop_s: float


@dataclass(frozen=True, slots=True)
class Contract:
    """Everything the pack knows of a service. Texts may hold placeholders; `expand.Places` fills them in.

    production: under which options nothing may be opened for debugging; an empty one is never met.
    """

    file: Path
    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str]
    companions: tuple[Companion, ...]
    agent: bool
    production: Condition
    steps: tuple[Step, ...]
    ready: int
    outcomes: tuple[Outcome, ...]
    deadlines: Deadlines
    metrics: Mapping[str, str]
    log: str
    state_dir: str
    probes: Mapping[str, tuple[str, ...]]
    options: Mapping[str, Option]
    page: tuple[str, ...]
    entry_points: Mapping[str, str]
    remedies: Mapping[str, tuple[str, ...]]
    story: tuple[str, ...]
    soak: SoakPlan
    harness: HarnessPlan | None
    shadow: ShadowPlan | None

    def step(self, n: int) -> Step:
        """The checkpoint with number n; n must be one of them."""
        return self.steps[n - 1]

    @property
    def first_event(self) -> Step | None:
        """The first checkpoint past readiness: the proof of life."""
        return self.steps[self.ready] if self.ready < len(self.steps) else None

    def outcome(self, chosen: Mapping[str, str]) -> Outcome:
        """The outcome required under the chosen options: one whose `when` applies, else the scenario's, else the first.

        A scenario without an outcome of its own (a fault, such as `silent`) must still show the first one; that it
        cannot is what the run finds out.
        """
        for outcome in self.outcomes:
            if outcome.when and applies(outcome.when, chosen):
                return outcome
        unconditional = [outcome for outcome in self.outcomes if not outcome.when]
        named = [outcome for outcome in unconditional if outcome.scenario == chosen.get("scenario")]
        return (named or unconditional)[0]


def applies(when: Condition, chosen: Mapping[str, str]) -> bool:
    """Do the chosen options meet a condition? The empty one is always met."""
    return all(name in chosen and (values == ("*",) or chosen[name] in values) for name, values in when.items())
