"""How far the venue's answer may lie from what we knew before somebody has to look."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerance:
    """What reconciliation adopts by itself. Whatever differs by more freezes and pages.

    contracts: a position that our counted fills do not explain. mils: the result of one fill, P&L less fees, that the
    venue's history tells otherwise than its stream did. protection_ns: so long after its last word an order may be
    missing from the venue's answer: its lists lag behind its stream.
    """

    contracts: int = 0
    mils: int = 25_000
    protection_ns: int = 5_000_000_000
