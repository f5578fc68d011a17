"""What the exchange lists against what the configuration says: they must agree before anything is decided."""

from collections.abc import Mapping

from risk_manager.domain.instruments import Instrument, Instruments
from risk_manager.errors import VenueRefused
from risk_manager.sdk.normalise import e9_text, money_text


def check_contracts(configured: Instruments, listed: Mapping[str, Instrument]) -> None:
    """Raises VenueRefused where a contract's tick or its value is not what config/instruments.yaml says.

    A wrong tick value would make every profit and loss wrong by the same factor, and nothing else would look odd.
    """
    for contract, instrument in listed.items():
        ours = configured.of_contract(contract)
        if ours is None:
            continue
        theirs = (instrument.tick_size_e9, instrument.tick_value_mils)
        if theirs != (ours.tick_size_e9, ours.tick_value_mils):
            raise VenueRefused(
                f"{contract}: the exchange says tick {_economy(instrument)}, config/instruments.yaml {_economy(ours)}",
                hint="correct config/instruments.yaml; until they agree no profit or loss can be trusted",
            )


def _economy(instrument: Instrument) -> str:
    return f"{e9_text(instrument.tick_size_e9)} worth {money_text(instrument.tick_value_mils)}"
