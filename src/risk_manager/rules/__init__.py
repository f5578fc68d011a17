"""The rules, in order of precedence: where several speak at once, the first names the lockout.

A rule is one file with a frozen `Params`, a pure `check(state, event, params)` and an `example()`. A rule never logs,
waits, reads a clock or sends anything. To add one: a file here, a line in `RULES`, a test, a row in
`docs/reference/rules.md`; `tests/test_tidy.py` names whichever is missing.
"""

from risk_manager.rules import (
    auth_loss_guard,
    cooldown_after_loss,
    daily_realized_loss,
    daily_realized_profit,
    daily_unrealized_loss,
    max_contracts,
    max_contracts_per_instrument,
    max_unrealized_profit,
    no_stop_loss_grace,
    session_block_outside,
    symbol_blocks,
    trade_frequency_limit,
    trade_management,
)
from risk_manager.rules.definition import RuleDefinition

RULES: tuple[RuleDefinition, ...] = (
    daily_realized_loss.RULE,
    daily_realized_profit.RULE,
    session_block_outside.RULE,
    auth_loss_guard.RULE,
    cooldown_after_loss.RULE,
    trade_frequency_limit.RULE,
    symbol_blocks.RULE,
    max_contracts_per_instrument.RULE,
    max_contracts.RULE,
    daily_unrealized_loss.RULE,
    max_unrealized_profit.RULE,
    no_stop_loss_grace.RULE,
    trade_management.RULE,
)

BY_KEY: dict[str, RuleDefinition] = {rule.key: rule for rule in RULES}
