"""A journal becomes a state again: every recorded change, in order, each checked against the row it says it changed.

Nothing is decided anew here. What was decided then is what stands, so that a later version of a rule can never brick a
restart.
"""

import msgspec

from risk_manager.domain.state import AccountState
from risk_manager.errors import StateCorrupt
from risk_manager.state.codec import BOOT, DECISION, STOP, decode_boot, decode_decision
from risk_manager.state.store import Store


class Recovered(msgspec.Struct):
    """What a journal says.

    rows: how many were read. last_ns: the venue's time of the last journaled event, 0 for none.
    boots: how often the daemon began. clean: whether its last life ended in order.
    """

    state: AccountState
    rows: int
    last_ns: int
    boots: int
    clean: bool
    config_hash: str


def recover(store: Store) -> Recovered:
    """Read the journal from its start.

    Raises StateCorrupt where it contradicts itself; corrupt state is never treated as no state.
    """
    recovered = Recovered(AccountState(), rows=0, last_ns=0, boots=0, clean=True, config_hash="")
    for row in store.read():
        recovered.rows += 1
        if row.kind == DECISION:
            record = decode_decision(row.seq, row.payload)
            for change in record.changes:
                if recovered.state.row(change.table, change.key) != change.before:
                    message = f"journal row {row.seq} changes {change.table}/{change.key} from what it was not"
                    raise StateCorrupt(message, hint="the journal contradicts itself; keep it and restore a backup")
                recovered.state.apply(change)
            recovered.last_ns = max(recovered.last_ns, record.event.t_ns)
        elif row.kind == BOOT:
            recovered.boots += 1
            recovered.clean = False
            recovered.config_hash = decode_boot(row.seq, row.payload).config_hash
        elif row.kind == STOP:
            recovered.clean = True
    return recovered
