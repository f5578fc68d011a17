"""While a stage runs: a bar on a terminal, a line now and then elsewhere, and how long it took before."""

import io
import json

import pytest

from runtime.gate.progress import GateProgress, durations_s
from runtime.output.terminal import Terminal


class Tty(io.StringIO):
    encoding = "utf-8"

    def isatty(self):
        return True


def passed(tmp_path, run, **seconds):
    """Leave the report of a run of the gate behind, in which each stage passed, or failed where that is negative."""
    stages = [
        {"name": name, "result": "PASS" if value > 0 else "FAIL", "duration_s": abs(value)}
        for name, value in seconds.items()
    ]
    (tmp_path / run).mkdir()
    (tmp_path / run / "result.json").write_text(json.dumps({"stages": stages}), encoding="utf-8")


def test_what_a_stage_took_is_that_of_its_last_pass(tmp_path):
    passed(tmp_path, "1", unit=80.0, smoke=2.0)
    passed(tmp_path, "2", unit=90.0)
    passed(tmp_path, "3", unit=-5.0)
    (tmp_path / "4").mkdir()
    (tmp_path / "4" / "result.json").write_text("cut of", encoding="utf-8")
    assert durations_s(tmp_path) == {"unit": 90.0, "smoke": 2.0}
    assert durations_s(tmp_path / "nowhere") == {}


def test_in_a_pipe_there_is_a_line_every_ten_seconds_and_no_control_character():
    stream = io.StringIO()
    progress = GateProgress(Terminal(stream, environ={}), {"unit": 30.0}, {})
    for second in range(1, 41):
        progress.tick("unit", float(second))
    progress.next_stage()
    progress.tick("smoke", 12.0)
    assert stream.getvalue().splitlines() == [
        "  unit          runs for 10s, about 20s left",
        "  unit          runs for 20s, about 10s left",
        "  unit          runs for 30s, it took 30s the last time",
        "  unit          runs for 40s, it took 30s the last time",
        "  smoke         runs for 12s",
    ]


@pytest.mark.parametrize(("environ", "redrawn"), [({"TERM": "xterm"}, True), ({"TERM": "xterm", "CI": "1"}, False)])
def test_on_a_terminal_one_line_with_a_bar_is_drawn_again_and_goes_away(environ, redrawn):
    stream = Tty()
    progress = GateProgress(Terminal(stream, color="never", environ=environ), {"unit": 22.0}, environ)
    progress.tick("unit", 11.0)
    assert ("[###########...........] runs for 11s, about 11s left" in stream.getvalue()) == redrawn
    progress.tick("unit", 12.0)
    progress.next_stage()
    assert stream.getvalue().count("\x1b[1F\x1b[J") == (2 if redrawn else 0)
