"""The daemon, except that a second rule adds each trade to the day once more. Its invariants must see it."""

from msgspec.structs import replace

from risk_manager.__main__ import main
from risk_manager.domain import observe
from risk_manager.domain.events import TradeReport
from risk_manager.domain.state import TODAY

_once = observe._OBSERVERS[TradeReport]


def _twice(draft, event, policy):
    before = draft.state.today
    _once(draft, event, policy)
    if draft.state.today != before:
        today = draft.state.today
        moved = today.fees_mils - before.fees_mils
        draft.set("days", TODAY, replace(today, fees_mils=today.fees_mils + moved, trades=today.trades + 1))


observe._OBSERVERS[TradeReport] = _twice

if __name__ == "__main__":
    main()
