"""The picture while it runs, on a terminal that can, and the lines anywhere else."""

import io
import re

from runtime.output.terminal import Terminal
from runtime.soak.live import LiveView, sparkline
from runtime.soak.plan import Kind, SoakPlan, Threshold
from runtime.soak.recording import Recording

PLAN = SoakPlan(thresholds=(Threshold("rss_mb", Kind.SLOPE, 60.0), Threshold("lag_us", Kind.AT_MOST, 100.0)))


class Screen(io.TextIOWrapper):
    def __init__(self, *, tty, encoding="utf-8"):
        super().__init__(io.BytesIO(), encoding=encoding)
        self._tty = tty

    def isatty(self):
        return self._tty

    def text(self):
        self.flush()
        return self.buffer.getvalue().decode(self.encoding)


def drawn(screen, *, seconds=20, lag=lambda t: 10.0, environ=None):
    view = LiveView(Terminal(screen, color="never"), PLAN, {"lag_us": "us"}, environ or {})
    made = Recording(seconds, seconds / 4)
    for step in range(seconds * 2 + 1):
        made.now_s = step / 2
        made.add("rss_mb", made.now_s, 50.0)
        made.add("lag_us", made.now_s, lag(made.now_s))
        view.draw(made)
    view.close()
    return screen.text()


def test_in_a_pipe_there_is_one_line_every_five_seconds_and_no_escape():
    lines = drawn(Screen(tty=False)).splitlines()
    assert [re.search(r"t=(\d+)", line)[1] for line in lines] == ["5", "10", "15", "20"]
    assert all("rss_mb=50" in line and "lag_us=10" in line for line in lines)
    assert lines[0].endswith("verdict=warm-up")
    assert lines[-1].endswith("verdict=ok")
    assert "\x1b" not in "".join(lines)


def test_a_failure_is_told_as_soon_as_it_is_seen():
    lines = drawn(Screen(tty=False), lag=lambda t: 500.0 if t > 12 else 1.0).splitlines()
    assert lines[1].endswith("verdict=ok")
    assert lines[2].endswith("verdict=FAIL:lag_us")


def test_on_a_terminal_the_picture_is_redrawn_in_place_and_taken_away_at_the_end():
    text = drawn(Screen(tty=True))
    frames = text.split("\x1b[")
    assert len(frames) > 10
    lines = 4  # the bar, events, two thresholds
    assert text.count(f"\x1b[{lines}F") == text.count("\x1b[J")
    assert text.endswith(f"\x1b[{lines}F\x1b[J")
    assert "[######################] 20s of 20s" in text


def test_a_dumb_terminal_and_a_ci_get_lines():
    for environ in ({"TERM": "dumb"}, {"CI": "true"}):
        assert "\x1b" not in drawn(Screen(tty=True), environ=environ)


def test_an_encoding_without_blocks_gets_ascii():
    text = drawn(Screen(tty=True, encoding="ascii"), lag=lambda t: t)
    assert re.search(r"lag_us +[0-9]+ [_.\-=+*#@]{12}", text)


def test_a_sparkline_shows_each_peak_and_its_end():
    points = [(float(t), 100.0 if t == 37 else 1.0) for t in range(100)]
    line = sparkline(points)
    assert len(line) == 12
    assert line.count("█") == 1
    assert line.index("█") == 37 * 12 // 99
    assert sparkline([]) == ""


def test_what_hardly_moves_looks_flat():
    assert set(sparkline([(float(t), 46.5 + t / 1000) for t in range(100)])) == {"▁"}
