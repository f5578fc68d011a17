"""Is this production, where nothing may be opened for debugging? What cannot be told is not fine."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from runtime.contract.model import Contract, applies
from service_contract.debugging import switched_on
from service_contract.yaml_lines import YamlFaults

VARIABLE = "RUNTIME_PRODUCTION"
_SERVICE_FILE = Path("config") / "service.yaml"  # as in settings.py, which brings too much for a service
_SYSTEMD = "/run/systemd/"


def why_production(argv: Sequence[str], environ: Mapping[str, str]) -> str | None:
    """The reason why the program with these arguments is, or may be, in production; None where it is known not to be.

    argv: what the program itself is started with. Yes say RUNTIME_PRODUCTION=1, systemd, and `production` in the
    service.yaml of the project around here, when its options are given so. Where options are not given, or there is no
    service.yaml, only RUNTIME_PRODUCTION=0 says no.
    """
    if switched_on(environ, VARIABLE):
        return f"{VARIABLE} is set"
    if environ.get("SYSTEMD_EXEC_PID") == str(os.getpid()) or environ.get("NOTIFY_SOCKET", "").startswith(_SYSTEMD):
        return "systemd started it as a service"
    is_known = VARIABLE in environ
    file = _contract_file()
    if file is None:
        return None if is_known else f"no {_SERVICE_FILE} here says when it is; {VARIABLE}=0 says that it is not"
    try:
        contract = _load(file)
    except YamlFaults as faults:
        return None if is_known else f"its contract cannot be read: {faults.faults[0]}"
    return _by_contract(contract, argv, environ, is_known=is_known)


def _contract_file() -> Path | None:
    """The service.yaml of the nearest project upwards."""
    here = Path.cwd()
    return next((each / _SERVICE_FILE for each in (here, *here.parents) if (each / _SERVICE_FILE).is_file()), None)


def _load(file: Path) -> Contract:
    from runtime.contract.reader import load_contract  # only where there is one

    return load_contract(file)


def _by_contract(contract: Contract, argv: Sequence[str], environ: Mapping[str, str], *, is_known: bool) -> str | None:
    """What the contract's `production` says: all its options must be so, and one that is not given may be so."""
    given: dict[str, str] = {}
    unknown = []
    for name in contract.production:
        variable = contract.options[name].env
        value = given_on(f"--{name}", argv) or environ.get(variable)
        if value:
            given[name] = value
        else:
            unknown.append(f"nothing says which {name} it runs on; say so with --{name} or {variable}")
    if not contract.production or not applies({name: contract.production[name] for name in given}, given):
        return None
    if unknown:
        return None if is_known else unknown[0]
    return ", ".join(f"its {name} is {value}" for name, value in given.items())


def given_on(flag: str, argv: Sequence[str]) -> str | None:
    """The value of an option on a command line; the last one counts."""
    found = None
    for index, each in enumerate(argv):
        if each.startswith(f"{flag}="):
            found = each.partition("=")[2]
        elif each == flag and index + 1 < len(argv):
            found = argv[index + 1]
    return found
