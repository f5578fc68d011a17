"""The menu behind run_tests.py: shows a table of entries, runs the one that was chosen, and keeps a report of it.

The table itself, keys and commands, stands in run_tests.py; nothing here knows what an entry means.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from runtime.clocks import utc_now
from runtime.gate import read_revision
from runtime.junit import UnreadableJunit, read_junit
from runtime.paths import relative
from runtime.process import NotStarted, run_in_terminal
from runtime.settings import new_names
from runtime.terminal import Paint, Terminal
from service_contract.atomic_files import write_atomically
from service_contract.exit_codes import ExitCode, help_table

_CUT_FOR_TESTS = ("RISK_", "RUNTIME_")
_WIDTH = 80


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the menu.

    argv: what it runs; `{python}` and `{junit}` are filled in. flag: its name for scripts. tests: a pytest run.
    An entry without argv is not there yet.
    """

    key: str
    label: str
    hint: str
    argv: tuple[str, ...] = ()
    flag: str = ""
    tests: bool = False


class Menu:
    """Entries, and a project to run them in."""

    def __init__(self, entries: Sequence[Entry], project: Path, environ: Mapping[str, str] = os.environ) -> None:
        self.entries = {entry.key: entry for entry in entries}
        self.project = project
        self.environ = {**environ, **new_names(environ)}
        self.terminal = Terminal(sys.stdout, environ=environ)

    def main(self, arguments: Sequence[str]) -> int:
        """One flag or key runs its entry; nothing at all is the menu on a terminal, and wrong usage elsewhere."""
        if not arguments:
            if sys.stdin.isatty() and sys.stdout.isatty():
                return self._interact()
            self.help()
            return ExitCode.USAGE
        name, *rest = arguments
        if name in {"-h", "--help", "h"}:
            self.help()
            return ExitCode.SUCCESS
        entry = self._find(name)
        if entry is None:
            self.terminal.line(f"run_tests.py: unknown: {name}", Paint.BAD)
            self.help()
            return ExitCode.USAGE
        return self.run(entry, rest)

    def run(self, entry: Entry, more: Sequence[str] = ()) -> int:
        """Print the command, run it, keep its output, and give its exit code back (pytest's become 0 or 1)."""
        as_json = "--json" in more
        if as_json:
            self.terminal = Terminal(sys.stderr, environ=self.environ)
        if not entry.argv:
            self.terminal.line(f"{entry.label} is not there yet", Paint.DOUBT)
            return ExitCode.USAGE
        reports = self.project / "test_reports"
        reports.mkdir(exist_ok=True)
        report = reports / f"{utc_now():%Y%m%dT%H%M%S.%fZ}-{entry.label.replace(' ', '-')}.txt"
        junit = report.with_suffix(".xml")
        values = {"python": sys.executable, "junit": str(junit), "project": str(self.project)}
        argv = [_fill(text, values) for text in entry.argv] + list(more)
        self.terminal.line("$ " + " ".join(_shown(text, self.project) for text in argv), Paint.STRONG)
        try:
            code = run_in_terminal(argv, self._environment(entry), self.project, report, errors_too=not as_json)
        except NotStarted as error:
            self.terminal.line(str(error), Paint.BAD)
            return ExitCode.EXCEPTION
        if entry.tests:
            code = self._of_pytest(code, junit)
        write_atomically(reports / "latest.txt", report.read_bytes(), mode=0o644)
        self.terminal.line(f"report {relative(report)}", Paint.DIM)
        return code

    def _of_pytest(self, code: int, junit: Path) -> int:
        """No tests is no evidence, and fails; pytest's own codes 2 to 5 mean other things here."""
        if code == ExitCode.INTERRUPTED:
            return code
        try:
            ran = read_junit(junit).ran
        except UnreadableJunit:
            ran = 0
        if ran == 0:
            self.terminal.line("no tests ran", Paint.BAD)
        elif code:
            self.terminal.line(f"tests failed (pytest exited with {code})", Paint.BAD)
        return ExitCode.SUCCESS if code == 0 and ran else ExitCode.EXCEPTION

    def _environment(self, entry: Entry) -> dict[str, str]:
        environ = dict(self.environ)
        if entry.tests:
            environ = {name: value for name, value in environ.items() if not name.startswith(_CUT_FOR_TESTS)}
        if self.terminal.color:
            environ["FORCE_COLOR"] = "1"  # its output passes through us, so it sees no terminal
        return environ

    def _find(self, name: str) -> Entry | None:
        named = [entry for entry in self.entries.values() if name in {entry.key, entry.flag}]
        return named[0] if named else None

    def help(self) -> None:
        """Keys, flags, and what each exit code asks for."""
        self.terminal.line("usage: python run_tests.py [FLAG or KEY] [options of that command]")
        self.terminal.line()
        for entry in self.entries.values():
            note = entry.hint if entry.argv else f"{entry.hint} (not there yet)"
            self.terminal.line(f"  {entry.key:<3} {entry.flag:<19} {entry.label:<13} {note.strip()}".rstrip())
        self.terminal.line("  h   --help              help          this text")
        self.terminal.line("  q                       quit")
        self.terminal.line()
        for line in help_table().splitlines():
            self.terminal.line(line)
        self.terminal.line()
        self.terminal.line(
            "Without arguments, on a terminal, it is a menu; elsewhere it is this text and exit code 64."
        )

    def show(self) -> None:
        """The menu: what is known, and what can be done."""
        revision = read_revision(self.project)
        version = ".".join(map(str, sys.version_info[:3]))
        head = f" {self.project.name} - run_tests"
        right = f"py {version}  {sys.platform}  {revision}"
        self.terminal.line(f"{head}{right:>{_WIDTH - len(head)}}", Paint.STRONG)
        self.terminal.line(" " + "-" * (_WIDTH - 1), Paint.DIM)
        verdicts = [
            verdict for kind in ("gate", "soak", "smoke", "demo") if (verdict := last_verdict(self.project, kind))
        ]
        self.terminal.line(" " + ("    ".join(verdicts) if verdicts else "no run yet"))
        self.terminal.line()
        entries = list(self.entries.values())
        tests = [entry for entry in entries if entry.tests]
        others = [entry for entry in entries if not entry.tests]
        left, right_title = " TESTS", "RUNTIME"
        self.terminal.line(f"{left:<32}{right_title}", Paint.STRONG)
        for index in range(max(len(tests), len(others))):
            first = self._cell(tests[index], 15) if index < len(tests) else ""
            second = self._cell(others[index], 13) if index < len(others) else ""
            self.terminal.line(f"  {first:<29} {second}".rstrip())
        self.terminal.line(f"  {'':<29} [h] help         [q] quit")

    def _cell(self, entry: Entry, width: int) -> str:
        hint = entry.hint if entry.argv else "(not there yet)"
        return f"[{entry.key}] {entry.label:<{width}}{hint}"

    def _interact(self) -> int:
        code: int = ExitCode.SUCCESS
        while True:
            self.show()
            try:
                key = input(" > ").strip()
            except (EOFError, KeyboardInterrupt):
                return code
            if key == "q":
                return code
            entry = self._find(key)
            if key == "h":
                self.help()
            elif entry is None:
                self.terminal.line(f"no such key: {key}", Paint.DOUBT)
            else:
                code = self.run(entry)
                self.terminal.line(f"exit code {code}", Paint.DIM)


def last_verdict(project: Path, kind: str) -> str:
    """`smoke PASS 12m ago`, from the report of the last run; empty where there is none."""
    directory = project / "data" / "reports" / kind
    try:
        file = directory / (directory / "latest").read_text(encoding="utf-8").strip() / "result.json"
        verdict = msgspec.json.decode(file.read_bytes(), type=_Result).verdict
        age_s = utc_now().timestamp() - file.stat().st_mtime
    except (OSError, msgspec.MsgspecError):
        return ""
    return f"{kind} {verdict} {_age(age_s)}"


class _Result(msgspec.Struct):
    verdict: str


def _age(seconds: float) -> str:
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds >= size:
            return f"{seconds // size:.0f}{unit} ago"
    return "just now"


def _fill(text: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def _shown(text: str, project: Path) -> str:
    """A command as somebody would type it: paths of the project relative to it."""
    return text.removeprefix(f"{project}/")
