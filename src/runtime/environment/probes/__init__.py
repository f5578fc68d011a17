"""The probes of the environment snapshot, one section each; `SECTIONS` is their order on the screen.

A probe yields items and raises nothing: what cannot be told is an item that says UNKNOWN.
"""

from collections.abc import Callable, Iterator

from runtime.environment.probes import (
    files,
    instances,
    network,
    packages,
    power,
    resources,
    sqlite,
    system,
    variables,
)
from runtime.environment.probes.item import Context, Item

SECTIONS: tuple[tuple[str, Callable[[Context], Iterator[Item]]], ...] = (
    ("System", system.probe),
    ("Dependencies", packages.probe),
    ("Environment Variables", variables.probe),
    ("Configuration", files.probe),
    ("Resources", resources.probe),
    ("SQLite", sqlite.probe),
    ("Network", network.probe),
    ("Power", power.probe),
    ("Instances", instances.probe),
)
