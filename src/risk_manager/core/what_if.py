"""What would the rules say of a trade that has not been made? The same `decide`, on a copy of the state."""

import msgspec

from risk_manager.domain.decide import accept, decide, take_mark
from risk_manager.domain.events import MarketTrade, PositionReport, TimeAdvanced
from risk_manager.domain.instruments import Instrument
from risk_manager.domain.money import dollars
from risk_manager.domain.policy import Policy
from risk_manager.domain.positions import Fills, apply_fill
from risk_manager.domain.state import AccountState
from risk_manager.sdk.enforcement import command_text

SCHEMA = "rm.what-if/1"


class RuleSays(msgspec.Struct, frozen=True):
    """One rule's answer to the hypothetical trade."""

    rule: str
    result: str
    reason: str
    arithmetic: str


class WhatIf(msgspec.Struct, frozen=True):
    """What would follow. allowed: would nothing be closed, cancelled or blocked?

    net: the position after the trade. price: what it was reckoned at, None where no price is known. blocked_by: the
    lockouts that forbid it whatever the rules say.
    """

    schema: str
    symbol: str
    contract: str
    size: int
    net: int
    price: str | None
    allowed: bool
    rules: tuple[RuleSays, ...]
    blocked_by: tuple[str, ...]
    commands: tuple[str, ...]


def what_if(
    state: AccountState, policy: Policy, *, instrument: Instrument, contract: str, size: int, price_ticks: int | None
) -> WhatIf:
    """Judge a trade of `size` contracts (negative sells) at `price_ticks`, or at the last mark.

    state: a copy; it is changed. Raises ValueError where neither a price nor a mark is known.
    """
    mark_ticks = price_ticks if price_ticks is not None else state.marks.get(contract)
    if mark_ticks is None:
        message = f"no price is known for {instrument.symbol}; give one with --price"
        raise ValueError(message)
    t_ns = state.now_ns
    position = state.positions.get(contract)
    before = Fills(position.net, position.cost_mils or 0) if position else Fills()
    after = apply_fill(before, 1 if size > 0 else -1, abs(size), mark_ticks, instrument.tick_value_mils)
    take_mark(state, MarketTrade(t_ns, contract, mark_ticks, abs(size)))
    said: dict[str, RuleSays] = {}
    commands: list[str] = []
    for event in (
        TimeAdvanced(t_ns),
        PositionReport(t_ns, contract, instrument.symbol, after.net, after.cost_mils),
        MarketTrade(t_ns, contract, mark_ticks, abs(size)),
    ):
        decision = decide(state, event, policy)
        accept(state, event, decision)
        for answer in decision.verdicts:
            verdict = answer.verdict
            if answer.rule not in said or verdict.result != "ok":
                said[answer.rule] = RuleSays(answer.rule, verdict.result, verdict.reason, verdict.arithmetic)
        commands += [command_text(intent.command) for intent in decision.intents]
    blocked = tuple(f"{key}: {lockout.reason}" for key, lockout in state.lockouts.items())
    return WhatIf(
        schema=SCHEMA,
        symbol=instrument.symbol,
        contract=contract,
        size=size,
        net=after.net,
        price=instrument.price_text(mark_ticks),
        allowed=not commands and all(each.result == "ok" for each in said.values()),
        rules=tuple(said.values()),
        blocked_by=blocked,
        commands=tuple(commands),
    )


def lines(found: WhatIf, state: AccountState) -> list[str]:
    """The answer as a person reads it."""
    verb = "buy" if found.size > 0 else "sell"
    today = state.today
    realized = dollars(today.pnl_mils - today.fees_mils) if today else "not known"
    text = [
        f"{verb} {abs(found.size)} {found.symbol} at {found.price}: position {found.net:+d}; realized today {realized}",
        *(f"  blocked by {each}" for each in found.blocked_by),
    ]
    for each in found.rules:
        why = f": {each.reason}: {each.arithmetic}" if each.result != "ok" else ""
        text.append(f"  {each.result:<8} {each.rule}{why}")
    text += [f"  would send: {each}" for each in found.commands]
    text.append("ALLOWED: no rule would act" if found.allowed else "NOT ALLOWED: see above")
    return text
