"""Asks the independent witness: runs a probe of the contract and compares its JSON with what the outcome requires."""

from pathlib import Path

import msgspec

from runtime.assertions import Assertion, ask
from runtime.logs.file import tail
from runtime.observing.observation import ProbeReading
from runtime.observing.process import Finished, Launch, NotStarted, run_to_end


async def ask_probe(launch: Launch, require: tuple[Assertion, ...], timeout_s: float, t_s: float) -> ProbeReading:
    """One reading. Whatever goes wrong with the probe is told in `problem`; it is never taken for agreement."""
    try:
        finished = await run_to_end(launch, timeout_s, grace_s=1.0)
    except NotStarted as error:
        return ProbeReading(t_s, None, str(error), ())
    document, problem = _document(finished, timeout_s)
    answers = () if problem else tuple(ask(assertion, document) for assertion in require)
    return ProbeReading(t_s, document, problem, answers)


def _document(finished: Finished, timeout_s: float) -> tuple[object, str]:
    if finished.code is None:
        return None, f"no answer within {timeout_s:g}s"
    if finished.code != 0:
        words = " ".join(tail(finished.stderr, 2))
        return None, f"exited with {finished.code}: {words}"
    try:
        return msgspec.json.decode(_read(finished.stdout)), ""
    except msgspec.DecodeError as error:
        return None, f"its output is not JSON: {error}"


def _read(path: Path) -> bytes:
    return path.read_bytes()
