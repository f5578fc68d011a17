"""The configuration that is applied: a copy beside the state, so that a restart cannot loosen what a reload may not.

The copy is made when a configuration is applied. At the next start, and at every reload, the files are compared with
it; where a hard limit is looser and the trading day is still the same, the copy stays in force until the reset.

The journal has the hash of the configuration by which the trading day went. A copy that is gone, damaged or another one
is therefore no way to a looser limit: where the files are not what was applied, nobody knows which limits they loosen.
"""

import logging
from pathlib import Path

import msgspec

from risk_manager.config.loader import load_config
from risk_manager.config.loosening import loosenings
from risk_manager.config.model import RiskConfig
from risk_manager.errors import ConfigInvalid
from service_contract.atomic_files import make_private_dir, write_atomically

_log = logging.getLogger("risk_manager.config")
_NOTE = "applied.json"


class _Note(msgspec.Struct, frozen=True):
    """Which files the copy holds, and the trading day in which it was applied."""

    trading_day: str
    config_hash: str
    config: str
    accounts: str
    instruments: str


class Binding(msgspec.Struct, frozen=True):
    """What holds a configuration back.

    config: the applied one, which stays in force because the given one is looser; looser: in what. unknown: why nobody
    can say whether it is looser. All empty: nothing does.
    """

    config: RiskConfig | None = None
    looser: tuple[str, ...] = ()
    unknown: str = ""


class AppliedConfig:
    """The copy in one account's state directory."""

    def __init__(self, directory: Path, account: str) -> None:
        self._directory = directory
        self._account = account

    def judge(self, config: RiskConfig, trading_day: str, *, day_hash: str | None) -> Binding:
        """What of the trading day so far binds a given configuration.

        day_hash: of the configuration by which this trading day went until now, as the journal says; empty where it
        says none, None where it says that the day before is over. Then the copy of another day binds nobody.
        """
        if config.config_hash == day_hash:
            return Binding()
        try:
            applied = self._load(trading_day, day_hash)
        except (OSError, msgspec.MsgspecError, ConfigInvalid) as error:
            why = str(error).partition("\n")[0]
            _log.error("the applied configuration in %s cannot be read: %s", self._directory, why)
            return Binding() if day_hash is None else Binding(unknown=self._in_words(why))
        if applied is None:
            return Binding(unknown=self._in_words("it is gone, or is another one")) if day_hash else Binding()
        looser = loosenings(applied, config)
        return Binding(applied, tuple(looser)) if looser else Binding()

    def _load(self, trading_day: str, day_hash: str | None) -> RiskConfig | None:
        """The copy, where it is the one that binds."""
        try:
            note = msgspec.json.decode((self._directory / _NOTE).read_bytes(), type=_Note)
        except FileNotFoundError:
            return None
        if note.config_hash != day_hash if day_hash else note.trading_day != trading_day:
            return None
        copy = load_config(
            self._directory / note.config,
            accounts_path=self._directory / note.accounts,
            instruments_path=self._directory / note.instruments,
            account=self._account,
        )
        if copy.config_hash != note.config_hash:
            message = f"its files were changed: their hash is {copy.config_hash[:12]}, not {note.config_hash[:12]}"
            raise OSError(message)
        return copy

    def _in_words(self, why: str) -> str:
        return (
            f"the configuration files are not those by which this trading day went, and the copy of those in "
            f"{self._directory} cannot be compared with them: {why}; whether a hard limit is looser now is not known. "
            "Compare the limits with what they were, then lift it with: risk-manager unfreeze operator --reason ..."
        )

    def store(self, config: RiskConfig, trading_day: str) -> None:
        """Keep a copy of its files; the note goes last, so that a half-made copy is never taken for one.

        Raises OSError.
        """
        make_private_dir(self._directory)
        names = []
        root = config.files[0].parent
        for file in config.files:
            inside = file.relative_to(root) if file.is_relative_to(root) else Path(file.name)
            make_private_dir((self._directory / inside).parent)
            write_atomically(self._directory / inside, file.read_bytes())
            names.append(str(inside))
        note = _Note(trading_day, config.config_hash, names[0], names[1], names[2])
        write_atomically(self._directory / _NOTE, msgspec.json.encode(note))
