"""A damaged time on the wire: refused, and no later message is lost for it."""

import pytest
from tests.integration.exchange.kit import INSTRUMENTS

from risk_manager.domain.events import AccountReport, Event, InputRefused, PositionReport, Quote, TimeAdvanced
from risk_manager.sdk.normalise import Unbelievable
from risk_manager.sdk.simulated import wire
from risk_manager.sdk.simulated.from_wire import BEHIND_IN_A_ROW, MAX_LEAD_NS, WireReader

ES = "CON.F.US.EP.Z25"
NOW_NS = 1_763_562_600_000_000_000
SECOND_NS = 1_000_000_000
FAR_NS = 4_102_444_000 * SECOND_NS


@pytest.fixture
def reader() -> WireReader:
    made = WireReader(INSTRUMENTS)
    made.now_ns = NOW_NS
    return made


def quote(t_ns: int, price: str = "6660.25") -> wire.QuoteEvent:
    return wire.QuoteEvent(t=t_ns, c=ES, b=price, a=price)


def flat(t_ns: int) -> wire.PositionEvent:
    return wire.PositionEvent(t=t_ns, c=ES, size=0)


def why(event: Event) -> str:
    assert isinstance(event, InputRefused)
    return event.why


def test_a_quote_that_is_refused_for_its_price_does_not_move_the_time(reader: WireReader):
    assert "NaN" in why(reader.event(quote(NOW_NS + 60 * SECOND_NS, "NaN")))
    assert isinstance(reader.event(quote(NOW_NS + SECOND_NS)), Quote)


def test_what_is_told_of_the_account_does_not_move_the_time_of_the_market(reader: WireReader):
    told = reader.event(wire.AccountEvent(t=NOW_NS + 60 * SECOND_NS, can_trade=True, balance="1.00"))
    assert isinstance(told, AccountReport)
    assert isinstance(reader.event(wire.TimeEvent(t=NOW_NS + SECOND_NS)), TimeAdvanced)


def test_a_position_of_a_far_time_is_refused_so_that_the_next_one_is_not_older(reader: WireReader):
    assert "ahead of the market's" in why(reader.event(flat(FAR_NS)))
    assert isinstance(reader.event(flat(NOW_NS + MAX_LEAD_NS)), PositionReport)


def test_an_answer_of_a_far_time_says_nothing(reader: WireReader):
    order = wire.OrderWire(
        id=1, contract=ES, side="buy", size=1, type="market", status="working", filled=0, t=FAR_NS, version=1
    )
    fill = wire.FillWire(id=1, order_id=1, contract=ES, side="buy", size=1, price="6660.25", fees="0", t=FAR_NS)
    account = wire.AccountEvent(t=FAR_NS, can_trade=True, balance="1.00")
    for read in (
        lambda: reader.position(flat(FAR_NS)),
        lambda: reader.order(order),
        lambda: reader.trade(fill),
        lambda: reader.account(account),
    ):
        with pytest.raises(Unbelievable, match="ahead of the market's"):
            read()


def test_a_market_time_that_was_days_ahead_is_taken_back_by_the_market_itself(reader: WireReader):
    assert isinstance(reader.event(quote(NOW_NS + 6 * 86_400 * SECOND_NS)), Quote)
    heard = [reader.event(quote(NOW_NS + count * SECOND_NS)) for count in range(BEHIND_IN_A_ROW + 1)]
    assert all("runs backward" in why(each) for each in heard[: BEHIND_IN_A_ROW - 1])
    assert all(isinstance(each, Quote) for each in heard[BEHIND_IN_A_ROW - 1 :])


def test_times_behind_that_do_not_agree_with_each_other_never_move_the_time(reader: WireReader):
    for count in range(3 * BEHIND_IN_A_ROW):
        assert "runs backward" in why(reader.event(quote(NOW_NS - (count % 2 + 1) * SECOND_NS)))
    assert reader.now_ns == NOW_NS
