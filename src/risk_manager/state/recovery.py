"""A journal becomes a state again: the newest sound snapshot, and every recorded change behind it, in order.

Nothing is decided anew here. What was decided then is what stands, so that a later version of a rule can never brick a
restart. Each row is checked against the one before it, and each change against the row it says it changed.

Rows before the snapshot are not read again at every start: a restart costs what its tail costs. What that gives up is
that damage among them is not noticed at a start, where it is harmless; `risk-manager journal --verify` reads them all.
"""

from collections.abc import Iterable

import msgspec

from risk_manager.domain.events import OperatorCommand
from risk_manager.domain.state import AccountState, Change, Row
from risk_manager.errors import StateCorrupt
from risk_manager.state import codec
from risk_manager.state.snapshots import Life, fault_of, open_snapshot
from risk_manager.state.store import GENESIS, JournalRow, Mark, Store, StoredSnapshot, link_fault, missing

RECENT_ROWS = 1_000
"""How many of the last rows keep their decision at hand, to be computed again (see `recompute`)."""

WAYS_OUT = (
    "nothing was changed; restore a copy of the state directory, or, once you know how the account stands, "
    "`risk-manager recover --from-venue` begins anew from what the venue says, frozen"
)


class Decided(msgspec.Struct, frozen=True):
    """A journaled decision, and what it went by."""

    seq: int
    record: codec.DecisionRecord
    config_hash: str
    decider_version: int


class Recovered(msgspec.Struct):
    """What a store says.

    rows: how many there are. snapshot_seq: the row whose snapshot was taken, 0 for none. notes: what was found wrong
    and could be dealt with. torn_after: rows behind this one were never acknowledged and are to be cut; None for none.
    recent: the last decisions; before_recent: the rows of the state before the first of them.
    """

    state: AccountState
    life: Life
    rows: int
    snapshot_seq: int = 0
    notes: tuple[str, ...] = ()
    torn_after: int | None = None
    recent: tuple[Decided, ...] = ()
    before_recent: tuple[tuple[str, str, Row], ...] = ()

    @property
    def last_ns(self) -> int:
        """The venue's time of the last journaled event, 0 for none."""
        return self.life.last_ns

    @property
    def boots(self) -> int:
        """How often the daemon began."""
        return self.life.boots

    @property
    def clean(self) -> bool:
        """Whether its last life ended in order."""
        return self.life.clean

    @property
    def config_hash(self) -> str:
        """What the last decisions went by."""
        return self.life.config_hash

    def day_hash(self, t_ns: int) -> str | None:
        """The hash of the configuration by which the trading day of `t_ns` went until now.

        Empty where nothing was decided yet; None where the day that is known is over by then.
        """
        today = self.state.today
        return None if today is not None and t_ns >= today.end_ns else self.life.applied_hash


class _Reading:
    """The state while rows are taken into it."""

    def __init__(self, state: AccountState, life: Life, seq: int, position: bytes) -> None:
        self.state = state
        self.life = life
        self.seq = seq
        self.position = position
        self.recent: list[Decided] = []
        self.before_recent: tuple[tuple[str, str, Row], ...] = ()

    def keep_from_here(self) -> None:
        """Decisions from here on are kept, and the state they begin with."""
        self.recent = []
        self.before_recent = tuple(self.state.rows())


def recover(store: Store, *, keep_recent: int = RECENT_ROWS) -> Recovered:
    """Read the state out of a store, which is left as it is.

    Raises StateCorrupt where it contradicts itself; corrupt state is never treated as no state.
    """
    try:
        return _recover(store, keep_recent)
    except StateCorrupt as error:
        raise StateCorrupt(_placed(store.name, str(error)), hint=error.hint) from error


def _placed(where: str, message: str) -> str:
    """Say where, unless it is said already."""
    return message if where.rpartition(".")[0] in message else f"{where}: {message}"


