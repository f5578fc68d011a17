"""The soak as it goes on: a picture that is redrawn on a terminal, a line every few seconds anywhere else."""

import os
import shutil
from collections.abc import Mapping, Sequence

from runtime.output.terminal import Paint, Terminal
from runtime.soak.plan import SoakPlan
from runtime.soak.recording import Recording
from runtime.soak.statistics import Point
from runtime.soak.thresholds import Judged, claim, judge, number
from runtime.verdict import Verdict

_BLOCKS = "▁▂▃▄▅▆▇█"
_ASCII = "_.-=+*#@"
_SPARK = 12
_LEAST_SPREAD = 0.05
_BAR = 22
_DRAW_EVERY_S = 0.5
_WIDE = 100
_LINE_EVERY_S = 5.0
_UP = "\x1b[{}F\x1b[J"
_PAINTS = {Verdict.PASS: Paint.GOOD, Verdict.UNKNOWN: Paint.DOUBT, Verdict.FAIL: Paint.BAD}


def sparkline(points: Sequence[Point], width: int = _SPARK, glyphs: str = _BLOCKS) -> str:
    """The course of some samples in `width` characters: each shows the largest value of its part of the time.

    Full height is at least a twentieth of the largest value, so that what hardly moves looks like it.
    """
    if not points:
        return ""
    first, last = points[0][0], points[-1][0]
    span = (last - first) or 1.0
    cells: list[float | None] = [None] * width
    for t, value in points:
        index = min(int((t - first) / span * width), width - 1)
        known = cells[index]
        cells[index] = value if known is None else max(known, value)
    values = [cell for cell in cells if cell is not None]
    low = min(values)
    spread = max(max(values) - low, abs(max(values)) * _LEAST_SPREAD) or 1.0
    return "".join(glyphs[int((cell - low) / spread * (len(glyphs) - 1))] for cell in cells if cell is not None)


class LiveView:
    """Draws a recording. `draw` may be called at every sample; it draws as often as is useful."""

    def __init__(
        self, terminal: Terminal, plan: SoakPlan, units: Mapping[str, str], environ: Mapping[str, str] = os.environ
    ) -> None:
        self._terminal = terminal
        self._plan = plan
        self._units = units
        self._glyphs = _BLOCKS if terminal.writable(_BLOCKS) == _BLOCKS else _ASCII
        redraws = terminal.stream.isatty() and environ.get("TERM") != "dumb" and not environ.get("CI")
        self._redraws = redraws
        self._lines = 0
        self._next_s = 0.0 if redraws else _LINE_EVERY_S

    def draw(self, recording: Recording) -> None:
        """Show where it stands."""
        if recording.now_s < self._next_s:
            return
        if self._redraws:
            self._next_s = recording.now_s + _DRAW_EVERY_S
            self._redraw(recording)
        else:
            self._next_s = (recording.now_s // _LINE_EVERY_S + 1) * _LINE_EVERY_S
            self._terminal.line(self._one_line(recording))

    def close(self) -> None:
        """Take the picture away; the result comes in its place."""
        if self._lines:
            self._terminal.stream.write(_UP.format(self._lines))
            self._lines = 0

    def _redraw(self, recording: Recording) -> None:
        width = shutil.get_terminal_size().columns
        self.close()
        done = min(recording.now_s / recording.asked_s, 1.0)
        bar = "#" * int(done * _BAR) + "." * (_BAR - int(done * _BAR))
        note = "" if recording.now_s >= recording.warm_up_s else f"  warm-up until {recording.warm_up_s:.0f}s"
        lines: list[tuple[str, Paint | None]] = [
            (f"  [{bar}] {recording.now_s:.0f}s of {recording.asked_s:.0f}s{note}", Paint.STRONG)
        ]
        spark = sparkline(recording.all_of("events_per_s"), glyphs=self._glyphs)
        rate = recording.last("events_per_s")
        shown = "-" if rate is None else f"{number(rate)}/s"
        lines.append((f"  {'events':<28}{number(recording.events):>9} {spark:<{_SPARK}}  {shown}", None))
        lines += [self._row(judged, recording, narrow=width < _WIDE) for judged in self._judge(recording)]
        for text, paint in lines:
            self._terminal.row(text, paint)
        self._lines = len(lines)

    def _row(self, judged: Judged, recording: Recording, *, narrow: bool) -> tuple[str, Paint | None]:
        """One threshold. A narrow window has no room for the unit twice, nor for how long a limit must be broken."""
        threshold = judged.threshold
        value = recording.last(threshold.metric)
        shown = "-" if value is None else number(value)
        spark = sparkline(recording.all_of(threshold.metric), glyphs=self._glyphs)
        warming = recording.now_s <= recording.warm_up_s
        word = "warm-up" if warming else "open" if judged.verdict is Verdict.UNKNOWN else judged.word
        limit = claim(threshold, judged.unit)
        unit = "" if judged.unit == "count" else judged.unit
        middle = " " if narrow else f" {unit:<7}"
        limit = limit.partition(" (")[0] if narrow else limit
        text = f"  {threshold.metric:<28}{shown:>9}{middle}{spark:<{_SPARK}}  {word:<8}{limit}"
        return text, None if warming or judged.verdict is Verdict.PASS else _PAINTS[judged.verdict]

    def _judge(self, recording: Recording) -> list[Judged]:
        return [judge(each, recording, self._units.get(each.metric, "")) for each in self._plan.thresholds]

    def _one_line(self, recording: Recording) -> str:
        metrics = list(dict.fromkeys(threshold.metric for threshold in self._plan.thresholds))
        values = [(name, recording.last(name)) for name in metrics]
        parts = [f"{name}={'NO-DATA' if value is None else number(value)}" for name, value in values]
        if recording.now_s <= recording.warm_up_s:
            verdict = "warm-up"
        else:
            judged = self._judge(recording)
            failed = [each.threshold.metric for each in judged if each.verdict is Verdict.FAIL]
            unknown = [each.threshold.metric for each in judged if each.verdict is Verdict.UNKNOWN]
            verdict = f"FAIL:{failed[0]}" if failed else f"open:{unknown[0]}" if unknown else "ok"
        return f"soak t={recording.now_s:.0f} events={recording.events:.0f} {' '.join(parts)} verdict={verdict}"
