"""The block `reconciliation` of `risk_config.yaml`: how far the venue's answer may lie from what we knew."""

from typing import TYPE_CHECKING, Any

from risk_manager.config import values
from risk_manager.config.schema import Key, block
from risk_manager.domain.tolerance import Tolerance

if TYPE_CHECKING:
    from pydantic import BaseModel

_SECOND_NS = 1_000_000_000
_LONGEST_NS = 60 * _SECOND_NS


def tolerance_block() -> type["BaseModel"]:
    """The schema of the block."""
    of = Tolerance()
    return block(
        "reconciliation",
        {
            "freeze_above_contracts": Key(
                values.count(0),
                of.contracts,
                "a position that our fills do not explain: adopted up to so many contracts",
            ),
            "freeze_above_money": Key(
                values.money("positive"), of.mils, "a fill that the history tells otherwise: adopted up to so much"
            ),
            "protection_window": Key(
                values.duration(_SECOND_NS, _LONGEST_NS),
                of.protection_ns,
                "so long after its last word an order may be missing from the venue's answer",
            ),
        },
    )


def tolerance_of(given: Any) -> Tolerance:  # noqa: ANN401 -- a model made at run time, or None
    """The tolerance as it is configured; the defaults where there is no block."""
    if given is None:
        return Tolerance()
    return Tolerance(
        contracts=given.freeze_above_contracts, mils=given.freeze_above_money, protection_ns=given.protection_window
    )
