"""Does anything keep this machine awake? A guard that sleeps guards nothing."""

import sys
from collections.abc import Iterator

import psutil

from runtime.environment.probes.item import Context, Item, State
from runtime.observing.foreground import read_output

_ASLEEP = "UNKNOWN: this system does not say"


def probe(context: Context) -> Iterator[Item]:
    """Battery and inhibitors of sleep."""
    if context.is_simulated:
        yield Item("Sleep", "skip", State.SKIP, f"SKIP: {context.undemanding} can wait")
        return
    battery = psutil.sensors_battery() if hasattr(psutil, "sensors_battery") else None
    yield Item("Battery", battery is not None, text="yes" if battery is not None else "no")
    inhibited = is_inhibited(context)
    if inhibited is None:
        yield Item("Sleep", "unknown", State.UNKNOWN if battery else State.INFO, _ASLEEP, "PWR-001" if battery else "")
    elif inhibited or battery is None:
        yield Item(
            "Sleep", inhibited, State.OK, "inhibited" if inhibited else "no battery, so nothing sends it to sleep"
        )
    else:
        yield Item("Sleep", inhibited, State.WARNING, "nothing inhibits it", "PWR-001")


def is_inhibited(context: Context) -> bool | None:
    """True where something holds an inhibitor of sleep; None where it cannot be told."""
    if sys.platform == "darwin":
        said = read_output(["pmset", "-g", "assertions"], context.project)
        return None if said is None else "PreventUserIdleSystemSleep    1" in said
    said = read_output(["systemd-inhibit", "--list", "--no-legend", "--no-pager"], context.project)
    return None if said is None else any("sleep" in line and "block" in line for line in said.splitlines())
