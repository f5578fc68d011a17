"""`risk-runtime env`: takes the environment snapshot, prints, saves, compares or judges it."""

import os
import sys
from pathlib import Path

import click

from runtime.cli.options import Documented, option, output_options
from runtime.contract.model import Contract
from runtime.contract.reader import load_contract
from runtime.environment import snapshot as environment
from runtime.environment.probes.item import State
from runtime.environment.snapshot import Difference, Judgement, Snapshot, SnapshotInvalid
from runtime.gate.config import GateConfig, load_gate
from runtime.gate.run import GATE_FILE
from runtime.output.artifacts import pretty
from runtime.output.smoke import print_exit_code
from runtime.output.terminal import Paint, Terminal
from runtime.paths import relative
from runtime.settings import SERVICE_FILE, WrongUsage, choose, find_project
from service_contract.exit_codes import ExitCode

_SHOWN = 20
_PATH = click.Path(path_type=Path)
_PAINTS = {
    State.WARNING.value: Paint.DOUBT,
    State.UNKNOWN.value: Paint.DOUBT,
    State.FAULT.value: Paint.BAD,
    State.SKIP.value: Paint.DIM,
}


@click.command(cls=Documented)
@click.argument("files", nargs=-1, type=_PATH, metavar="[A [B]]")
@option("--save", metavar="FILE", type=_PATH, help="Write the snapshot to this file too.")
@option("--diff", is_flag=True, help="Compare: with the last gate that passed, A with now, or A with B.")
@option("--judge", is_flag=True, help="Exit as the gate would: 0, or the code of the first fault.")
@option("--venue", help="Judge for this venue.")
@option("--service", type=_PATH, help="Another service.yaml.")
@option("--project", type=_PATH, help="The project's directory. [default: upwards from here]")
@option("--reports-dir", type=_PATH, help="Where reports go. [default: data/reports]")
@output_options
def env(
    *,
    files: tuple[Path, ...],
    save: Path | None,
    diff: bool,
    judge: bool,
    venue: str | None,
    service: Path | None,
    project: Path | None,
    reports_dir: Path | None,
    json: bool,
    color: str,
) -> int:
    """Take a snapshot of the environment: system, packages, variables, configuration, resources, network."""
    if files and not diff:
        raise WrongUsage(f"{files[0]}: files are compared with --diff")
    if len(files) > 2:  # noqa: PLR2004 -- one before and one after
        raise WrongUsage("--diff takes one or two files")
    root = find_project(project)
    reports = (reports_dir or root / "data" / "reports").resolve()
    terminal = Terminal(sys.stderr if json else sys.stdout, color=color)
    try:
        if len(files) == 2:  # noqa: PLR2004 -- one before and one after
            old, new = (environment.load(file) for file in files)
            return _tell_difference(environment.compare(old, new), terminal, str(files[0]), str(files[1]), json=json)
        snapshot = _take(root, reports, service, venue)
        run_dir = environment.keep(snapshot, reports)
        if save is not None:
            environment.save(snapshot, save)
        if diff:
            return _compare_with_now(files, snapshot, reports, terminal, json=json)
    except SnapshotInvalid as error:
        raise WrongUsage(str(error)) from error
    since = _since_last_pass(snapshot, reports)
    _print(snapshot, since, terminal)
    terminal.line(f"report {relative(run_dir)}{f'; saved in {save}' if save else ''}", Paint.DIM)
    judgement = environment.judge(snapshot)
    code = judgement.code if judge else ExitCode.SUCCESS
    if judge:
        _print_judgement(judgement, since, terminal)
        print_exit_code(terminal, code)
        terminal.line(_summary(judgement, since), Paint.GOOD if code == 0 else Paint.BAD)
    if json:
        sys.stdout.write(pretty(_document(snapshot, judgement, since, code)).decode())
    return code


def _take(root: Path, reports: Path, service: Path | None, venue: str | None) -> Snapshot:
    contract: Contract | None = None
    gate: GateConfig | None = None
    file = service or relative(root / SERVICE_FILE)
    if file.is_file():
        contract = load_contract(file)
    if (root / GATE_FILE).is_file():
        gate = load_gate(relative(root / GATE_FILE))
    given = {"venue": venue} if venue else {}
    chosen = choose(contract, given, os.environ) if contract else given
    return environment.take(
        project=root, reports=reports, contract=contract, gate=gate, environ=os.environ, chosen=chosen
    )


def _since_last_pass(snapshot: Snapshot, reports: Path) -> list[Difference] | None:
    """What differs from the last gate that passed; None where none did."""
    file = reports / environment.LAST_PASS
    return environment.compare(environment.load(file), snapshot) if file.is_file() else None


