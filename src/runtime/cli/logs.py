"""`risk-runtime logs`: the options of the log viewer, and how it prints."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
import msgspec

from runtime.cli.options import Documented, option, output_options
from runtime.cli.running import run_async
from runtime.contract.reader import load_contract
from runtime.logs import filters
from runtime.logs.boots import Boot
from runtime.logs.entries import LogEntry
from runtime.logs.follow import Follower
from runtime.logs.runs import UnknownRun, find_run
from runtime.logs.skip import needed
from runtime.logs.viewer import LINES, LogFiles, NoLog, View, everything, export, follow, log_files, view
from runtime.output.terminal import Paint, Terminal
from runtime.paths import relative
from runtime.settings import SERVICE_FILE, WrongUsage, find_project
from service_contract.exit_codes import ExitCode

_PATH = click.Path(path_type=Path)
_PAINTS = {30: Paint.DOUBT, 40: Paint.BAD, 50: Paint.BAD}
_MB = 1_000_000


@click.command(cls=Documented)
@option("--lines", type=click.IntRange(min=1), default=LINES, show_default=True, help="How many of the last lines.")
@option("--follow", is_flag=True, help="Go on with what is logged from now on, also across rotation, until Ctrl-C.")
@option("--level", help="This level and above: DEBUG, INFO, WARNING, ERROR or CRITICAL.")
@option("--grep", help="Lines with this keyword or regular expression; small letters find capitals too.")
@option("--since", metavar="TIME", help="From this time on: 10m ago, 14:30 today, or a date and time.")
@option("--until", metavar="TIME", help="Up to this time.")
@option("--run", metavar="RUN", help="Of this run: its id, or the name of its directory under data/reports.")
@option("--checkpoint", type=click.IntRange(min=1), help="The lines of this checkpoint, by number.")
@option("--rule", metavar="KEY", help="Lines that name this rule.")
@option(
    "--export", metavar="FILE", type=_PATH, help="Write every line that is wanted to a file; .jsonl for JSON lines."
)
@option("--file", type=_PATH, help="Another log than that of service.yaml; its twin is events.jsonl beside it.")
@option("--service", type=_PATH, help="Another service.yaml.")
@option("--project", type=_PATH, help="The project's directory. [default: upwards from here]")
@option("--log-dir", type=_PATH, help="Where the service logs. [default: data/logs]")
@output_options
def logs(*, json: bool, color: str, lines: int, **choices: Any) -> int:  # noqa: ANN401 -- the options above, by name
    """Show the end of the service's log, merged with its structured twin; filter, follow or export it."""
    root = find_project(choices["project"])
    files = _files(root, choices)
    wanted = _filter(root, files, choices)
    words = Terminal(sys.stderr, color=color)
    if choices["export"] is not None:
        return _export(files, wanted, choices["export"], words, as_json=json)
    follower = (
        Follower(files.text, files.events) if choices["follow"] else None
    )  # made first, so that nothing is missed
    try:
        found = view(files, wanted, lines)
    except NoLog as error:
        if follower is None:
            return _no_log(error, words, as_json=json)
        words.line(f"{error.strerror}: {error.filename}; waiting for it", Paint.DOUBT)
        found = None
    printer = _Printer(Terminal(sys.stdout, color=color), words)
    if found is not None:
        printer.head(found)
    if follower is not None:
        return _follow(follower, wanted, found, printer, as_json=json)
    if found is not None and json:
        sys.stdout.write(_object(found))
    elif found is not None:
        printer.show_all(found)
    return ExitCode.SUCCESS


def _files(root: Path, choices: Mapping[str, Any]) -> LogFiles:
    log_dir = (choices["log_dir"] or root / "data" / "logs").resolve()
    service = choices["service"] or relative(root / SERVICE_FILE)
    if choices["file"] is not None and not service.is_file():
        return LogFiles(choices["file"], choices["file"].with_name("events.jsonl"), {})
    return log_files(load_contract(service), log_dir, choices["file"])


def _filter(root: Path, files: LogFiles, choices: Mapping[str, Any]) -> filters.Filter:
    checkpoint = choices["checkpoint"]
    if checkpoint is not None and files.lines and checkpoint not in files.lines:
        raise WrongUsage(f"--checkpoint {checkpoint}: there are {len(files.lines)}")
    run = choices["run"]
    try:
        window = find_run(root / "data" / "reports", run) if run else None
    except UnknownRun as error:
        raise WrongUsage(str(error)) from error
    least = filters.level(choices["level"]) if choices["level"] else 0
    return filters.Filter(
        least=least,
        words=filters.words(choices["grep"]) if choices["grep"] else None,
        since_s=filters.moment(choices["since"], "--since") if choices["since"] else None,
        until_s=filters.moment(choices["until"], "--until") if choices["until"] else None,
        run=run,
        window=window,
        checkpoint=checkpoint,
        rule=filters.rule(choices["rule"]) if choices["rule"] else None,
        lines=files.lines,
        needed=needed(
            least=least, grep=choices["grep"], rule=choices["rule"], checkpoint=checkpoint, lines=files.lines
        ),
    )