def _recover(store: Store, keep_recent: int) -> Recovered:
    mark = store.mark()
    notes = [mark.fault] if mark.fault else []
    reading = _from_snapshot(store, notes)
    start_seq, torn_after = reading.seq, None
    keep_from = max(start_seq, store.head[0] - keep_recent)
    if mark.seq <= start_seq:
        _require_marked(mark, store.hash_at(mark.seq))
    for row in store.read_unverified(start_seq):
        fault = link_fault(reading.position, reading.seq + 1, row)
        if fault:
            if not (mark.is_exact and reading.seq >= mark.seq):
                raise StateCorrupt(fault, hint=WAYS_OUT)
            torn_after = reading.seq
            notes.append(f"{fault}; it was never acknowledged, so the journal ends at row {torn_after}")
            break
        if reading.seq == keep_from:
            reading.keep_from_here()
        _take(row, reading)
        if row.seq == mark.seq:
            _require_marked(mark, row.hash)
    if reading.seq < mark.seq:
        raise StateCorrupt(missing(reading.seq + 1, mark.seq, acknowledged=True), hint=WAYS_OUT)
    return Recovered(
        reading.state,
        reading.life,
        reading.seq,
        start_seq,
        tuple(notes),
        torn_after,
        tuple(reading.recent),
        reading.before_recent,
    )


def _from_snapshot(store: Store, notes: list[str]) -> _Reading:
    """The newest snapshot that can be believed; the beginning where there is none. Others are named in `notes`."""
    try:
        for snapshot in store.snapshots():
            opened = fault_of(snapshot, store.hash_at(snapshot.seq)) or _opened(snapshot)
            if isinstance(opened, _Reading):
                return opened
            notes.append(f"the snapshot of row {snapshot.seq} is not used: {opened}; read from further back instead")
    except StateCorrupt as error:
        notes.append(f"no further snapshot can be read: {error}; the state is read from the journal's start")
    return _Reading(AccountState(), Life(), 0, GENESIS)


def _opened(snapshot: StoredSnapshot) -> "_Reading | str":
    """The state in a snapshot, or why it cannot be read."""
    try:
        return _Reading(*open_snapshot(snapshot), snapshot.seq, snapshot.position)
    except StateCorrupt as error:
        return str(error)


def _require_marked(mark: Mark, stored: bytes | None) -> None:
    if (GENESIS if mark.seq == 0 else stored) != mark.hash:
        message = f"journal row {mark.seq} is not the one that was acknowledged"
        raise StateCorrupt(message, hint=WAYS_OUT)


def _take(row: JournalRow, reading: _Reading) -> None:
    """What a row says, taken into the state."""
    state, life = reading.state, reading.life
    reading.seq, reading.position = row.seq, row.hash
    if row.kind == codec.DECISION:
        record = codec.decode_decision(row.seq, row.payload)
        _apply(row.seq, record.changes, state)
        life.last_ns = max(life.last_ns, record.event.t_ns)
        life.applied_hash = life.config_hash
        if isinstance(record.event, OperatorCommand) and record.event.verb == "freeze":
            life.unsettled = ""
        reading.recent.append(Decided(row.seq, record, life.config_hash, life.decider_version))
    elif row.kind == codec.BOOT:
        boot = codec.decode_boot(row.seq, row.payload)
        life.boots += 1
        life.clean = False
        life.config_hash, life.decider_version = boot.config_hash, boot.decider_version
    elif row.kind == codec.CONFIG:
        config = codec.decode_config(row.seq, row.payload)
        life.config_hash = life.applied_hash = config.before if config.refused else config.config_hash
        life.unsettled = life.unsettled or config.unknown
    elif row.kind == codec.FOUNDING:
        founding = codec.decode_founding(row.seq, row.payload)
        _apply(row.seq, founding.changes, state)
        life.unsettled = founding.words if founding.why == "recover" else life.unsettled
        reading.keep_from_here()
    elif row.kind == codec.STOP:
        life.clean = True


def _apply(seq: int, changes: Iterable[Change], state: AccountState) -> None:
    for change in changes:
        try:
            standing = state.row(change.table, change.key)
        except KeyError:
            message = f"journal row {seq} changes the table {change.table}, which this program does not know"
            raise StateCorrupt(message, hint="was it written by another version?") from None
        if standing != change.before:
            message = f"journal row {seq} changes {change.table}/{change.key} from what it was not"
            raise StateCorrupt(message, hint="the journal contradicts itself; " + WAYS_OUT)
        state.apply(change)
