"""A session that repeats: time goes on, prices and traders come again, nobody ever hears that it is over."""

import msgspec
import pytest

from risk_manager.domain.events import MarketTrade, SessionEnded
from risk_manager.errors import SessionFileInvalid
from risk_manager.sdk.sessions.reader import Session
from risk_manager.sdk.sessions.script import Action, Script, load_script
from risk_manager.sdk.simulated.endless import EndlessTape
from risk_manager.sdk.simulated.tape import Tape

LAPS = 3


@pytest.fixture
def session(project):
    return Session(project / "data/sessions/soak.jsonl.gz")


@pytest.fixture
def script(project, session):
    return load_script(project / "data/sessions/soak.script.yaml", session.start_ns)


def played(tape, until_ns):
    items = []
    while not items or time_of(items[-1]) < until_ns:
        more = tape.read()
        assert more, "an endless tape ended"
        items += more
    return [item for item in items if time_of(item) < until_ns]


def time_of(item):
    return item.at_ns if isinstance(item, Action) else item.t_ns


def test_each_lap_is_the_first_one_later_by_the_length_of_the_session(session, script):
    length_ns = session.end_ns - session.start_ns
    items = played(EndlessTape(session, script), session.start_ns + LAPS * length_ns)
    trades = [item for item in items if isinstance(item, MarketTrade)]
    per_lap = len(trades) // LAPS
    assert per_lap > 100
    assert [msgspec.structs.replace(each, t_ns=each.t_ns + length_ns) for each in trades[:per_lap]] == trades[
        per_lap : 2 * per_lap
    ]


def test_time_never_runs_backward_and_the_session_never_ends(session, script):
    length_ns = session.end_ns - session.start_ns
    items = played(EndlessTape(session, script), session.start_ns + LAPS * length_ns)
    times = [time_of(item) for item in items]
    assert times == sorted(times)
    assert not any(isinstance(item, SessionEnded) for item in items)


def test_the_trader_acts_in_every_lap(session, script):
    length_ns = session.end_ns - session.start_ns
    items = played(EndlessTape(session, script), session.start_ns + LAPS * length_ns)
    actions = [item for item in items if isinstance(item, Action)]
    assert [action.verb for action in actions] == ["buy", "close"] * LAPS


def test_the_first_lap_is_what_the_session_is_when_it_is_played_once(session, script):
    once, endless = Tape(session, script), EndlessTape(session, script)
    whole = []
    while items := once.read():
        whole += items
    assert isinstance(whole.pop(), SessionEnded)
    again = played(endless, session.end_ns)
    assert again == whole[: len(again)]
    assert len(again) > 1000


def test_a_script_that_names_orders_cannot_be_repeated(session):
    script = Script(actions=(Action("buy", at_ns=session.start_ns, contract="ES", size=1, name="mine", line=7),))
    with pytest.raises(SessionFileInvalid, match="script line 7: the name mine would be used again"):
        EndlessTape(session, script)
