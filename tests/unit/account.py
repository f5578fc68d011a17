"""A small account for tests of the pure core: events in, decisions out, and what the account must look like."""

from collections.abc import Sequence
from typing import Any

from risk_manager.core.binding import bind_rule
from risk_manager.domain.asserting import Asserting
from risk_manager.domain.breaker import Breaker, watch
from risk_manager.domain.decide import accept, decide, take_mark
from risk_manager.domain.decision import Decision
from risk_manager.domain.events import Event, IntentProgress, MarketTrade, Quote, TimeAdvanced
from risk_manager.domain.instruments import Instrument, Instruments
from risk_manager.domain.orders import Order, Trade
from risk_manager.domain.policy import Policy
from risk_manager.domain.sessions import TradingDay, TradingDays
from risk_manager.domain.state import AccountState
from risk_manager.rules import BY_KEY
from risk_manager.rules.example import DAY, ES, ES_CONTRACT, MORNING_NS

MNQ = Instrument("MNQ", "MNQ", "Micro E-mini Nasdaq-100", 250_000_000, 500, 0, 400_000, "equity")
MNQ_CONTRACT = "CON.F.US.MNQ.Z25"
SECOND_NS = 1_000_000_000
DAY_NS = 86_400 * SECOND_NS
NEXT_DAY = TradingDay("2025-11-19", DAY.end_ns, DAY.end_ns + DAY_NS)

__all__ = ["DAY", "ES", "ES_CONTRACT", "MNQ", "MNQ_CONTRACT", "MORNING_NS", "NEXT_DAY", "SECOND_NS", "Account"]


class Account:
    """Takes events as the engine does, without a store: each decision is taken into memory, invariants asserted."""

    def __init__(
        self,
        on_rule_error: Any = "block",
        extra_rules: Sequence[Any] = (),
        breaker: Breaker | None = None,
        **params: Any,
    ) -> None:
        self.state = AccountState()
        self.policy = Policy(
            account="SIM",
            rules=[*(bind_rule(BY_KEY[key], value) for key, value in params.items()), *extra_rules],
            instruments=Instruments([ES, MNQ]),
            trading_days=TradingDays([DAY, NEXT_DAY]),
            on_rule_error=on_rule_error,
            breaker=breaker,
        )
        watch(self.state, breaker, self.policy.instruments.symbol_of)
        self._asserted, self.asserting = self.state, Asserting(self.state, enforces=False, policy=self.policy)
        self.decisions: list[Decision] = []
        self.take(TimeAdvanced(MORNING_NS))

    def take(self, event: Event) -> Decision:
        """One event."""
        if isinstance(event, MarketTrade | Quote):
            take_mark(self.state, event)
        decision = decide(self.state, event, self.policy)
        accept(self.state, event, decision)
        if self._asserted is not self.state:  # a test gave the account another state
            self._asserted, self.asserting = self.state, Asserting(self.state, enforces=False, policy=self.policy)
        broken = self.asserting.check(event, decision)
        assert not broken, f"{event} broke {broken}"
        self.decisions.append(decision)
        return decision

    def at(self, seconds: int) -> Decision:
        """The venue's clock reaches so many seconds after the open."""
        return self.take(TimeAdvanced(MORNING_NS + seconds * SECOND_NS))

    def finish(self, decision: Decision, status: Any = "confirmed") -> None:
        """The venue's answer to every intent of a decision."""
        for intent in decision.intents:
            self.take(IntentProgress(self.state.now_ns, intent.client_order_id, status))


def trade(
    trade_id: int, pnl_mils: int | None = None, *, fees_mils: int = 0, t_ns: int = MORNING_NS, **more: Any
) -> Trade:
    """One ES sold, unless said otherwise."""
    settings: dict[str, Any] = {
        "order_id": trade_id,
        "contract": ES_CONTRACT,
        "symbol": "ES",
        "side": -1,
        "size": 1,
        "price_ticks": 26_500,
    } | more
    return Trade(trade_id=trade_id, pnl_mils=pnl_mils, fees_mils=fees_mils, t_ns=t_ns, **settings)


def working(order_id: int, *, side: Any = 1, size: int = 1, version: int = 1, **more: Any) -> Order:
    """A working limit order in ES."""
    settings: dict[str, Any] = {
        "contract": ES_CONTRACT,
        "symbol": "ES",
        "type": "limit",
        "status": "working",
        "filled": 0,
        "t_ns": MORNING_NS,
        "limit_ticks": 26_000,
    } | more
    return Order(order_id=order_id, side=side, size=size, version=version, **settings)
