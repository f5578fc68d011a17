"""`risk-runtime trace [PID]`: what every task of a running or hung service waits for, and why."""

import asyncio
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from runtime.cli.options import Documented, option, output_options
from runtime.cli.running import run_async
from runtime.clocks import utc_now, utc_text
from runtime.output.artifacts import pretty
from runtime.output.smoke import print_exit_code, print_finding
from runtime.output.terminal import Paint, Terminal
from runtime.paths import relative
from runtime.settings import WrongUsage, find_project
from runtime.tracing.client import NoAnswer, agents, ask
from runtime.tracing.render import dump
from runtime.tracing.trace import Trace, as_json, trace_process, with_second_sight
from runtime.tracing.trace_log import append
from runtime.tracing.witnesses import Witness, held_at, pstree, py_spy
from runtime.verdict import Verdict, exit_code, merge

_PAINTS = {Verdict.PASS: Paint.GOOD, Verdict.UNKNOWN: Paint.DOUBT, Verdict.FAIL: Paint.BAD}
_MOST_SLOW_S = 10.0
_MORE_FOR_SLOW_S = 2.0


@click.command(cls=Documented)
@click.argument("pid", type=click.IntRange(min=1), required=False)
@option("--watch", type=click.FloatRange(min=0.5), help="Look again every so many seconds, until Ctrl-C.")
@option("--slow", type=click.FloatRange(min=0.1, max=_MOST_SLOW_S), help="Time every callback for so many seconds.")
@option("--whole", is_flag=True, help="Every task, also of many that stand in the same place.")
@option("--project", type=click.Path(path_type=Path), help="The project's directory. [default: upwards from here]")
@option("--log-dir", type=click.Path(path_type=Path), help="Where runtime_trace.log is. [default: data/logs]")
@output_options
def trace(
    *, pid: int | None, watch: float | None, slow: float | None, whole: bool, project: Path | None,
    log_dir: Path | None, json: bool, color: str,
) -> int:  # fmt: skip
    """Show what each task of a running or hung service waits for, and name a deadlock or what blocks the loop.

    Without PID every service of this user that runs under the agent is traced.
    """
    if watch is not None and json:
        raise WrongUsage("--watch goes on for ever and --json is one object: take one of them")
    terminal = Terminal(sys.stderr if json else sys.stdout, color=color)
    found = _chosen(pid)
    log = _log_file(project, log_dir)
    while True:
        code = run_async(_once(found, terminal, log, slow=slow, whole=whole, json=json))
        if watch is None:
            return code
        run_async(_pause(watch))


async def _pause(seconds: float) -> int:
    await asyncio.sleep(seconds)
    return 0


def _chosen(pid: int | None) -> dict[int, Path]:
    """The sockets to ask. Raises WrongUsage where there is none."""
    found = agents()
    if pid is None:
        if not found:
            raise WrongUsage(
                "no service runs under the agent, so there is nothing to look into; start one in another terminal: "
                "python -m runtime.agent -m risk_manager run (smoke traces what it starts by itself)"
            )
        return found
    if pid in found:
        return {pid: found[pid]}
    others = f"; with an agent: {', '.join(map(str, found))}" if found else ""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        raise WrongUsage(f"there is no process {pid}{others}") from None
    except PermissionError:
        raise WrongUsage(f"process {pid} belongs to another user{others}") from None
    raise WrongUsage(f"process {pid} does not run under the agent (py-spy dump --pid {pid} needs none){others}")


def _log_file(project: Path | None, log_dir: Path | None) -> Path:
    if log_dir is None:
        root = find_project(project) if project is not None else _here()
        log_dir = root / "data" / "logs"
    return log_dir / "runtime_trace.log"


def _here() -> Path:
    """The project around here; where there is none, this directory: a hung service is traced from anywhere."""
    with suppress(WrongUsage):
        return find_project(None)
    return Path.cwd()


async def _once(
    found: Mapping[int, Path], terminal: Terminal, log: Path, *, slow: float | None, whole: bool, json: bool
) -> int:
    at = utc_text(utc_now())
    traces, slowest, witnesses = [], {}, {}
    for pid, path in found.items():
        trace, outside = await asyncio.gather(trace_process(pid, path), asyncio.to_thread(py_spy, pid))
        traces.append(_with_next(with_second_sight(trace, held_at(outside.saw or ""))))
        slowest[pid] = await _slowest(path, slow)
        python = trace.seen["python"] if trace.seen is not None else None
        witnesses[pid] = [outside, await asyncio.to_thread(pstree, pid, python)]
    append(log, at, traces)
    code = exit_code(merge(each.verdict for each in traces), [])
    for each in traces:
        _print(terminal, each, slowest[each.pid], witnesses[each.pid], whole=whole)
    terminal.line(f"log  {relative(log)}", Paint.DIM)
    print_exit_code(terminal, code)
    if json:
        services = [
            {
                **as_json(each),
                "slowest": slowest[each.pid],
                "witnesses": [
                    {"name": one.name, "verdict": "SEEN" if one.saw else "UNKNOWN", "saw": one.saw, "why": one.why}
                    for one in witnesses[each.pid]
                ],
            }
            for each in traces
        ]
        verdict = merge(each.verdict for each in traces).name
        document = {
            "schema": "runtime.trace/1", "at": at, "verdict": verdict, "exit_code": int(code),
            "services": services, "log": str(log),
        }  # fmt: skip
        sys.stdout.write(pretty(document).decode())
    return int(code)


def _with_next(found: Trace) -> Trace:
    """The same trace; each finding ends with what to type."""
    findings = tuple(
        replace(each, next=[f"risk-runtime explain {each.id}", f"risk-runtime trace {found.pid} --whole"])
        for each in found.findings
    )
    return replace(found, findings=findings)


async def _slowest(path: Path, seconds: float | None) -> list[dict[str, Any]] | None:
    """The slowest callbacks; None where nobody asked, or where the agent could not tell."""
    if seconds is None:
        return None
    with suppress(NoAnswer):
        answer = await ask(path, {"ask": "slow", "seconds": seconds}, seconds + _MORE_FOR_SLOW_S)
        return list(answer["callbacks"])
    return None


def _print(
    terminal: Terminal, found: Trace, slow: Sequence[Mapping[str, Any]] | None, witnesses: Sequence[Witness], *,
    whole: bool,
) -> None:  # fmt: skip
    lines = dump(found.seen, found.analysis, whole=whole) if found.seen is not None and found.analysis else []
    for line in lines[:-1]:
        terminal.line(line, Paint.STRONG if line.startswith("===") else None)
    for each in slow or ():
        terminal.line(f"Slowest: {each['worst_ms']:.1f} ms at worst of {each['calls']}: {each['callback']}")
    for witness in witnesses:
        if witness.saw is None:
            terminal.line(f"Witness: {witness.name}: UNKNOWN: {witness.why}", Paint.DIM)
        else:
            terminal.line(f"Witness: {witness.name}:")
            for line in witness.saw.splitlines():
                terminal.line(f"  {line}")
    for finding in found.findings:
        print_finding(terminal, finding)
    terminal.line()
    terminal.line(f"Diagnosis: {found.sentence}", _PAINTS[found.verdict])
