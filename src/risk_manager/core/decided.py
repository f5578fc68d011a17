"""What a decision comes to, in a form that another version, or another program, can compare: `journal --decided`.

One line for each thing that was decided: a breach, a lockout that begins or ends, an order that is wanted, and when the
account looked as that order wanted it. What only this version understands (tables, marks, attempts) is left out, and
the identity of a line holds nothing that two runs on the same input must differ in.
"""

from collections.abc import Iterator
from functools import partial

from risk_manager.core.describe import describe
from risk_manager.domain.events import IntentProgress
from risk_manager.domain.intents import FINAL_STATUSES, Intent, IntentStatus, verb_of
from risk_manager.domain.state import Lockout
from risk_manager.sdk.enforcement import command_text
from risk_manager.state.codec import DecisionRecord
from risk_manager.state.store import JournalRow
from service_contract.decided import SCHEMA, Decided

_OWN_AFFAIRS = "ENF-"
"""Alerts about how sending went: a run that sends nothing has none, and one that sends may."""


class Deciphering:
    """Reads decisions in order; remembers which intents ended in vain, and the last arithmetic of each rule."""

    def __init__(self) -> None:
        self._in_vain: set[tuple[str, str]] = set()
        self._arithmetic: dict[str, str] = {}

    def read(self, row: JournalRow, record: DecisionRecord) -> Iterator[Decided]:
        """What this row decided."""
        event = record.event
        line = partial(
            Decided,
            schema=SCHEMA,
            seq=row.seq,
            wall_ns=row.wall_ns,
            mono_ns=row.mono_ns,
            t_ns=event.t_ns,
            event=describe(event),
        )
        for answer in record.verdicts:
            self._arithmetic[answer.rule] = answer.verdict.arithmetic
        for alert in record.alerts:
            if not alert.id.startswith(_OWN_AFFAIRS):
                rule = alert.id.removeprefix("RULE-")
                yield line(key=f"alert {alert.id}", phase="point", rule=rule, words=alert.text)
        for change in record.changes:
            if change.table == "lockouts":
                yield from _lockout(change.key, change.before, change.after, line)
            elif change.table == "intents" and change.before is None and isinstance(change.after, Intent):
                yield self._wanted(change.after, line)
            elif change.table == "intents" and isinstance(change.before, Intent) and isinstance(event, IntentProgress):
                yield from self._over(change.before, event.status, line)

    def _wanted(self, intent: Intent, line: "partial[Decided]") -> Decided:
        effort = (intent.rule, intent.target)
        again = effort in self._in_vain
        self._in_vain.discard(effort)
        arithmetic = self._arithmetic.get(intent.rule, "")
        words = ": ".join(part for part in (command_text(intent.command), intent.reason, arithmetic) if part)
        return line(
            key=_key(intent), phase="begin", rule=intent.rule, target=intent.target, id=intent.client_order_id,
            again=again, words=words,
        )  # fmt: skip

    def _over(self, intent: Intent, status: IntentStatus, line: "partial[Decided]") -> Iterator[Decided]:
        if status not in FINAL_STATUSES:
            return
        if status == "failed":
            self._in_vain.add((intent.rule, intent.target))
        yield line(
            key=_key(intent), phase="end", rule=intent.rule, target=intent.target, id=intent.client_order_id,
            words=status,
        )  # fmt: skip


def _key(intent: Intent) -> str:
    return f"{verb_of(intent.command)} {intent.target} for {intent.rule}"


def _lockout(key: str, before: object, after: object, line: "partial[Decided]") -> Iterator[Decided]:
    standing = after if isinstance(after, Lockout) else before
    if not isinstance(standing, Lockout) or (before is not None and after is not None):
        return
    name = f"{standing.kind} lockout by {key} {'begins' if before is None else 'ends'}"
    yield line(key=name, phase="point", rule=standing.rule, words=f"{name}: {standing.reason}: {standing.arithmetic}")
