"""Asks a probe again and again over a long run: each answer replaces the one before on disk."""

from runtime.observing.observation import ProbeReading
from runtime.observing.probe import ask_probe
from runtime.shadow.plan import Asked
from runtime.shadow.side import SideRequest


async def ask_fresh(request: SideRequest, asked: Asked, file: str) -> ProbeReading:
    """One reading; what went wrong is in its `problem`."""
    launch = request.launch(f"probe {asked.probe}", request.contract.probes[asked.probe], file)
    for path in (launch.stdout, launch.stderr):
        path.unlink(missing_ok=True)  # what a probe prints is one document
    return await ask_probe(launch, asked.require, request.contract.deadlines.probe_s, 0.0)
