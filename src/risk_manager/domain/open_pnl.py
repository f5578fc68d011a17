"""The open P&L of the whole account, carried along from quote to quote instead of added up anew each time.

Several rules ask for the same sum on every quote. A new price of one contract changes one term of it, so it costs the
same however many positions are open; a changed position makes it be added up once more.
"""

from collections.abc import Mapping

from risk_manager.domain.positions import Position


class OpenPnl:
    """Σ (mark x tick value x net - cost) over the positions whose mark is known.

    total_mils: that sum. unknown: a symbol of a position whose economics are not known, empty where there is none; the
    sum says nothing then. marks: every price in the sum. All three are only right after `settle`.
    """

    def __init__(self, positions: Mapping[str, Position], marks: dict[str, int]) -> None:
        self.total_mils = 0
        self.unknown = ""
        self._positions = positions
        self._marks = marks
        self._is_settled = False

    def forget(self) -> None:
        """A position changed: add up anew when somebody asks."""
        self._is_settled = False

    def mark(self, contract: str, ticks: int) -> None:
        """The price of a contract is this now."""
        if self._is_settled:
            position = self._positions.get(contract)
            before = self._marks.get(contract)
            if before is None:
                self._is_settled = position is None
            elif position is not None and position.tick_value_mils is not None and position.cost_mils is not None:
                self.total_mils += (ticks - before) * position.tick_value_mils * position.net
        self._marks[contract] = ticks

    def settle(self) -> "OpenPnl":
        """Add up where something changed that is not a price; returns itself."""
        if self._is_settled:
            return self
        self.total_mils, self.unknown = 0, ""
        for contract, position in self._positions.items():
            if position.cost_mils is None or position.tick_value_mils is None:
                self.unknown = position.symbol
            elif (ticks := self._marks.get(contract)) is not None:
                self.total_mils += ticks * position.tick_value_mils * position.net - position.cost_mils
        self._is_settled = True
        return self

    def marks_used(self) -> dict[str, int]:
        """Every price in the sum, for the journal."""
        return {contract: self._marks[contract] for contract in self._positions if contract in self._marks}