def _export(files: LogFiles, wanted: filters.Filter, file: Path, words: Terminal, *, as_json: bool) -> int:
    try:
        number = export(everything(files, wanted), file)
    except NoLog as error:
        return _no_log(error, words, as_json=as_json)
    words.line(f"{number} lines written to {file}")
    if as_json:
        document = {"schema": "runtime.logs/1", "exit_code": 0, "exported": str(file), "lines_written": number}
        sys.stdout.write(_pretty(document))
    return ExitCode.SUCCESS


def _no_log(error: NoLog, words: Terminal, *, as_json: bool) -> int:
    """No log is no evidence of anything."""
    what = f"{error.strerror}: {error.filename}"
    words.line(f"LOG-002 {what}", Paint.DOUBT)
    words.line("  next  risk-runtime smoke", Paint.DIM)
    words.line(f"Exit Code: {ExitCode.STALLED.value} (no evidence)")
    if as_json:
        failure = {"schema": "runtime.error/1", "verdict": "UNKNOWN", "exit_code": 2, "error": f"LOG-002 {what}"}
        sys.stdout.write(_pretty(failure))
    return ExitCode.STALLED


def _follow(
    follower: Follower, wanted: filters.Filter, found: View | None, printer: "_Printer", *, as_json: bool
) -> int:
    show = printer.show_json if as_json else printer.show
    for entry in found.entries if found is not None else ():
        show(entry)

    async def work() -> int:
        await follow(follower, wanted, show)
        return ExitCode.SUCCESS

    return run_async(work())


class _Printer:
    """Lines for people to standard output, what is about them to standard error."""

    def __init__(self, out: Terminal, words: Terminal) -> None:
        self._out = out
        self._words = words

    def head(self, found: View) -> None:
        """Which log, and the first and the last checkpoint of the last boot."""
        size = f"{found.whole_bytes / _MB:.1f} MB, {found.bytes_read / _MB:.1f} MB of it read"
        self._words.line(f"log   {relative(found.files.text)}  ({size})", Paint.DIM)
        for line in boot_lines(found.boot):
            self._words.line(line, Paint.STRONG)

    def show_all(self, found: View) -> None:
        """Every entry; says so where there is none."""
        for entry in found.entries:
            self.show(entry)
        if not found.entries:
            self._words.line("no line is like that", Paint.DOUBT)

    def show(self, entry: LogEntry) -> None:
        """One entry, with what belongs to it below."""
        self._out.line(entry.line, _PAINTS.get(entry.weight))
        for line in (*entry.more, *entry.exception.splitlines()):
            self._out.line(f"    {line}", Paint.DIM)

    def show_json(self, entry: LogEntry) -> None:
        """One entry as a line of JSON."""
        self._out.line(msgspec.json.encode(entry.as_json()).decode())


def boot_lines(boot: Boot) -> list[str]:
    """The last boot in a line or two."""
    if boot.first is None and boot.last is None:
        return [f"boot  no checkpoint in the last {boot.bytes_read / _MB:.0f} MB of the log"] if boot.bytes_read else []
    first = (
        f"began before the last {boot.bytes_read / _MB:.0f} MB of the log" if boot.first is None else boot.first.line
    )
    lines = [f"boot  {first}"]
    if boot.last is not None:
        lines.append(f"last  {boot.last.line}  ({boot.last_n} of {boot.of})")
    return lines


def _object(found: View) -> str:
    boot = found.boot
    return _pretty(
        {
            "schema": "runtime.logs/1",
            "exit_code": 0,
            "log": str(found.files.text),
            "events": str(found.files.events),
            "bytes": found.whole_bytes,
            "bytes_read": found.bytes_read,
            "boot": {
                "first": boot.first.as_json() if boot.first else None,
                "last": boot.last.as_json() if boot.last else None,
                "last_n": boot.last_n or None,
                "of": boot.of,
            },
            "lines": [entry.as_json() for entry in found.entries],
        }
    )


def _pretty(document: object) -> str:
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"
