"""Where a run has its things and what the user chose: flags over variables over the file over defaults."""

import os
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from runtime.clocks import new_run_name
from runtime.contract.expand import Places
from runtime.contract.model import Contract, Option
from runtime.contract.reader import load_contract
from runtime.paths import relative
from service_contract.debugging import switched_on

if TYPE_CHECKING:  # a command that only reads a log must not wait for what smoke needs
    from runtime.smoke_test import SmokeRequest

SERVICE_FILE = Path("config") / "service.yaml"


class WrongUsage(ValueError):
    """The user asked for something that cannot be: exit code 64. Says what is possible."""


# Names of an earlier generation -> the ones in use; still honoured, a new name wins over its old one.
OLD_NAMES = {
    "BOOT_TIMEOUT_S": "RUNTIME_TIMEOUT",
    "ASYNC_DEBUG": "PYTHONASYNCIODEBUG",
    "LOG_LEVEL": "RISK_LOG_LEVEL",
    "DRY_RUN_MODE": "RISK_DRY_RUN",
}
_SWITCHES = {"ASYNC_DEBUG", "DRY_RUN_MODE"}


def new_names(environ: Mapping[str, str]) -> dict[str, str]:
    """What to add to an environment that uses old names; a switch that is off adds nothing."""
    added = {}
    for old, new in OLD_NAMES.items():
        if old not in environ or new in environ:
            continue
        if old in _SWITCHES:
            if switched_on(environ, old):
                added[new] = "1"
        else:
            added[new] = environ[old]
    return added


def find_project(start: Path | None = None) -> Path:
    """The project: the given directory, else the nearest one upwards with config/service.yaml, else this checkout."""
    if start is not None:
        return start.resolve()
    here = Path.cwd()
    for directory in (here, *here.parents):
        if (directory / SERVICE_FILE).is_file():
            return directory
    checkout = Path(__file__).resolve().parents[2]
    return checkout if (checkout / SERVICE_FILE).is_file() else here


def make_places(
    contract: Contract, project: Path, kind: str, *, reports_dir: Path | None = None, log_dir: Path | None = None
) -> Places:
    """Fresh places for one run: a directory under data/reports/<kind>/, and a short private one for sockets."""
    run = new_run_name()
    run_dir = (reports_dir or project / "data" / "reports").resolve() / kind / run
    places = Places(
        python=sys.executable,
        run=run,
        run_dir=run_dir,
        state_dir=run_dir / "state",
        log_dir=(log_dir or project / "data" / "logs").resolve(),
        socket_dir=Path(tempfile.mkdtemp(prefix="rm-")),
        project=project,
    )
    return replace(places, state_dir=Path(places.text(contract.state_dir)))


def choose(contract: Contract, given: Mapping[str, str], environ: Mapping[str, str]) -> dict[str, str]:
    """The value of each option that has one. Raises WrongUsage for an unknown option or value."""
    for name in given:
        if name not in contract.options:
            known = ", ".join(contract.options) or "none"
            raise WrongUsage(f"{contract.file} has no option {name!r} (it has: {known})")
    chosen = {}
    for name, option in contract.options.items():
        value = given.get(name) or environ.get(option.env) or option.default
        if value is None:
            continue
        if option.choices and value not in option.choices:
            raise WrongUsage(f"{name} {value!r} is unknown; it is one of: {', '.join(option.choices)}")
        chosen[name] = value
    return chosen


def option_environment(contract: Contract, chosen: Mapping[str, str], project: Path) -> dict[str, str]:
    """The chosen options as environment variables; a file's name becomes its path. Raises WrongUsage."""
    return {
        contract.options[name].env: _value(contract.options[name], value, project) for name, value in chosen.items()
    }


def _value(option: Option, value: str, project: Path) -> str:
    if option.file is None or Path(value).is_file():
        return value
    path = project / option.file.replace("{value}", value)
    if not path.is_file():
        hint = f"; {option.hint}" if option.hint else ""
        raise WrongUsage(f"{option.name} {value!r}: there is no file {path}{hint}")
    return str(path)


def smoke_request(
    *,
    environ: Mapping[str, str] | None = None,
    project: Path | None = None,
    service: Path | None = None,
    options: Mapping[str, str] | None = None,
    timeout_s: float | None = None,
    reports_dir: Path | None = None,
    log_dir: Path | None = None,
    kind: str = "smoke",
) -> "SmokeRequest":
    """Everything a run needs. Raises YamlFaults for a bad service.yaml and WrongUsage for a bad choice."""
    from runtime.smoke_test import SmokeRequest

    environment = dict(os.environ if environ is None else environ)
    environment |= new_names(environment)
    root = find_project(project)
    contract = load_contract(service or relative(root / SERVICE_FILE))
    chosen = choose(contract, options or {}, environment)
    environment |= option_environment(contract, chosen, root)
    places = make_places(contract, root, kind, reports_dir=reports_dir, log_dir=log_dir)
    limit_s = timeout_s or contract.deadlines.smoke_s
    return SmokeRequest(contract, places, chosen, environment, limit_s, _look(contract, places, chosen, service))


def _look(contract: Contract, places: Places, chosen: Mapping[str, str], service: Path | None) -> list[str]:
    """Commands that help with any failure: the log of this run, and the same run with more time."""
    from runtime.causes.diagnosis import command

    again = ["risk-runtime", "smoke", *(["--service", str(service)] if service else [])]
    for name, value in chosen.items():
        if value != contract.options[name].default:
            again += [f"--{name}", value] if name in {"scenario", "venue"} else ["--option", f"{name}={value}"]
    return [command(["tail", "-n", "100", places.text(contract.log)]), command([*again, "--timeout", "30"])]
