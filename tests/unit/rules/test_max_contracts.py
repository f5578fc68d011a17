"""Rule 001: at most so many contracts in the whole account."""

import pytest
from tests.unit.account import ES_CONTRACT, MNQ_CONTRACT, MORNING_NS, SECOND_NS, Account

from risk_manager.domain.commands import ClosePosition, ReducePosition
from risk_manager.domain.events import PositionReport, TimeAdvanced
from risk_manager.domain.policy import BoundRule
from risk_manager.domain.verdicts import CloseUnlessProtected, breach
from risk_manager.rules.max_contracts import Params

XYZ_CONTRACT = "CON.F.US.XYZ.Z25"


def account(limit: int = 5, **params) -> Account:
    return Account(max_contracts=Params(limit=limit, **params))


def es(it: Account, net: int, second: int = 0):
    return it.take(PositionReport(MORNING_NS + second * SECOND_NS, ES_CONTRACT, "ES", net, 0))


def mnq(it: Account, net: int, second: int = 0):
    return it.take(PositionReport(MORNING_NS + second * SECOND_NS, MNQ_CONTRACT, "MNQ", net, 0))


def commands(decision) -> list:
    return [intent.command for intent in decision.intents]


@pytest.mark.parametrize("side", [1, -1])
def test_at_the_limit_is_allowed_and_one_more_is_not(side: int):
    it = account()
    es(it, 3 * side)
    assert commands(mnq(it, 2 * side, 1)) == []
    assert commands(mnq(it, 3 * side, 2)) == [ReducePosition(MNQ_CONTRACT, 1, 3 * side)]


def test_net_lets_long_and_short_offset_each_other_and_gross_adds_them():
    net, gross = account(), account(count_type="gross")
    for it in (net, gross):
        es(it, 5)
    assert commands(mnq(net, -5, 1)) == []
    assert commands(mnq(gross, -5, 1)) == [ClosePosition(MNQ_CONTRACT, -5)]


def test_the_newest_exposure_goes_first_and_the_next_newest_only_for_what_is_left():
    """Limit 5: ES 3 (oldest), MNQ 2, then XYZ 4 make 9; XYZ 4 goes whole, which leaves 5."""
    it = account()
    es(it, 3)
    mnq(it, 2, 1)
    decision = it.take(PositionReport(MORNING_NS + 2 * SECOND_NS, XYZ_CONTRACT, "XYZ", 4, None))
    assert commands(decision) == [ClosePosition(XYZ_CONTRACT, 4)]


def test_an_old_position_that_grew_last_is_the_newest_exposure():
    it = account()
    es(it, 1)
    mnq(it, 1, 1)
    assert commands(es(it, 7, 2)) == [ReducePosition(ES_CONTRACT, 3, 7)]


def test_buying_back_a_hedge_reduces_the_side_that_is_too_large():
    """Limit 3 net: long 5 ES against short 3 MNQ are 2; with MNQ back at -1 they are 4, so 1 ES goes, never MNQ."""
    it = account(limit=3)
    mnq(it, -3)
    es(it, 5, 1)
    assert commands(mnq(it, -1, 2)) == [ReducePosition(ES_CONTRACT, 1, 5)]


def test_on_breach_close_closes_the_position_that_breached_and_keeps_the_other():
    it = account(on_breach="close")
    es(it, 3)
    assert commands(mnq(it, 3, 1)) == [ClosePosition(MNQ_CONTRACT, 3)]


def test_hearing_an_old_position_again_while_a_reduction_is_under_way_asks_for_nothing_more():
    it = account()
    es(it, 3)
    under_way = mnq(it, 3, 1)
    assert commands(es(it, 3, 2)) == []
    assert list(it.state.demands) == [MNQ_CONTRACT]
    mnq(it, 2, 3)
    it.finish(under_way)
    assert not it.state.demands


def test_what_grows_while_a_reduction_is_under_way_is_reduced_by_its_own_part_only():
    """Limit 5: ES 3 + MNQ 3 asks MNQ down to 2. ES grows to 4 meanwhile: 4 + 2 is 1 over, so ES goes to 3."""
    it = account()
    es(it, 3)
    mnq(it, 3, 1)
    assert commands(es(it, 4, 2)) == [ReducePosition(ES_CONTRACT, 1, 4)]


def test_a_close_that_a_stop_may_yet_prevent_does_not_count_as_gone():
    """MNQ 3 is closed unless a stop covers it, so ES 3 and MNQ 3 are still one too many."""
    unless = BoundRule(
        "unless", frozenset({TimeAdvanced}), lambda _s, _e: breach("no stop", "", CloseUnlessProtected(MNQ_CONTRACT))
    )
    it = Account(max_contracts=Params(limit=5), extra_rules=[unless])
    mnq(it, 3)
    it.at(1)
    assert commands(es(it, 3, 2)) == [ReducePosition(ES_CONTRACT, 1, 3)]


def test_a_position_in_an_unknown_instrument_counts_like_any_other():
    it = account(limit=2)
    decision = it.take(PositionReport(MORNING_NS, XYZ_CONTRACT, "XYZ", 3, None))
    assert commands(decision) == [ReducePosition(XYZ_CONTRACT, 1, 3)]


def test_the_arithmetic_names_every_position_that_was_counted():
    it = account(count_type="gross")
    es(it, 3)
    assert "ES +3 MNQ -3: gross 6 > limit 5" in mnq(it, -3, 1).alerts[0].text
