"""Boots the daemon and lets it go again. Checkpoints 1 to 4.

Boot is recovery: the same path after a clean stop, after a crash, and the first time. The journal becomes a state, the
venue says what happened meanwhile, intents that were under way are asked about, and only then does the engine turn.
"""

import asyncio
import errno
import logging
import os
from contextlib import ExitStack
from pathlib import Path
from secrets import token_hex

from risk_manager.checkpoints import Checkpoints
from risk_manager.clock import Clock
from risk_manager.config.loader import RiskConfig, load_config
from risk_manager.config.secrets import alert_variables
from risk_manager.core.alerts import troubles
from risk_manager.core.alerts.channels import Ready, make_ready, stays_in_log
from risk_manager.core.alerts.pager import Pager
from risk_manager.core.alerts.wording import Writer
from risk_manager.core.applied import AppliedConfig, Binding
from risk_manager.core.engine import Engine
from risk_manager.core.link import connect_at_boot
from risk_manager.core.logs import Logs
from risk_manager.core.operations import Governing
from risk_manager.core.operator import socket_path
from risk_manager.core.options import RunOptions
from risk_manager.core.policies import make_policy
from risk_manager.core.restored import check_recovered, say_restored
from risk_manager.core.service import Service, ServiceParts
from risk_manager.core.summary import Summary
from risk_manager.errors import BootStalled, DataDirUnusable, RiskManagerError, StateError, StoreWriteFailed
from risk_manager.notify import Notifier
from risk_manager.sdk.venue import Connected, Venue
from risk_manager.sdk.venues import VenueRequest, open_venue
from risk_manager.state import codec
from risk_manager.state.account_lock import AccountLock
from risk_manager.state.recovery import Recovered, recover
from risk_manager.state.sqlite import SqliteStore
from risk_manager.state.store import Store
from risk_manager.version import VERSION
from service_contract.atomic_files import make_private_dir
from service_contract.debugging import asks_for_debug

_log = logging.getLogger("risk_manager")
JOURNAL_NAME = "journal.db"
LOCK_NAME = "account.lock"
APPLIED_NAME = "applied"
_DISK_HINTS = {
    errno.ENOSPC: "free some space on its disk; what is stored there is not in question",
    errno.EROFS: "mount its file system writable (the kernel may have turned it read-only after errors of the disk)",
}
_CLOCK_TOLERANCE_NS = 60_000_000_000


def state_dir(data_dir: Path, account: str) -> Path:
    """Where an account's state lives."""
    return data_dir / "state" / account


