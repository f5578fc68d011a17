"""An exchange made ready to trade: session, script, state machine, tape and ledger, put together as asked."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from risk_manager.domain.events import Event
from risk_manager.domain.instruments import Instrument
from risk_manager.errors import SessionFileInvalid
from risk_manager.sdk.sessions.holds import hold
from risk_manager.sdk.sessions.reader import Session
from risk_manager.sdk.sessions.script import Script, load_script
from risk_manager.sdk.simulated.account import UNNAMED
from risk_manager.sdk.simulated.carried import Carried
from risk_manager.sdk.simulated.endless import EndlessTape
from risk_manager.sdk.simulated.exchange import DEFAULT_BALANCE_MILS, Exchange
from risk_manager.sdk.simulated.ledger import Ledger, Opening
from risk_manager.sdk.simulated.model import Fact, Listing, ReachedFact
from risk_manager.sdk.simulated.stage import BATCH_EVENTS, Stage
from risk_manager.sdk.simulated.tape import DEFAULT_STEP_NS, Tape

SESSIONS_DIR = Path("data/sessions")
_SESSION_SUFFIX = ".jsonl.gz"


@dataclass(frozen=True, slots=True, kw_only=True)
class FloorPlan:
    """What is asked for. None means "not said".

    session: a file, or the name of one in data/sessions. script: a file; the one beside the session otherwise.
    data_dir: where the ledger lives; without one nothing survives. repeats: after its end the session begins again.
    carry: the account from an earlier session, for a ledger that begins. holds: when it waits for another manager.
    """

    session: Path
    script: Path | None = None
    data_dir: Path | None = None
    account: str | None = None
    balance_mils: int | None = None
    partial_fills: bool = False
    step_ns: int = DEFAULT_STEP_NS
    repeats: bool = False
    carry: Carried | None = None
    holds: tuple[str, ...] = ()


def find_session(name: Path) -> Path:
    """The file that a name or path means. Raises SessionFileInvalid where there is none."""
    if name.is_file():
        return name
    if name.is_dir():
        raise SessionFileInvalid(f"{name}: is a directory, not a session file", hint="name the file itself")
    by_name = SESSIONS_DIR / f"{name}{_SESSION_SUFFIX}"
    if len(name.parts) == 1 and by_name.is_file():
        return by_name
    known = sorted(path.name.removesuffix(_SESSION_SUFFIX) for path in SESSIONS_DIR.glob(f"*{_SESSION_SUFFIX}"))
    raise SessionFileInvalid(
        f"{name}: does not exist",
        hint=f"sessions in {SESSIONS_DIR}: {', '.join(known) or 'none'}; make sample fetches the real one",
    )


def script_beside(session: Path) -> Path:
    """Where the script of a session stands, if it has one."""
    return session.with_name(session.name.removesuffix(_SESSION_SUFFIX) + ".script.yaml")


class Floor:
    """A running exchange. Whoever changes it calls `commit` before he tells anybody."""

    def __init__(self, exchange: Exchange, stage: Stage, ledger: Ledger | None, told: list[Event]) -> None:
        self.exchange = exchange
        self.stage = stage
        self.ledger = ledger
        self._told = told
        self._committed = (-1, 0)

    def commit(self) -> None:
        """Make everything that happened durable. Raises StoreWriteFailed."""
        facts = self.exchange.account.take_facts()
        if self.ledger is None:
            return
        reached = (self.stage.position, self.exchange.now_ns)
        if facts or reached != self._committed:
            facts.append(ReachedFact(*reached))
            self.ledger.append(facts)
            self._committed = reached

    def take_told(self) -> list[Event]:
        """Everything that happened since the last time, in order, for those who only look on."""
        told = list(self._told)
        self._told.clear()
        return told

    def close(self) -> None:
        """Leave the ledger in order."""
        if self.ledger is not None:
            self.ledger.close()


def open_floor(
    plan: FloorPlan,
    *,
    session: Session | None = None,
    bounds: Mapping[str, Instrument] | None = None,
    keep_told: bool = False,
    batch_events: int = BATCH_EVENTS,
) -> Floor:
    """Put an exchange together, or bring one back from its ledger.

    session: where it was opened and verified already. bounds: by contract, the economics by which prices are believed,
    where they are not those of the session's header. keep_told: collect what happens for onlookers.

    Raises SessionFileInvalid, and what opening a ledger raises.
    """
    session = session or Session(find_session(plan.session))
    script_path = plan.script or script_beside(session.path)
    has_script = plan.script is not None or script_path.is_file()
    script = load_script(script_path, session.start_ns) if has_script else Script()
    listings = _listings(session, script, script_path)
    if plan.carry is not None:
        listings = plan.carry.listings_beside(listings)
    held = tuple(hold(text, session.start_ns) for text in plan.holds)
    script = msgspec.structs.replace(script, actions=(*script.actions, *held))
    balance_mils = next(
        each for each in (plan.balance_mils, script.balance_mils, DEFAULT_BALANCE_MILS) if each is not None
    )
    exchange = Exchange(
        listings,
        now_ns=session.start_ns,
        account=plan.account or UNNAMED,
        balance_mils=balance_mils,
        partial_fills=plan.partial_fills,
    )
    told: list[Event] = []
    instruments = {contract: (bounds or {}).get(contract, known) for contract, known in session.instruments.items()}
    tape = (EndlessTape if plan.repeats else Tape)(session, script, instruments=instruments, step_ns=plan.step_ns)
    stage = Stage(exchange, tape, batch_events=batch_events, told=told if keep_told else None)
    if plan.data_dir is None:
        return Floor(exchange, stage, None, told)
    opening = Opening(
        session=session.path.name,
        session_sha256=session.digest,
        script_sha256=hashlib.sha256(script_path.read_bytes()).hexdigest() if has_script else "",
        step_ns=plan.step_ns,
        listings=listings,
        balance_mils=balance_mils,
        holds=plan.holds,
    )
    first = plan.carry.facts_for(plan.account, exchange.books, session.start_ns) if plan.carry else []
    floor = Floor(exchange, stage, Ledger(plan.data_dir, opening), told)
    _come_back(floor, first, plan.account)
    return floor


def _come_back(floor: Floor, first: list[Fact], account: str | None) -> None:
    """Go on where the ledger ends; one that is empty begins with the first facts."""
    exchange, stage, ledger = floor.exchange, floor.stage, floor.ledger
    facts = list(ledger.facts()) if ledger else []
    if facts:
        stage.skip(next((fact.items for fact in reversed(facts) if isinstance(fact, ReachedFact)), 0))
        exchange.account.restore(facts)
        if account is not None:
            exchange.account.take_name(account)
    else:
        exchange.account.restore(first)
        exchange.account.facts += first
        exchange.account.account_changed()
    exchange.account.take_events()
    floor.commit()


def _listings(session: Session, script: Script, script_path: Path) -> list[Listing]:
    symbols = {instrument.symbol for instrument in session.instruments.values()}
    unknown = sorted(script.fees_mils.keys() - symbols)
    if unknown:
        raise SessionFileInvalid(
            f"{script_path}: fees_per_side: {', '.join(unknown)}: not in {session.path}",
            hint=f"the session lists {', '.join(sorted(symbols))}",
        )
    return [
        Listing(contract, instrument, script.fees_mils.get(instrument.symbol, 0))
        for contract, instrument in session.instruments.items()
    ]
