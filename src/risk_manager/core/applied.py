"""The configuration that is applied: a copy beside the state, so that a restart cannot loosen what a reload may not.

The copy is made when a configuration is applied. At the next start, and at every reload, the files are compared with
it; where a hard limit is looser and the trading day is still the same, the copy stays in force until the reset.
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


class AppliedConfig:
    """The copy in one account's state directory."""

    def __init__(self, directory: Path, account: str) -> None:
        self._directory = directory
        self._account = account

    def load(self, trading_day: str) -> RiskConfig | None:
        """The configuration applied in this trading day; None where none was, or where it cannot be read any more."""
        try:
            note = msgspec.json.decode((self._directory / _NOTE).read_bytes(), type=_Note)
            if note.trading_day != trading_day:
                return None
            return load_config(
                self._directory / note.config,
                accounts_path=self._directory / note.accounts,
                instruments_path=self._directory / note.instruments,
                account=self._account,
            )
        except FileNotFoundError:
            return None
        except (OSError, msgspec.MsgspecError, ConfigInvalid) as error:
            _log.error("the applied configuration in %s cannot be read: %s", self._directory, error)
            return None

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

    def hold(self, config: RiskConfig, trading_day: str) -> tuple[RiskConfig, list[str]]:
        """The configuration to go by: the given one, or the applied one where the given one is looser; and why."""
        applied = self.load(trading_day)
        looser = loosenings(applied, config) if applied is not None else []
        if applied is not None and looser:
            return applied, looser
        self.store(config, trading_day)
        return config, []
