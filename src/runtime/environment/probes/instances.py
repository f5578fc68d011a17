"""Other processes of this service: their pids and ages, never their arguments."""

import sys
from collections.abc import Iterator

import psutil

from runtime.clocks import utc_now
from runtime.contract.model import Contract
from runtime.environment.probes.item import Context, Item, State

_MOST = 5


def probe(context: Context) -> Iterator[Item]:
    """Whoever runs the same program."""
    if context.contract is None:
        yield Item("Instances", "unknown", State.SKIP, "SKIP: there is no service.yaml here")
        return
    found = instances(context.contract)
    if not found:
        yield Item("Instances", 0, State.OK, "none is running", moves=True)
        return
    shown = ", ".join(f"pid {pid} for {age_s:.0f} s" for pid, age_s in found[:_MOST])
    more = f" (+{len(found) - _MOST} more)" if len(found) > _MOST else ""
    state, cause = (State.INFO, "") if context.is_simulated else (State.FAULT, "INST-001")
    yield Item("Instances", len(found), state, f"{len(found)} running: {shown}{more}", cause, moves=True)


def signature(contract: Contract) -> list[str]:
    """The words of the argv that say which program it is: up to the first option of its own."""
    words: list[str] = []
    for text in contract.argv:
        if text.startswith("--"):
            break
        if "{" not in text:
            words.append(text)
    return words


def instances(contract: Contract) -> list[tuple[int, float]]:
    """Pid and age of each, the oldest first; nothing where the argv does not tell programs apart."""
    words = signature(contract)
    if len(words) < 2 and "python" in sys.executable:  # noqa: PLR2004 -- one word alone fits foreign programs too
        return []
    found = []
    now_s = utc_now().timestamp()
    for process in psutil.process_iter(["pid", "cmdline", "create_time"]):
        argv = process.info["cmdline"] or []
        if any(argv[at : at + len(words)] == words for at in range(1, len(argv))):
            found.append((process.info["pid"], now_s - process.info["create_time"]))
    return sorted(found, key=lambda each: -each[1])
