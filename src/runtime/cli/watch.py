"""`risk-runtime watch`: its options, its status line, and its report."""

import os
import shutil
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import click
import msgspec

from runtime.cli.options import Documented, option, output_options, request_from, start_options
from runtime.cli.running import run_async
from runtime.clocks import monotonic_ns, utc_now, utc_text
from runtime.output.artifacts import pretty
from runtime.output.smoke import print_exit_code, print_finding
from runtime.output.terminal import Paint, Terminal
from runtime.paths import relative
from runtime.smoke_test import SmokeRequest
from runtime.verdict import Verdict, exit_code
from runtime.watch.guard import Watch, WatchPolicy, WatchReport, WatchRequest
from runtime.watch.guard_beat import MAX_AGE_S, judge
from runtime.watch.paging import page_person
from runtime.watch.watched import Limits
from service_contract.atomic_files import make_private_dir, write_atomically
from service_contract.exit_codes import ExitCode
from service_contract.findings import Finding

_PATH = click.Path(path_type=Path)
_SECONDS = click.FloatRange(min=0, min_open=True)
_STATUS_NS = 10_000_000_000
_REDRAW_NS = 200_000_000
_PAINTS = {Verdict.PASS: Paint.GOOD, Verdict.UNKNOWN: Paint.DOUBT, Verdict.FAIL: Paint.BAD}


@click.command(cls=Documented)
@start_options
@option(
    "--heartbeat", type=_SECONDS, default=5.0, show_default=True, help="Seconds without WATCHDOG=1 that are too many."
)
@option("--ready", type=_SECONDS, default=30.0, show_default=True, help="Seconds until READY=1 after a start.")
@option(
    "--restarts", type=click.IntRange(min=0), default=5, show_default=True, help="Failures within the window to bear."
)
@option("--window", type=_SECONDS, default=300.0, show_default=True, help="Seconds within which failures are counted.")
@option("--pause", type=_SECONDS, default=0.5, show_default=True, help="Seconds before the first restart; it doubles.")
@option("--page-only", is_flag=True, help="Do not restart: page, stop what is left, and end.")
@option("--duration", type=_SECONDS, help="End after so many seconds. [default: until Ctrl-C]")
@option("--state-dir", type=_PATH, help="The state, which every restart finds again. [default: data]")
@option("--check", is_flag=True, help="Start nothing: is there a watch, and does it live? Pages where it does not.")
@option("--max-age", type=_SECONDS, default=MAX_AGE_S, show_default=True, help="Of --check: seconds without a beat.")
@output_options
def watch(*, json: bool, color: str, check: bool, max_age: float, **choices: Any) -> int:  # noqa: ANN401 -- the options above, by name
    """Run the service and watch its heartbeats: restart it with growing pauses, page, give up on a crash loop."""
    smoke = request_from({**choices, "session": None, "timeout": None}, "watch")
    state_dir = (choices["state_dir"] or smoke.places.project / "data").resolve()
    if check:
        return run_async(_check(smoke, max_age, Terminal(sys.stderr if json else sys.stdout, color=color), json=json))
    limits = Limits(ready_s=choices["ready"], heartbeat_s=choices["heartbeat"])
    policy = WatchPolicy(
        limits, choices["restarts"], choices["window"], choices["pause"], restart=not choices["page_only"]
    )
    places = replace(smoke.places, state_dir=state_dir)
    request = WatchRequest(smoke.contract, places, smoke.chosen, smoke.environ, policy, choices["duration"])
    printer = _Printer(request, Terminal(sys.stderr if json else sys.stdout, color=color))

    async def work() -> int:
        report = await Watch(request, printer.tell, printer.status).run()
        return printer.finish(report, json=json)

    return run_async(work())


async def _check(smoke: SmokeRequest, max_age_s: float, terminal: Terminal, *, json: bool) -> int:
    """Say whether a guard guards. One that does not is paged: it cannot do so itself."""
    verdict, what, found = judge(smoke.places.run_dir.parent, max_age_s)
    code = exit_code(verdict, [])
    terminal.line(f"{verdict.name}  {what}", _PAINTS[verdict])
    problem = ""
    if found is not None:
        print_finding(terminal, found)
        if smoke.contract.page:
            make_private_dir(smoke.places.run_dir)
            problem = await page_person(smoke.contract.page, smoke.places, smoke.environ, found, 1)
            terminal.line(problem or "paged", Paint.BAD if problem else None)
    shutil.rmtree(smoke.places.socket_dir, ignore_errors=True)
    print_exit_code(terminal, code)
    if json:
        document = {
            "schema": "runtime.watch-check/1",
            "verdict": verdict.name,
            "exit_code": int(code),
            "what": what,
            "paged": found is not None and bool(smoke.contract.page) and not problem,
            "diagnosis": [found.as_json()] if found is not None else [],
        }
        sys.stdout.write(pretty(document).decode())
    return int(code)


