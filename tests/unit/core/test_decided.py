"""What decisions come to, as lines that two versions can be compared by."""

from tests.unit.account import DAY, ES_CONTRACT, MORNING_NS, SECOND_NS, Account, trade

from risk_manager.core.decided import Deciphering
from risk_manager.domain.events import Event, IntentProgress, PositionReport, TimeAdvanced, TradeReport
from risk_manager.rules.daily_realized_loss import Params as Loss
from risk_manager.rules.max_contracts_per_instrument import Params as Size
from risk_manager.state.codec import DECISION, encode, record_of
from risk_manager.state.store import JournalRow
from service_contract.decided import Decided


class Journal:
    """An account whose decisions are deciphered as they are made."""

    def __init__(self) -> None:
        self.account = Account(
            max_contracts_per_instrument=Size(default_limit=5, limits={"ES": 3}),
            daily_realized_loss=Loss(limit_mils=-900_000),
        )
        self.deciphering = Deciphering()
        self.seq = 0

    def take(self, event: Event) -> list[Decided]:
        record = record_of(event, self.account.take(event))
        self.seq += 1
        row = JournalRow(self.seq, DECISION, encode(record), 10 * self.seq, 20 * self.seq, b"")
        return list(self.deciphering.read(row, record))

    def end(self, status: str) -> list[Decided]:
        (intent,) = self.account.state.intents.values()
        return self.take(IntentProgress(self.account.state.now_ns, intent.client_order_id, status))


def over_the_limit(net: int = 5) -> PositionReport:
    return PositionReport(MORNING_NS, ES_CONTRACT, "ES", net, 0)


def test_a_breach_is_its_alert_and_the_order_it_leads_to_with_event_and_arithmetic():
    alert, order = Journal().take(over_the_limit())
    assert (alert.key, alert.phase, alert.rule) == (
        "alert RULE-max_contracts_per_instrument", "point", "max_contracts_per_instrument",
    )  # fmt: skip
    assert (order.key, order.phase) == (f"reduce position:{ES_CONTRACT} for max_contracts_per_instrument", "begin")
    assert order.target == f"position:{ES_CONTRACT}"
    assert not order.again
    for line in (alert, order):
        assert "long 5 > limit 3" in line.words
        assert (line.event, line.t_ns) == ("PositionReport ES long 5", MORNING_NS)
        assert (line.seq, line.wall_ns, line.mono_ns) == (1, 10, 20)


def test_an_order_ends_under_the_same_id_once_it_is_decided_how():
    journal = Journal()
    _, order = journal.take(over_the_limit())
    assert journal.end("sent") == []
    assert journal.end("acknowledged") == []
    assert journal.take(over_the_limit(3)) == []
    (end,) = journal.end("confirmed")
    assert (end.phase, end.id, end.key, end.words) == ("end", order.id, order.key, "confirmed")


def test_what_is_wanted_again_after_it_came_to_nothing_says_so():
    journal = Journal()
    journal.take(over_the_limit())
    journal.end("failed")
    lines = [line for second in range(1, 30) for line in journal.take(TimeAdvanced(MORNING_NS + second * SECOND_NS))]
    assert [(line.phase, line.again) for line in lines] == [("begin", True)]
    journal.take(over_the_limit(0))
    journal.end("confirmed")
    *_, order = journal.take(over_the_limit())
    assert not order.again


def test_a_lockout_begins_and_ends_under_names_of_their_own():
    journal = Journal()
    lines = journal.take(TradeReport(MORNING_NS, trade(1, -900_000)))
    (begins,) = [line for line in lines if "lockout" in line.key]
    assert (begins.key, begins.phase) == ("hard lockout by daily_realized_loss begins", "point")
    assert "-900.00 <= limit -900.00" in begins.words
    ends = [line.key for line in journal.take(TimeAdvanced(DAY.end_ns)) if "lockout" in line.key]
    assert ends == ["hard lockout by daily_realized_loss ends"]


def test_nothing_in_a_line_that_compares_depends_on_when_or_how_often():
    """The same position an hour later, as the second attempt: the same decision."""
    first, second = Journal(), Journal()
    second.take(over_the_limit())
    second.take(over_the_limit(0))
    second.end("confirmed")
    second.account.at(1800)
    late = PositionReport(MORNING_NS + 1800 * SECOND_NS, ES_CONTRACT, "ES", 5, 0)
    assert [line.key for line in first.take(over_the_limit())] == [line.key for line in second.take(late)]


def test_trouble_with_sending_is_no_decision():
    """A run that sends nothing never has it."""
    journal = Journal()
    journal.take(over_the_limit())
    lines = journal.end("failed")
    for attempt in range(1, 4):
        lines += journal.take(TimeAdvanced(MORNING_NS + attempt * 60 * SECOND_NS))
        lines += journal.end("failed")
    alerts = [alert.id for decision in journal.account.decisions for alert in decision.alerts]
    assert "ENF-010" in alerts
    assert not [line for line in lines if "ENF" in line.key]
