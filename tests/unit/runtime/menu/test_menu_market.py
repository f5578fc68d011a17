"""The market's line: open and closed in the words of the trade, and UNKNOWN for everything else."""

import sys
from datetime import UTC, datetime, timedelta

import pytest

from runtime.menu.market import Market, MarketAsker, words

NOW = datetime(2026, 11, 20, 19, 19, tzinfo=UTC)  # a Friday, 13:19 in Chicago


def said(state, hours=None, zone="America/Chicago", why=""):
    until = None if hours is None else NOW + timedelta(hours=hours)
    return words(Market(state, until, zone, why), NOW)[0]


@pytest.mark.parametrize(
    ("market", "expected"),
    [
        (("open", 2 + 41 / 60), "OPEN, closes 16:00 CT (2h41m)"),
        (("closed", 51 + 41 / 60), "CLOSED, opens Sun 17:00 CT (2d3h)"),
        (("open", 2, "Asia/Tokyo"), "OPEN, closes 06:19 JST (2h00m)"),
        (("open", 0), "OPEN, closes 13:19 CT (0h00m)"),
        (("open",), "OPEN, closes at an unknown time"),
        (("open", -1), "UNKNOWN: what is known of it has run out"),
        (("unknown", 1, "UTC", "no holidays are listed"), "UNKNOWN: no holidays are listed"),
        (("unknown",), "UNKNOWN: its probe cannot tell"),
    ],
)
def test_the_market_is_told_in_the_words_of_the_trade(market, expected):
    assert said(*market) == expected


@pytest.mark.parametrize("zone", ["Nowhere/Land", "../../etc/passwd", "", "/etc"])
def test_a_zone_that_is_none_makes_it_unknown(zone):
    assert said("open", 1, zone).startswith("UNKNOWN: its probe names the zone")


class Probe:
    """A probe that prints what it is told to and counts how often it was asked."""

    def __init__(self, directory):
        self.directory = directory
        self.program = directory / "probe.py"
        self.count = directory / "count"
        self.cache = directory / "reports" / "market.json"

    def prints(self, text, code=0, more=""):
        self.program.write_text(
            f"import sys\nopen({str(self.count)!r}, 'a').write('x')\n{more}\n"
            f"sys.stdout.write({text!r})\nsys.stderr.write('went wrong')\nsys.exit({code})\n",
            encoding="utf-8",
        )
        return self

    def asker(self, key="key", limit_s=30.0, program=None):
        argv = [sys.executable, "-I", str(program or self.program)]
        return MarketAsker(argv, {}, self.directory, self.cache, key=key, limit_s=limit_s)

    def ask(self, **how):
        asker = self.asker(**how)
        asker.start()
        try:
            return asker.words(30.0)[0]
        finally:
            asker.stop()

    @property
    def asked(self):
        return len(self.count.read_text(encoding="utf-8")) if self.count.exists() else 0


@pytest.fixture
def probe(tmp_path):
    return Probe(tmp_path)


def open_until(moment="2999-01-01T22:00:00Z"):
    return f'{{"state": "open", "until": "{moment}", "zone": "UTC", "more": 1}}'


def test_an_answer_is_kept_and_not_asked_for_again_while_it_is_fresh(probe):
    probe.prints(open_until())
    first, second = probe.ask(), probe.ask()
    assert first.startswith("OPEN, closes ")
    assert second == first
    assert probe.asked == 1
    assert probe.cache.stat().st_mode & 0o777 == 0o600


def test_an_answer_of_another_configuration_counts_for_nothing(probe):
    probe.prints(open_until()).ask()
    probe.prints('{"state": "closed"}')
    assert probe.ask(key="another") == "CLOSED, opens at an unknown time"


def test_an_answer_whose_end_has_passed_counts_for_nothing(probe):
    probe.prints(open_until("2020-01-01T00:00:00Z")).ask()
    assert probe.prints('{"state": "closed"}').ask().startswith("CLOSED")


@pytest.mark.parametrize(
    ("text", "code", "expected"),
    [
        ("{}", 3, "UNKNOWN: its probe exited with 3: went wrong"),
        ("nothing of the kind", 0, "UNKNOWN: its probe printed something else"),
        ('{"state": "probably"}', 0, "UNKNOWN: its probe printed something else"),
        ('{"state": "open", "until": "2999-01-01T22:00:00"}', 0, "UNKNOWN: its probe gave a time without a zone"),
        ('{"state": "unknown", "why": "no calendar"}', 0, "UNKNOWN: no calendar"),
    ],
)
def test_whatever_the_probe_does_else_is_unknown_and_never_open(probe, text, code, expected):
    assert probe.prints(text, code).ask().startswith(expected)


def test_a_probe_that_does_not_exist_is_unknown(probe):
    asker = MarketAsker([str(probe.directory / "none")], {}, probe.directory, probe.cache, key="", limit_s=1.0)
    asker.start()
    assert asker.words(1.0)[0].startswith("UNKNOWN: cannot start")


def test_an_answer_that_came_while_nobody_looked_is_kept_for_the_next_menu(probe):
    asker = probe.prints(open_until()).asker()
    asker.start()
    asker._asked._child.wait(30.0)
    asker.stop()
    later = probe.asker()
    assert later.words(0.0)[0].startswith("OPEN")
    assert probe.asked == 1


def test_nobody_waits_for_a_slow_probe_and_past_its_limit_it_is_ended(probe):
    probe.prints(open_until(), more="import threading; threading.Event().wait(60)")
    asker = probe.asker(limit_s=0.0)
    asker.start()
    assert asker.words(0.0)[0] == "UNKNOWN: its probe gave no answer within 0 s"
    asker.stop()
    patient = probe.asker()
    patient.start()
    assert patient.words(0.0)[0] == "asking... (Enter shows it)"
    patient.stop()


def test_an_answer_that_cannot_be_kept_is_shown_all_the_same(probe):
    (probe.directory / "reports").write_text("a file where the directory should be", encoding="utf-8")
    assert probe.prints(open_until()).ask().startswith("OPEN")
