"""What an operator may do to a running manager, and reloading its configuration between two events."""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from risk_manager.checkpoints import Checkpoints
from risk_manager.clock import Clock
from risk_manager.config.loader import load_config
from risk_manager.config.loosening import loosenings
from risk_manager.config.model import RiskConfig
from risk_manager.core.alerts.book import View
from risk_manager.core.applied import AppliedConfig
from risk_manager.core.engine import Engine
from risk_manager.core.operator import Answer, Request, Verb
from risk_manager.core.options import RunOptions
from risk_manager.core.policies import MadePolicy, make_policy
from risk_manager.core.status_report import StatusReport, report, with_pages
from risk_manager.domain.agreeing import BY_OPERATOR
from risk_manager.domain.events import Event, InvariantBroken, OperatorCommand
from risk_manager.domain.lockouts import INVARIANT_PREFIX, is_liftable
from risk_manager.errors import ConfigInvalid, VenueError
from risk_manager.sdk.enforcement import Enforcement
from risk_manager.state import codec
from risk_manager.state.store import Store

_log = logging.getLogger("risk_manager.operator")
_LOOK_S = 6.0


@dataclass(slots=True)
class Governing:
    """The configuration in force, the policy made from it, its copy on disk, and what of the files is held back."""

    config: RiskConfig
    made: MadePolicy
    applied: AppliedConfig
    held_back: list[str] = field(default_factory=list)


