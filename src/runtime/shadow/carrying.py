"""Gives a candidate the state that the live version has come to, by the commands with which a harness carries it."""

from collections.abc import Sequence

from runtime.logs.file import tail
from runtime.observing.process import NotStarted, run_to_end
from runtime.shadow.side import SideRequest
from service_contract.atomic_files import make_private_dir

_LIMIT_S = 60.0
_FILE = "carried.json"


async def carry_state(live: SideRequest, candidate: SideRequest) -> None:
    """Export from one, import into the other. Raises NotStarted where a service.yaml does not say how, or it fails."""
    if live.contract.harness is None or candidate.contract.harness is None:
        return
    snapshot = candidate.places.run_dir / _FILE
    for directory in (live.places.run_dir, candidate.places.run_dir, candidate.places.state_dir):
        make_private_dir(directory)
    await _carried(live, live.contract.harness.hand_on, "export", str(snapshot))
    await _carried(candidate, candidate.contract.harness.take_over, "import", str(snapshot))


async def _carried(request: SideRequest, argv: Sequence[str], name: str, snapshot: str) -> None:
    if not argv:
        return
    filled = [part.replace("{snapshot}", snapshot) for part in argv]
    done = await run_to_end(request.launch(name, filled, name), _LIMIT_S)
    if done.code != 0:
        words = " ".join(tail(done.stderr, 3))
        how = "took too long" if done.code is None else f"ended with {done.code}"
        message = f"the state of the live version was not carried over: {name} {how}: {words}; begin with --fresh"
        raise NotStarted(message)
