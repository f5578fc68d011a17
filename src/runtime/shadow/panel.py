"""The shadow run as it goes on, and the table at its end: all that is printed."""

import os
import shutil
from collections.abc import Mapping

from runtime.clocks import monotonic_ns
from runtime.output.terminal import Paint, Terminal
from runtime.shadow.matching import Who
from runtime.shadow.record import Event, ShadowReport
from runtime.shadow.result import Group, cutover_line, hours_text, time_text
from runtime.shadow.run import Shadow
from runtime.shadow.side import Side
from runtime.shadow.signals import Signals
from runtime.verdict import Verdict

_LINE_NS = 5_000_000_000
_DRAW_NS = 500_000_000
_COLUMN = 22
_LONGEST = 160
_UP = "\x1b[{}F\x1b[J"
_PAINTS = {Verdict.PASS: Paint.GOOD, Verdict.UNKNOWN: Paint.DOUBT, Verdict.FAIL: Paint.BAD}


class Panel:
    """A block that is redrawn on a terminal, a line every five seconds anywhere else; what happens goes above it."""

    def __init__(self, terminal: Terminal, environ: Mapping[str, str] = os.environ) -> None:
        self._terminal = terminal
        self._redraws = terminal.stream.isatty() and environ.get("TERM") != "dumb" and not environ.get("CI")
        self._lines = 0
        self._next_ns = 0

    def show(self, shadow: Shadow) -> None:
        """Called at every look; draws as often as is useful."""
        now_ns = monotonic_ns()
        if now_ns < self._next_ns:
            return
        self._next_ns = now_ns + (_DRAW_NS if self._redraws else _LINE_NS)
        if not self._redraws:
            self._terminal.line(_one_line(shadow), Paint.DIM)
            return
        self.close()
        width = shutil.get_terminal_size().columns
        lines = [*_table(shadow.sides, shadow.report), cutover_line(shadow.report.clock)]
        for line in lines:
            self._terminal.line(line[: width - 1])
        self._lines = len(lines)

    def tell(self, event: Event) -> None:
        """Something happened."""
        self.close()
        name = f"{event.signal}: " if event.signal else ""
        self._terminal.line(f"{event.at}  {event.who} {name}{event.what}", Paint.BAD if event.signal else None)

    def close(self) -> None:
        """Take the block away."""
        if self._lines:
            self._terminal.stream.write(_UP.format(self._lines))
            self._lines = 0

    def finish(
        self,
        sides: Mapping[Who, Side],
        report: ShadowReport,
        differences: list[Group],
        judged: tuple[Verdict, list[str]],
    ) -> None:
        """The table, every difference, the verdict and the cutover clock."""
        self.close()
        for line in _table(sides, report):
            self._terminal.line(line)
        for group in differences:
            for line in _difference(group):
                self._terminal.line(line, Paint.BAD)
        word, why = judged
        reason = f"  {why[0]}" + (f" (and {len(why) - 1} more)" if len(why) > 1 else "") if why else ""
        self._terminal.line(f"{word.name}{reason}", _PAINTS[word])
        self._terminal.line(cutover_line(report.clock), Paint.GOOD if report.clock.is_eligible else Paint.DOUBT)


def _one_line(shadow: Shadow) -> str:
    report, sides = shadow.report, shadow.sides
    green = "  ".join(f"{who.value} {'green' if side.is_green else 'NOT green'}" for who, side in sides.items())
    unsure = f"  ({report.unsure})" if report.unsure else ""
    return (
        f"{green}  compared {report.compared}  differences {report.differences_total}  faults {report.faults_total}"
        f"  T+{hours_text(report.clock.healthy_ns)}{unsure}"
    )


def _table(sides: Mapping[Who, Side], report: ShadowReport) -> list[str]:
    live, candidate = (sides[who].signals for who in (Who.LIVE, Who.CANDIDATE))
    rows = [("", "live", "candidate")]
    rows.append(("healthy uptime", _uptime(live), _uptime(candidate)))
    names = dict.fromkeys([*live.signals.keys(), *candidate.signals.keys()])
    rows += [(name.replace("_", " "), _count(live, name), _count(candidate, name)) for name in names]
    rows.append(("orders sent", "", str(report.sent)))
    decisions = f"{report.compared} compared, {report.not_compared} not comparable, {report.pending} not judged yet"
    rows.append(("decisions", f"{decisions}; {report.differences_total} differ", ""))
    lines = [f"  {name:<{_COLUMN}}{one:<{_COLUMN}}{other}".rstrip() for name, one, other in rows]
    return [*lines, *_last_seen(sides)]


def _uptime(signals: Signals) -> str:
    return f"{signals.healthy_s:.1f}s of {signals.up_s:.1f}s"


def _last_seen(sides: Mapping[Who, Side]) -> list[str]:
    return [
        f"  last {who.value} {name.replace('_', ' ')}: {signal.last_at} {signal.last_what[:_LONGEST]}"
        for who, side in sides.items()
        for name, signal in side.signals.signals.items()
        if signal.count
    ]


def _count(signals: Signals, name: str) -> str:
    return str(signals.signals.get(name, ""))


def _difference(group: Group) -> list[str]:
    lines = [f"difference  only {group.who.value}  {group.rule}"]
    for each in group.differences:
        lines.append(f"  {each.line.key}")
        lines.append(f"    {time_text(each.line.t_ns)}, at {each.line.event}: {each.line.words}")
        lines.append(f"    {group.who.other.value}: {each.instead.words if each.instead else 'nothing of the kind'}")
    return lines
