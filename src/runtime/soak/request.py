"""What to soak and how, from the service's contract and what the user chose."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from runtime.causes.diagnosis import command
from runtime.contract.model import Contract
from runtime.contract.reader import load_contract
from runtime.paths import relative
from runtime.settings import SERVICE_FILE, find_project, smoke_request
from runtime.soak.result import SoakRequest


def soak_request(
    *,
    environ: Mapping[str, str],
    project: Path | None = None,
    service: Path | None = None,
    options: Mapping[str, str] | None = None,
    duration_s: float | None = None,
    boot_s: float | None = None,
    reports_dir: Path | None = None,
    log_dir: Path | None = None,
    compare: bool = False,
    allocations: bool = False,
) -> SoakRequest:
    """Everything a soak needs. Raises YamlFaults for a bad service.yaml and WrongUsage for a bad choice."""
    contract = load_contract(service or relative(find_project(project) / SERVICE_FILE))
    run = smoke_request(
        environ=environ,
        project=project,
        service=service,
        options={**_defaults(contract, environ), **(options or {})},
        timeout_s=boot_s,
        reports_dir=reports_dir,
        log_dir=log_dir,
        kind="soak",
    )
    look = [run.look[0], _again(contract, run.chosen, service)]
    return SoakRequest(
        run=replace(run, look=look),
        plan=contract.soak,
        duration_s=duration_s or contract.soak.duration_s,
        compare=compare,
        allocations=allocations,
    )


def _defaults(contract: Contract, environ: Mapping[str, str]) -> dict[str, str]:
    """What the plan chooses where nobody else does: its session repeats, the usual one would end."""
    return {name: value for name, value in contract.soak.options.items() if not environ.get(contract.options[name].env)}


def _again(contract: Contract, chosen: Mapping[str, str], service: Path | None) -> str:
    words = ["risk-runtime", "soak", *(["--service", str(service)] if service else [])]
    for name, value in chosen.items():
        if value != contract.soak.options.get(name, contract.options[name].default):
            words += [f"--{name}", value] if name in {"scenario", "venue"} else ["--option", f"{name}={value}"]
    return command(words)
