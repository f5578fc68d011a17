"""The eight checkpoints from boot to enforcement: their order, their log lines, and how they are told to a supervisor.

`config/service.yaml` declares the same eight to the pack, which has no way to emit one; a test keeps the two equal.
"""

import logging
from dataclasses import dataclass

from risk_manager.clock import Clock
from risk_manager.notify import Notifier
from service_contract import messages

_log = logging.getLogger("risk_manager")
MERGE_NS = 100_000_000


@dataclass(frozen=True, slots=True)
class CheckpointLine:
    """n: its place. line: the log line, with the fields of its detail that it shows."""

    n: int
    name: str
    line: str
    level: int = logging.INFO


EIGHT = (
    CheckpointLine(1, "service_start", "🚀 Risk Manager starting..."),
    CheckpointLine(2, "config_loaded", "✅ Config loaded: {n} rules"),
    CheckpointLine(3, "sdk_connected", "✅ SDK connected: {account}"),
    CheckpointLine(4, "rules_initialized", "✅ Rules initialized: {n} rules"),
    CheckpointLine(5, "event_loop_running", "✅ Event loop running"),
    CheckpointLine(6, "event_received", "📨 Event received: {event}"),
    CheckpointLine(7, "rule_evaluated", "🔍 Rule evaluated: {rule} {result}"),
    CheckpointLine(8, "enforcement_triggered", "⚠️ Enforcement triggered: {action}", logging.WARNING),
)


class Checkpoints:
    """Says which checkpoints were reached, in the log and to the supervisor.

    The first evaluation of each rule travels at once; later ones are merged into one message per 100 ms, because a
    supervisor wants to know that rules are alive, not to be drowned.
    """

    def __init__(self, notifier: Notifier, clock: Clock, run: str) -> None:
        self._notifier = notifier
        self._clock = clock
        self._run = run
        self._evaluated: set[str] = set()
        self._merged: dict[str, str] = {}
        self._counts: dict[str, int] = {}
        self._merged_since_ns = 0
        self.reached = 0

    def reach(self, n: int, /, *, log: bool = True, **detail: object) -> None:
        """Checkpoint `n` is reached. `detail` fills its log line and travels with it."""
        checkpoint = EIGHT[n - 1]
        self.reached = max(self.reached, n)
        if log:
            _log.log(checkpoint.level, checkpoint.line.format_map(detail), extra={"checkpoint": n})
        self._send(checkpoint, detail)

    def rule_evaluated(self, rule: str, result: str, *, times: int = 1, **more: object) -> None:
        """Checkpoint 7 for one rule: logged the first time, and whenever the answer is not `ok`.

        times: how often it gave this answer since it was last told.
        """
        first = rule not in self._evaluated
        if first:
            self._evaluated.add(rule)
            self.reach(7, log=True, rule=rule, result=result, **more)
            return
        if result != "ok":
            line = EIGHT[6].line.format(rule=rule, result=result)
            _log.log(EIGHT[6].level, line, extra={"checkpoint": 7})
        if not self._notifier.is_watched:
            return
        if not self._merged:
            self._merged_since_ns = self._clock.monotonic_ns()
        self._merged[rule] = result
        self._counts[rule] = self._counts.get(rule, 0) + times

    def turn(self) -> None:
        """Once per turn of the loop: send what was merged long enough, and what still waits."""
        if self._merged and self._clock.monotonic_ns() - self._merged_since_ns >= MERGE_NS:
            self._send(EIGHT[6], {"rules": dict(self._merged), "counts": dict(self._counts)})
            self._merged.clear()
            self._counts.clear()
        self._notifier.flush()

    def _send(self, checkpoint: CheckpointLine, detail: dict[str, object]) -> None:
        t_ns = self._clock.monotonic_ns()
        self._notifier.send(
            lambda seq: messages.encode_checkpoint(
                messages.Checkpoint(checkpoint.n, checkpoint.name, len(EIGHT), t_ns, self._run, seq, detail)
            )
        )