class Manager:
    """One life of the daemon: boots it, lets the service run until it is asked to stop, lets go of everything."""

    def __init__(self, options: RunOptions, clock: Clock, notifier: Notifier) -> None:
        self._options = options
        self._clock = clock
        self._notifier = notifier
        self._run = token_hex(4)
        self._checkpoints = Checkpoints(notifier, clock, self._run)
        self._stack = ExitStack()
        self._venue: Venue | None = None
        self._service: Service | None = None
        self._pager: Pager | None = None
        self._directory = options.data_dir

    def request_reload(self) -> None:
        """Read the configuration again (SIGHUP); nothing while the boot is not over."""
        if self._service is not None:
            self._service.operations.reload()

    def request_stop(self, reason: str) -> bool:
        """Ask for a clean stop; false where the boot is not over, so that there is nothing to stop cleanly."""
        if self._service is None:
            return False
        self._service.request_stop(reason)
        return True

    async def run(self) -> Summary:
        """Boot, serve, stop. Raises RiskManagerError; whatever was opened is closed."""
        try:
            self._service = await self._start()
            return await self._service.run()
        except RiskManagerError as error:
            _log.critical("%s: %s", type(error).__name__, str(error).partition("\n")[0])
            self._page_end(error)
            raise
        finally:
            await self._leave()

    async def _start(self) -> Service:
        self._open_logs()
        self._checkpoints.reach(1, version=VERSION, pid=os.getpid())
        config = self._load_config()
        self._lock_state(config)
        pager = self._pager = self._open_pager(config)
        store, recovered = self._open_state(config)
        after_crash = recovered.rows > 0 and not recovered.clean
        recovered.life.clean = False
        for note in recovered.notes:
            pager.tell(troubles.recovered_otherwise(note, recovered.last_ns))
        venue, connected = await self._connect(config)
        engine, governing = self._initialize_rules(config, store, recovered, connected)
        service = Service(
            ServiceParts(
                options=self._options,
                clock=self._clock,
                notifier=self._notifier,
                checkpoints=self._checkpoints,
                store=store,
                venue=venue,
                connected=connected,
                engine=engine,
                governing=governing,
                recovered=recovered,
                door=socket_path(self._directory),
                run=self._run,
                pager=pager,
                equip=lambda applied: pager.equip(self._make_ready(applied)),
            )
        )
        await service.reconcile(recovered)
        service.alerts.guards(after_crash=after_crash)
        return service

    def _open_logs(self) -> None:
        try:
            make_private_dir(self._options.data_dir)
            self._logs = Logs(
                self._options.log_dir,
                level=logging.getLevelNamesMapping()[self._options.log_level],
                to_terminal=self._options.log_to_terminal,
                run=self._run,
            )
        except OSError as error:
            raise _unusable(Path(error.filename or self._options.data_dir), error) from error
        self._stack.callback(self._logs.close)

    def _load_config(self) -> RiskConfig:
        config = load_config(self._options.config, account=self._options.account)
        self._checkpoints.reach(
            2, n=sum(rule.enabled for rule in config.rules), file=str(self._options.config), hash=config.config_hash
        )
        return config

    def _lock_state(self, config: RiskConfig) -> None:
        account = config.account.name
        directory = self._directory = state_dir(self._options.data_dir, account)
        try:
            make_private_dir(directory)
            lock = AccountLock(directory / LOCK_NAME, account)
        except OSError as error:
            raise _unusable(directory, error) from error
        self._stack.callback(lock.release)
        self._logs.allow_rotation()

    def _open_state(self, config: RiskConfig) -> tuple[Store, Recovered]:
        try:
            store = SqliteStore.open(self._directory / JOURNAL_NAME)
        except StoreWriteFailed as error:
            raise DataDirUnusable(str(error), hint=error.hint) from error
        self._stack.callback(store.close)
        recovered = recover(store)
        say_restored(recovered)
        if recovered.torn_after is not None:
            store.cut(recovered.torn_after, list(recovered.state.intents.values()))
        boot = codec.BootRecord(
            run=self._run,
            pid=os.getpid(),
            version=VERSION,
            decider_version=codec.DECIDER_VERSION,
            config_hash=config.config_hash,
            account=config.account.name,
            venue=config.account.venue,
        )
        store.append([codec.entry(codec.BOOT, boot, self._clock.wall_ns(), self._clock.monotonic_ns())])
        recovered.life.boots += 1
        return store, recovered

    def _open_pager(self, config: RiskConfig) -> Pager:
        """From here on somebody can be told, also of a boot that is refused."""
        prefix = "[dry run] " if self._is_dry(config) else ""
        writer = Writer(config.account.name, config.daily_reset.zone, prefix)
        return Pager(self._directory, writer, self._make_ready(config), self._clock)

    def _make_ready(self, config: RiskConfig) -> Ready:
        """The channels of a configuration, or the log alone where nothing real is at stake."""
        stays = stays_in_log(config, self._options.venue, dry_run=self._is_dry(config))
        return make_ready(config.alerts, alert_variables(Path(".env"), os.environ), stays=stays)

    def _is_dry(self, config: RiskConfig) -> bool:
        return self._options.dry_run or (self._options.canary and self._venue_name(config) != "simulated")

    def _venue_name(self, config: RiskConfig) -> str:
        return self._options.venue or config.account.venue

    def _page_end(self, error: RiskManagerError) -> None:
        """Nothing guards the account any more, and nobody asked for that."""
        if self._pager is not None:
            what = f"{type(error).__name__}: {error}".partition("\n")[0]
            failed = troubles.service_failed(what, error.hint, self._clock.wall_ns())
            self._pager.see(troubles.SERVICE, {failed.key: failed})

    async def _connect(self, config: RiskConfig) -> tuple[Venue, Connected]:
        account = config.account
        venue = open_venue(
            self._options.venue or account.venue,
            VenueRequest(
                instruments=config.instruments,
                account=account.name,
                data_dir=self._options.data_dir,
                socket=self._options.socket,
                replay=self._options.replay,
                speed=self._options.speed,
                scenario=self._options.scenario,
            ),
        )
        self._venue = venue
        _debug_loop(self._options.venue or account.venue)
        self._notifier.say(STATUS=f"connecting to {venue.name}")
        try:
            connected = await connect_at_boot(venue, account.name)
        except TimeoutError:
            message = f"{venue.name}: the connection was accepted, and nothing was answered"
            raise BootStalled(
                message, hint="is the venue in maintenance, or is something else listening there?"
            ) from None
        self._checkpoints.reach(3, account=connected.account_name, venue=venue.name, lockstep=connected.lockstep)
        return venue, connected

    def _initialize_rules(
        self, config: RiskConfig, store: Store, recovered: Recovered, connected: Connected
    ) -> tuple[Engine, Governing]:
        if connected.t_ns < recovered.last_ns - _CLOCK_TOLERANCE_NS:
            behind_s = (recovered.last_ns - connected.t_ns) // 1_000_000_000
            message = f"the venue's clock is {behind_s} s before the last journaled event of this account"
            raise StateError(message, hint="a recorded session that is older than the state needs another --data-dir")
        applied = AppliedConfig(self._directory / APPLIED_NAME, config.account.name)
        made = make_policy(config, connected.t_ns)
        day = made.policy.trading_days.at(connected.t_ns)
        binding = applied.judge(config, day.name if day else "", day_hash=recovered.day_hash(connected.t_ns))
        self._journal_config(config, binding, store, recovered)
        if binding.config is not None:
            config, made = binding.config, make_policy(binding.config, connected.t_ns)
        else:
            applied.store(config, day.name if day else "")
        check_recovered(recovered, config, made, connected.t_ns)
        off = {rule.key: rule.why_off for rule in config.rules if not rule.enabled}
        self._checkpoints.reach(4, n=len(made.rules), rules=[rule.key for rule in made.rules], off=off)
        engine = Engine(
            state=recovered.state, policy=made.policy, store=store, checkpoints=self._checkpoints, clock=self._clock
        )
        return engine, Governing(config, made, applied, list(binding.looser))

    def _journal_config(self, given: RiskConfig, binding: Binding, store: Store, recovered: Recovered) -> None:
        """What a start applies or holds back, where it is not what was applied; before any decision goes by it."""
        life = recovered.life
        for each in binding.looser:
            _log.critical(
                "CFG-010 a hard limit is not loosened within the trading day: %s; the applied one stands", each
            )
        applied = given if binding.config is None else binding.config
        if given.config_hash == (life.applied_hash or given.config_hash) and not (binding.looser or binding.unknown):
            return
        before = applied.config_hash if binding.looser else life.applied_hash
        rules = tuple(rule.key for rule in applied.rules if rule.enabled)
        record = codec.ConfigRecord(given.config_hash, before, rules, binding.looser, binding.unknown)
        store.append([codec.entry(codec.CONFIG, record, self._clock.wall_ns(), self._clock.monotonic_ns())])
        life.unsettled = life.unsettled or binding.unknown

    async def _leave(self) -> None:
        if self._venue is not None:
            await self._venue.disconnect()
        if self._pager is not None:
            await asyncio.to_thread(self._pager.close)
        self._stack.close()


def _debug_loop(venue: str) -> None:
    """Asyncio's debug mode makes everything many times slower: where money is real it is off, whoever asks for it."""
    loop = asyncio.get_running_loop()
    if venue != "simulated":
        loop.set_debug(False)
    elif asks_for_debug(os.environ):
        loop.set_debug(True)


def _unusable(path: Path, error: OSError) -> DataDirUnusable:
    message = f"{path}: cannot be written: {error.strerror or error}"
    hint = _DISK_HINTS.get(error.errno or 0, "give a directory you own with --data-dir or RISK_DATA_DIR")
    return DataDirUnusable(message, hint=hint)
