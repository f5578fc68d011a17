"""How far a run has come, checkpoint by checkpoint: when each was first seen and when its condition was met."""

from collections.abc import Mapping
from dataclasses import dataclass

from runtime.contract.model import ListReference, Outcome, Step
from runtime.observing.observation import Observation
from runtime.observing.timeline import Entry, Timeline


@dataclass(frozen=True, slots=True)
class StepProgress:
    """One checkpoint of one run.

    first_s: first seen. complete_s: its condition met (each entry of a list seen, the phase required reached).
    detail: of the datagram that completed it, else of the last one. wanted, missing: the entries of its list.
    """

    step: Step
    first_s: float | None
    complete_s: float | None
    detail: Mapping[str, object]
    wanted: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    phases: tuple[str, ...] = ()

    @property
    def slow(self) -> bool:
        """Complete, but later than its budget."""
        return self.complete_s is not None and self.step.budget_s is not None and self.complete_s > self.step.budget_s


def progress(observation: Observation) -> tuple[StepProgress, ...]:
    """Every checkpoint of the contract with how far it has come."""
    contract, timeline = observation.contract, observation.timeline
    return tuple(_of_step(step, timeline, observation.outcome) for step in contract.steps)


def _of_step(step: Step, timeline: Timeline, outcome: Outcome) -> StepProgress:
    entries = occurrences(step, timeline)
    if not entries:
        wanted = listed(step.once_for_each, timeline) if step.once_for_each else ()
        return StepProgress(step, None, None, {}, wanted, wanted)
    first_s = entries[0].t_s
    if step.once_for_each is not None:
        return _for_each(step, step.once_for_each, timeline, entries)
    if step.n == outcome.checkpoint:
        phases = tuple(str(detail_of(entry).get("phase", "")) for entry in entries)
        done = next((entry for entry in entries if outcome.claimed_by(detail_of(entry))), None)
        detail = detail_of(done or entries[-1])
        return StepProgress(step, first_s, done.t_s if done else None, detail, phases=phases)
    return StepProgress(step, first_s, first_s, detail_of(entries[0]))


def _for_each(step: Step, reference: ListReference, timeline: Timeline, entries: list[Entry]) -> StepProgress:
    wanted = listed(reference, timeline)
    left = set(wanted)
    results: dict[str, object] = {}
    complete_s = None
    for entry in entries:
        for name, result in named(detail_of(entry), reference.key).items():
            results.setdefault(name, result)
            left.discard(name)
        if wanted and not left and complete_s is None:
            complete_s = entry.t_s
    missing = tuple(name for name in wanted if name in left)
    return StepProgress(step, entries[0].t_s, complete_s, {reference.key: results}, wanted, missing)


def occurrences(step: Step, timeline: Timeline) -> list[Entry]:
    """The datagrams that count for a checkpoint: its number, its name, and the detail it must hold."""
    return [
        entry
        for entry in timeline.reached(step.n)
        if entry.checkpoint is not None
        and entry.checkpoint.name == step.name
        and all(entry.checkpoint.detail.get(key) == value for key, value in step.detail.items())
    ]


def detail_of(entry: Entry) -> Mapping[str, object]:
    """The detail of a checkpoint's datagram; empty for any other."""
    return entry.checkpoint.detail if entry.checkpoint is not None else {}


def listed(reference: ListReference, timeline: Timeline) -> tuple[str, ...]:
    """The entries of the list that a checkpoint announced; none where it has not, or where it is no list."""
    for entry in timeline.reached(reference.checkpoint):
        value = detail_of(entry).get(reference.key)
        if isinstance(value, dict | list):
            return tuple(str(item) for item in value)
    return ()


def named(detail: Mapping[str, object], key: str) -> dict[str, object]:
    """The entries a datagram speaks of: `{"rules": {name: result}}`, or one by the singular `{"rule": name}`."""
    many = detail.get(key)
    found: dict[str, object] = {str(name): result for name, result in many.items()} if isinstance(many, dict) else {}
    if isinstance(many, list):
        found.update(dict.fromkeys(map(str, many)))
    one = detail.get(key.removesuffix("s")) if key.endswith("s") else None
    if isinstance(one, str):
        found[one] = detail.get("result")
    return found
