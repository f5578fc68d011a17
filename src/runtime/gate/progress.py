"""How far a stage of the gate is: a bar that is redrawn on a terminal, a line every ten seconds anywhere else.

What a stage will take is what it took the last time it passed here; a stage that never did has no bar.
"""

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from runtime.output.terminal import Paint, Terminal

_BAR = 22
_LINE_EVERY_S = 10.0
_UP = "\x1b[1F\x1b[J"
_MOST_RUNS = 20


class _Stage(msgspec.Struct):
    name: str
    result: str
    duration_s: float


class _Run(msgspec.Struct):
    stages: list[_Stage] = []


def durations_s(gate_dir: Path) -> dict[str, float]:
    """What each stage took when it last passed, from the reports that are kept; what cannot be read tells nothing."""
    found: dict[str, float] = {}
    runs = sorted((file for file in gate_dir.glob("*/result.json")), reverse=True)[:_MOST_RUNS]
    for file in runs:
        try:
            run = msgspec.json.decode(file.read_bytes(), type=_Run)
        except (OSError, msgspec.MsgspecError):
            run = _Run()
        for stage in run.stages:
            if stage.result == "PASS" and stage.duration_s > 0:
                found.setdefault(stage.name, stage.duration_s)
    return found


class GateProgress:
    """Tells of the stage that is running."""

    def __init__(
        self, terminal: Terminal, took_s: Mapping[str, float], environ: Mapping[str, str] = os.environ
    ) -> None:
        self._terminal = terminal
        self._took_s = took_s
        self._redraws = terminal.stream.isatty() and environ.get("TERM") != "dumb" and not environ.get("CI")
        self._drawn = False
        self._next_s = _LINE_EVERY_S

    def tick(self, stage: str, elapsed_s: float) -> None:
        """Tell that a stage has run for so long."""
        if self._redraws:
            self.clear()
            self._terminal.row(f"  {stage:<14}{self._how_far(stage, elapsed_s)}", Paint.DIM)
            self._drawn = True
        elif elapsed_s >= self._next_s:
            self._next_s = (elapsed_s // _LINE_EVERY_S + 1) * _LINE_EVERY_S
            self._terminal.line(f"  {stage:<14}{self._how_far(stage, elapsed_s)}", Paint.DIM)

    def clear(self) -> None:
        """The stage has ended, or its line is about to be drawn again."""
        if self._drawn:
            self._terminal.stream.write(_UP)
            self._drawn = False

    def next_stage(self) -> None:
        """Begin to count anew."""
        self.clear()
        self._next_s = _LINE_EVERY_S

    def _how_far(self, stage: str, elapsed_s: float) -> str:
        took_s = self._took_s.get(stage)
        if took_s is None:
            return f"runs for {elapsed_s:.0f}s"
        left = f"about {took_s - elapsed_s:.0f}s left" if elapsed_s < took_s else f"it took {took_s:.0f}s the last time"
        done = int(min(elapsed_s / took_s, 1.0) * _BAR)
        bar = f"[{'#' * done}{'.' * (_BAR - done)}] " if self._redraws else ""
        return f"{bar}runs for {elapsed_s:.0f}s, {left}"
