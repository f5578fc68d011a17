"""What the service says of itself: that nothing guards, that the connection is lost, that a channel takes no pages."""

from collections.abc import Sequence

from risk_manager.core.alerts.conditions import once_key
from risk_manager.core.alerts.page import Condition

SERVICE = "service"
LINK = "link"
CONFIG = "config"
_SECOND_NS = 1_000_000_000
_NOTHING_BLOCKED = "nothing on the account"


def store_failed(why: str, error: str, since_ns: int) -> Condition:
    """The store cannot be written. why: what follows from that."""
    return Condition(
        key=SERVICE,
        id="STATE-004",
        severity="critical",
        what="the store cannot be written; the service is about to end",
        blocked="the whole account: new exposure; closing, reducing and cancelling are still sent",
        why=f"{why}: {error}",
        since_ns=since_ns,
        ends="the next start on a disk that can be written; this life ends with exit code 1 once the account is flat",
    )


def service_failed(error: str, hint: str, since_ns: int) -> Condition:
    """The boot was refused, or a part of the service died."""
    return Condition(
        key=SERVICE,
        id="SERVICE-001",
        severity="critical",
        what="the risk manager has ended: nothing guards the account",
        blocked="nothing: no rule is enforced while it does not run; what works at the venue goes on working",
        why=error if not hint else f"{error}; what to do: {hint}",
        since_ns=since_ns,
        ends="the next start of the risk manager",
    )


def connection_lost(for_ns: int, limit_ns: int, now_ns: int) -> Condition:
    """The connection has been lost for longer than it may be. now_ns: by the machine's clock."""
    limit_s, since_ns = limit_ns // _SECOND_NS, now_ns - for_ns
    return Condition(
        key="connection",
        id="LINK-001",
        severity="critical",
        what="the connection to the venue is lost",
        blocked="everything that goes to the venue: no breach is seen and none is enforced until it is back",
        why="the venue has not been reached, and is tried again for ever",
        arithmetic=f"lost for longer than connection_lost_after {limit_s} s",
        since_ns=since_ns - since_ns % _SECOND_NS,
        ends="the venue, when it can be reached and has said how the account stands",
        over="the venue was reached again, and has said how the account stands",
    )


def held_back(looser: Sequence[str]) -> Condition:
    """A looser configuration waits for the reset."""
    return Condition(
        key=CONFIG,
        id="CFG-010",
        severity="warning",
        what="a looser configuration is held back until the daily reset",
        blocked="the change of the configuration; the limits that were applied stand",
        why="a hard limit is not loosened within the trading day",
        arithmetic="; ".join(looser),
        ends="the daily reset, or files that are as strict as before",
        over="the files were applied, or are as strict as before",
    )


def channel_trouble(name: str, alert_id: str, why: str) -> Condition:
    """A channel does not take pages. why: without secrets."""
    return Condition(
        key=f"channel:{name}",
        id=alert_id,
        severity="critical",
        what=f"channel {name} does not take pages",
        blocked=f"{_NOTHING_BLOCKED}; pages through {name} do not arrive",
        why=why,
        ends="a working channel: risk-manager page --test",
    )


def lost_book(why: str) -> Condition:
    """The file of what was paged could not be believed."""
    return Condition(
        key="once:PAGE-003",
        id="PAGE-003",
        severity="warning",
        what="what was paged before is not known; what still holds is paged again",
        blocked=_NOTHING_BLOCKED,
        why=why,
        ends="itself; the damaged file was put aside",
    )


def recovered_otherwise(note: str, since_ns: int) -> Condition:
    """Something was wrong with the stored state, and could be dealt with."""
    return Condition(
        key=once_key("STATE-002", note),
        id="STATE-002",
        severity="critical",
        what="the state was restored, and something was wrong with what was stored",
        blocked=_NOTHING_BLOCKED,
        why=note,
        since_ns=since_ns or None,
        ends="itself; look at the disk, and take a copy of the state directory",
    )


def unsettled(why: str, since_ns: int) -> Condition:
    """The state was given up and taken from the venue, or the day's limits are not known: a person has to look."""
    return Condition(
        key=once_key("STATE-003", why),
        id="STATE-003",
        severity="critical",
        what="what was restored may not be everything, so the account is frozen until an operator has looked",
        blocked="the whole account: new exposure; reducing and closing stay possible",
        why=why,
        since_ns=since_ns,
        ends="an operator: risk-manager unfreeze operator --reason ...",
    )


def turned_away(name: str, missed: int) -> Condition:
    """A channel that is back did not get everything."""
    return Condition(
        key=f"once:PAGE-004:{name}",
        id="PAGE-004",
        severity="critical",
        what=f"{missed} pages were not kept for channel {name} while it took none",
        blocked=_NOTHING_BLOCKED,
        why="too many waited; the first ones were kept, because they tell how it began",
        arithmetic=f"{missed} turned away",
        ends="itself; risk-manager status shows what holds now",
    )


def test_alert(now_ns: int) -> Condition:
    """What `risk-manager page --test` sends."""
    return Condition(
        key="test",
        id="TEST-001",
        severity="critical",
        what="this is a test of the alert channels",
        blocked="nothing: this is a test",
        why="somebody asked for it with risk-manager page --test",
        arithmetic="1 = 1",
        since_ns=now_ns,
        ends="the end of this test, which follows at once",
    )


def relayed(alert_id: str, text: str, now_ns: int) -> Condition:
    """What a supervisor says of the service."""
    return Condition(
        key=f"watch:{alert_id}",
        id=alert_id,
        severity="critical",
        what=text,
        blocked="nothing by this alert; while the service does not run, nothing is guarded",
        why=text,
        since_ns=now_ns,
        ends="a service that runs again: risk-runtime explain " + alert_id,
    )