class Operations:
    """Answers the operator's door."""

    def __init__(
        self,
        *,
        engine: Engine,
        enforcement: Enforcement,
        store: Store,
        checkpoints: Checkpoints,
        clock: Clock,
        governing: Governing,
        options: RunOptions,
        reconcile: Callable[[], Awaitable[Sequence[Event]]],
        doubt: Callable[[], str],
        applied: Callable[[RiskConfig], None],
        pages: Callable[[], View],
    ) -> None:
        self._engine = engine
        self._enforcement = enforcement
        self._store = store
        self._checkpoints = checkpoints
        self._clock = clock
        self._governing = governing
        self._options = options
        self._reconcile = reconcile
        self._doubt = doubt
        self._applied = applied
        self._pages = pages
        self._day = ""

    async def answer(self, request: Request) -> Answer:
        """Do what is asked, journaled like every other event."""
        match request.verb:
            case "status":
                return Answer(done=True, words="", status=self.status())
            case "reload":
                return self.reload()
            case "flatten":
                return await self._flatten(request.reason)
            case "freeze" | "unfreeze":
                if request.verb == "unfreeze" and request.target.startswith(INVARIANT_PREFIX):
                    why_not = await self._still_broken(request.target)
                    if why_not:
                        return Answer(done=False, words=f"{request.target} stays frozen: {why_not}")
                return self._command(request.verb, request.target, request.reason)

    def status(self) -> StatusReport:
        """What is known at this moment."""
        config = self._governing.config
        found = report(
            self._engine.state,
            account=config.account.name,
            pid=os.getpid(),
            checkpoint=self._checkpoints.reached,
            rules=tuple(rule.key for rule in self._governing.made.rules),
            config_hash=config.config_hash,
            held_back=tuple(self._governing.held_back),
            doubt=self._doubt(),
        )
        return with_pages(found, self._pages())

    async def _still_broken(self, target: str) -> str:
        """Ask the venue how the account stands, take it in, and look again; empty where nothing speaks against it.

        What only a person can decide stands as it was: then his word counts, unless it moved while he decided.
        """
        name, _, symbol = target.removeprefix(INVARIANT_PREFIX).partition("@")
        before = self._broken(name, symbol)
        try:
            heard = await self._reconcile()
        except VenueError as error:
            return f"the venue has no complete answer: {error}"
        self._enforcement.submit(self._engine.process(heard).intents)
        again = [each for each in heard if isinstance(each, InvariantBroken)]
        said = [each.arithmetic for each in again if (each.invariant, each.symbol) == (name, symbol)]
        found = [*self._broken(name, symbol), *said]
        if name in BY_OPERATOR and not said:
            return "" if found in ([], before) else f"it has changed since you looked: {'; '.join(found)}"
        return "; ".join(found)

    def _broken(self, name: str, symbol: str) -> list[str]:
        """The numbers of a breach as it stands now."""
        found = self._engine.asserting.sweep()
        return [each.arithmetic for each in found if (each.invariant, each.symbol) == (name, symbol)]

    async def _flatten(self, reason: str) -> Answer:
        """What is known is closed at once. Then the venue is asked, and what it holds besides is closed as well."""
        answer = self._command("flatten", "", reason)
        try:
            async with asyncio.timeout(_LOOK_S):
                heard = await self._reconcile()
        except (VenueError, TimeoutError) as error:
            why = self._doubt() or str(error) or "it did not answer in time"
            words = f"what it holds besides is not known and stays: flatten again when it answers ({why})"
            return Answer(
                done=False, words=f"{answer.words}; but the venue does not say how the account stands: {words}"
            )
        self._enforcement.submit(self._engine.process(heard).intents)
        state = self._engine.state
        if state.positions.keys() <= state.demands.keys() and state.orders.keys() <= state.removals.keys():
            return answer
        return self._command("flatten", "", reason)

    def _command(self, verb: Verb, target: str, reason: str) -> Answer:
        state = self._engine.state
        if verb == "unfreeze":
            lockout = state.lockouts.get(target)
            if lockout is None:
                known = ", ".join(key for key, each in state.lockouts.items() if is_liftable(each)) or "none"
                return Answer(done=False, words=f"no lockout {target!r}; an operator can lift: {known}")
            if not is_liftable(lockout):
                return Answer(done=False, words=f"{target} is not lifted by hand; it ends by itself ({lockout.end})")
            if not reason.strip():
                return Answer(done=False, words="say why with --reason; it is journaled")
        if verb not in {"flatten", "freeze", "unfreeze"}:
            return Answer(done=False, words=f"{verb} is not a command")
        turn = self._engine.process([OperatorCommand(state.now_ns, verb, target, reason)])
        self._enforcement.submit(turn.intents)
        _log.warning("operator: %s %s %s", verb, target, reason)
        return Answer(done=True, words=f"{verb}: taken and journaled; {len(turn.intents)} commands go to the venue")

    def reload(self) -> Answer:
        """Read the files again; apply them as a whole, or leave everything as it is and say why."""
        governing = self._governing
        try:
            config = load_config(self._options.config, account=governing.config.account.name)
        except ConfigInvalid as error:
            _log.error("reload refused, nothing changed: %s", str(error).partition("\n")[0])
            return Answer(done=False, words=f"nothing changed:\n{error}")
        looser = loosenings(governing.config, config)
        if looser:
            self._journal(config, refused=tuple(looser))
            governing.held_back = looser
            for each in looser:
                _log.critical("CFG-010 a hard limit is not loosened within the trading day: %s", each)
            return Answer(done=False, words="nothing changed; from the next reset on:\n" + "\n".join(looser))
        self._apply(config)
        return Answer(done=True, words=f"applied {config.config_hash[:12]}: {len(governing.made.rules)} rules")

    def _apply(self, config: RiskConfig) -> None:
        governing, state = self._governing, self._engine.state
        made = make_policy(config, state.now_ns)
        self._journal(config)
        today = state.today
        governing.applied.store(config, today.name if today else "")
        governing.config, governing.made, governing.held_back = config, made, []
        self._engine.govern(made.policy)
        self._applied(config)
        _log.warning("configuration %s applied: %d rules", config.config_hash[:12], len(made.rules))

    def _journal(self, config: RiskConfig, refused: tuple[str, ...] = ()) -> None:
        rules = tuple(rule.key for rule in config.rules if rule.enabled)
        record = codec.ConfigRecord(config.config_hash, self._governing.config.config_hash, rules, refused)
        self._store.append([codec.entry(codec.CONFIG, record, self._clock.wall_ns(), self._clock.monotonic_ns())])

    def turned(self) -> None:
        """After each turn: at the reset, what was held back is tried again; a calendar that runs out is renewed."""
        today = self._engine.state.today
        name = today.name if today else ""
        if name != self._day:
            first, self._day = not self._day, name
            if not first:
                self._new_day()
        if self._engine.state.now_ns > self._governing.made.good_until_ns:
            self._governing.made = make_policy(self._governing.config, self._engine.state.now_ns)
            self._engine.govern(self._governing.made.policy)

    def _new_day(self) -> None:
        """What was applied yesterday binds nobody today: files that were held back are applied, if they are valid."""
        governing = self._governing
        if not governing.held_back:
            return
        try:
            config = load_config(self._options.config, account=governing.config.account.name)
        except ConfigInvalid as error:
            _log.error("the held-back configuration is not valid: %s", str(error).partition("\n")[0])
            return
        self._apply(config)