class _Printer:
    """Events as lines, a status line that is redrawn on a terminal, and `events.jsonl` as it happens."""

    def __init__(self, request: WatchRequest, terminal: Terminal) -> None:
        self._request = request
        self._terminal = terminal
        self._redraw = terminal.stream.isatty()
        self._next_ns = monotonic_ns() + (0 if self._redraw else _STATUS_NS)
        self._drawn = False
        make_private_dir(request.places.run_dir)
        self._events = request.places.run_dir / "events.jsonl"
        limits = request.policy.limits
        terminal.line(
            f"watch {request.contract.name}  heartbeat {limits.heartbeat_s:g}s  ready {limits.ready_s:g}s  "
            f"state {relative(request.places.state_dir)}  run {request.places.run}",
            Paint.STRONG,
        )

    def tell(self, text: str, found: Finding | None) -> None:
        """Something happened."""
        now = utc_text(utc_now())
        entry = {"t": now, "what": text, "finding": found.as_json() if found is not None else None}
        descriptor = os.open(self._events, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "ab") as stream:
            stream.write(msgspec.json.encode(entry) + b"\n")
        self._line(f"{now}  {text}", Paint.BAD if found is not None else None)  # what was shown has been kept

    def status(self, watching: Watch) -> None:
        """How it stands: redrawn on a terminal, else a line every ten seconds."""
        now_ns = monotonic_ns()
        if now_ns < self._next_ns or watching.life is None:
            return
        self._next_ns = now_ns + (_REDRAW_NS if self._redraw else _STATUS_NS)
        vitals = watching.life.vitals(now_ns)
        beat = "none yet" if vitals.beat_s is None else f"{vitals.beat_s:.1f}s ago"
        restarts = len(watching.report.lives) - 1
        last = watching.report.findings[-1].id if watching.report.findings else "none"
        stage = "ready" if vitals.ready_s is not None else "booting"
        text = (
            f"pid {watching.life.child.pid}  up {vitals.up_s:.0f}s  {stage}  heartbeat {beat}"
            f"  restarts {restarts}  last trouble {last}"
        )
        if self._redraw:
            self._terminal.stream.write(f"\r\x1b[K{self._terminal.writable(text)}")
            self._terminal.stream.flush()
            self._drawn = True
        else:
            self._terminal.line(text, Paint.DIM)

    def _line(self, text: str, paint: Paint | None) -> None:
        if self._drawn:
            self._terminal.stream.write("\r\x1b[K")
            self._drawn = False
        self._terminal.line(text, paint)

    def finish(self, report: WatchReport, *, json: bool) -> int:
        """Write the report, print the end, give the exit code back."""
        run_dir = self._request.places.run_dir
        document = as_json(self._request, report)
        write_atomically(run_dir / "result.json", pretty(document))
        write_atomically(run_dir.parent / "latest", f"{run_dir.name}\n".encode())
        good = report.exit_code in {ExitCode.SUCCESS, ExitCode.INTERRUPTED}
        self._line(f"{'ended' if good else 'FAIL'}  {report.why}", Paint.GOOD if good else Paint.BAD)
        for life in report.lives[-5:]:
            self._terminal.line(
                f"  pid {life.pid}  up {life.up_s:.1f}s  {life.heartbeats} heartbeats, widest gap {life.max_gap_s:.2f}s"
                f"  {life.cause} {life.ended}".rstrip()
            )
        self._terminal.line(f"  reports  {relative(run_dir)}", Paint.DIM)
        print_exit_code(self._terminal, report.exit_code)
        if json:
            sys.stdout.write(pretty(document).decode())
        return int(report.exit_code)


def as_json(request: WatchRequest, report: WatchReport) -> dict[str, object]:
    """The object that `--json` prints; its schema is docs/reference/schemas/watch.schema.json."""
    verdicts = {ExitCode.SUCCESS: "PASS", ExitCode.INTERRUPTED: "UNKNOWN", ExitCode.STALLED: "UNKNOWN"}
    return {
        "schema": "runtime.watch/1",
        "service": request.contract.name,
        "run": request.places.run,
        "started_at": report.started_at,
        "verdict": verdicts.get(report.exit_code, "FAIL"),
        "exit_code": int(report.exit_code),
        "why": report.why,
        "lives": [asdict(life) for life in report.lives],
        "pages": report.pages,
        "diagnosis": [found.as_json() for found in report.findings],
        "artifacts": {"dir": str(request.places.run_dir), "result": str(request.places.run_dir / "result.json")},
    }