def _compare_with_now(
    files: tuple[Path, ...], snapshot: Snapshot, reports: Path, terminal: Terminal, *, json: bool
) -> int:
    if not files and not (reports / environment.LAST_PASS).is_file():
        raise WrongUsage("no gate has passed here yet, so there is nothing to compare with; name a file: --diff A")
    file = files[0] if files else reports / environment.LAST_PASS
    differences = environment.compare(environment.load(file), snapshot)
    return _tell_difference(differences, terminal, str(relative(file)), "now", json=json)


def _tell_difference(differences: list[Difference], terminal: Terminal, old: str, new: str, *, json: bool) -> int:
    terminal.line(f"{old} -> {new}", Paint.STRONG)
    for each in differences:
        terminal.line(f"  {each}", Paint.DOUBT)
    terminal.line(f"  {_number(differences)}" if differences else "  no difference")
    if json:
        document = {
            "schema": "runtime.env-diff/1",
            "exit_code": 0,
            "old": old,
            "new": new,
            "differences": [_difference_json(each) for each in differences],
        }
        sys.stdout.write(pretty(document).decode())
    return ExitCode.SUCCESS


def _number(differences: list[Difference]) -> str:
    return f"{len(differences)} difference{'' if len(differences) == 1 else 's'}"


def _difference_json(each: Difference) -> dict[str, object]:
    return {"section": each.section, "name": each.name, "old": each.old, "new": each.new}


def _print(snapshot: Snapshot, since: list[Difference] | None, terminal: Terminal) -> None:
    terminal.line("=== Environment Snapshot ===", Paint.STRONG)
    for title, items in snapshot.sections.items():
        terminal.line()
        terminal.line(f"{title}:", Paint.STRONG)
        for item in items:
            if not item.hidden:
                cause = f"  {item.cause}" if item.cause else ""
                terminal.prose(f"  {item.name}: {item.text or item.value}{cause}", _PAINTS.get(item.state))
    terminal.line()
    terminal.line("Since the last gate that passed:", Paint.STRONG)
    if since is None:
        terminal.line("  none has passed here yet", Paint.DIM)
    elif not since:
        terminal.line("  no difference")
    for each in (since or ())[:_SHOWN]:
        terminal.prose(f"  {each}", Paint.DOUBT)
    if since is not None and len(since) > _SHOWN:
        terminal.line(f"  and {len(since) - _SHOWN} more: risk-runtime env --diff", Paint.DIM)
    terminal.line()
    terminal.line("=== End Snapshot ===", Paint.STRONG)


def _print_judgement(judgement: Judgement, since: list[Difference] | None, terminal: Terminal) -> None:
    for word, found, paint in (
        ("FAIL", judgement.faults, Paint.BAD),
        ("UNKNOWN", judgement.unknown, Paint.DOUBT),
        ("WARN", judgement.warnings, Paint.DOUBT),
    ):
        for section, item in found:
            terminal.line(f"{word}  {item.cause}  {section}: {item.name}: {item.text or item.value}", paint)
    for each in since or ():
        terminal.line(f"WARN  ENV-001  {each}", Paint.DOUBT)


def _summary(judgement: Judgement, since: list[Difference] | None) -> str:
    """One line for the gate's table."""
    worst = [*judgement.faults, *judgement.unknown]
    if worst:
        _, item = worst[0]
        return f"{item.cause} {item.name}: {item.text or item.value}"
    parts = [f"{len(judgement.warnings)} warning(s)"] if judgement.warnings else []
    parts += [f"{item.cause} {item.name}" for _, item in judgement.warnings[:1]]
    if since is None:
        parts.append("no earlier pass to compare with")
    else:
        parts.append(f"ENV-001 {_number(since)} to the last pass" if since else "the same as at the last pass")
    return "environment fine: " + "; ".join(parts)


def _document(
    snapshot: Snapshot, judgement: Judgement, since: list[Difference] | None, code: ExitCode
) -> dict[str, object]:
    return {
        "schema": snapshot.schema,
        "exit_code": int(code),
        "verdict": {0: "PASS", 2: "UNKNOWN"}.get(int(judgement.code), "FAIL"),
        "taken_at": snapshot.taken_at,
        "run": snapshot.run,
        "service": snapshot.service,
        "venue": snapshot.venue,
        "salt": snapshot.salt,
        "sections": snapshot.sections,
        "since_last_pass": None if since is None else [_difference_json(each) for each in since],
    }
