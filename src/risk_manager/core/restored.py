"""What a restart says of the state it found, and the check that the last decisions come out the same again."""

import logging

from risk_manager.config.model import RiskConfig
from risk_manager.core.policies import MadePolicy, make_policy
from risk_manager.domain.decide import decide
from risk_manager.state.codec import DECIDER_VERSION
from risk_manager.state.recompute import check_decisions
from risk_manager.state.recovery import Recovered

_log = logging.getLogger("risk_manager.state")
_CALENDAR_REACHES_BACK_NS = 35 * 86_400_000_000_000


def say_restored(recovered: Recovered) -> None:
    """Tell where the state is from, and everything that was wrong on the way."""
    for note in recovered.notes:
        _log.critical("STATE-002 %s", note, extra={"alert": "STATE-002"})
    if not recovered.rows:
        return
    _log.info(
        "state restored after %s: %d journal rows (%d read behind the snapshot of row %d), lockouts: %s, "
        "%d intents under way",
        "a clean stop" if recovered.clean else "a crash",
        recovered.rows,
        recovered.rows - recovered.snapshot_seq,
        recovered.snapshot_seq,
        ", ".join(recovered.state.lockouts) or "none",
        len(recovered.state.intents),
    )


def check_recovered(recovered: Recovered, config: RiskConfig, made: MadePolicy, t_ns: int) -> None:
    """Compute the last decisions again; those of another version or configuration are told where they differ.

    Raises StateCorrupt where one of this version and configuration comes out differently.
    """
    if not recovered.recent:
        return
    first_ns = recovered.recent[0].record.event.t_ns
    if first_ns < t_ns - _CALENDAR_REACHES_BACK_NS:
        made = make_policy(config, first_ns)  # a calendar around then: what lies outside of one is unknown
    policy = made.policy
    result = check_decisions(
        recovered,
        lambda state, event: decide(state, event, policy),
        config_hash=config.config_hash,
        decider_version=DECIDER_VERSION,
    )
    _log.info("%d recorded decisions computed again, all equal", result.compared)
    if result.different:
        _log.warning(
            "%d of %d decisions of another version or configuration would be different now, the first in row %d; "
            "what was decided then stands",
            result.different,
            result.across,
            result.first_different_seq,
        )
