"""The menu behind run_tests.py: shows a table of entries, runs the one that was chosen, and keeps a report of it.

The table itself, keys and commands, stands in run_tests.py; nothing here knows what an entry means. `menu_facts`
gathers what stands beside the entries, `menu_market` asks about the market, `menu_screen` lays it all out.
"""

import os
import shlex
import shutil
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from runtime.clocks import utc_now
from runtime.menu.help import help_lines, what_to_do
from runtime.menu.screen import Entry, screen
from runtime.menu.state import MenuState
from runtime.observing.foreground import NotStarted, Ran, run_in_terminal
from runtime.output.junit import UnreadableJunit, read_junit
from runtime.output.terminal import Paint, Terminal, as_it_stood
from runtime.paths import relative
from runtime.settings import new_names
from service_contract.atomic_files import write_atomically
from service_contract.exit_codes import ExitCode

_CUT_FOR_TESTS = ("RISK_", "RUNTIME_")
_HELP = frozenset({"h", "?", "help", "-h", "--help"})
_QUIT = frozenset({"q", "quit", "exit"})
_PROMPT = " key, then Enter > "
_AFTERWARDS = " Enter: the menu   h: help   q: quit > "


class Menu:
    """Entries, and a project to run them in."""

    def __init__(self, entries: Sequence[Entry], project: Path, environ: Mapping[str, str] = os.environ) -> None:
        self.entries = tuple(entries)
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
        if name in _HELP:
            self.help()
            return ExitCode.SUCCESS
        entry = self._find(name)
        if entry is None:
            self.terminal.line(f"run_tests.py: no such key or flag: {name}", Paint.BAD)
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
        try:
            return self._run(entry, more, as_json=as_json)
        except NotStarted as error:
            self.terminal.line(str(error), Paint.BAD)
        except OSError as error:  # a full disk, a directory that is not ours
            self.terminal.line(f"no report can be kept: {error.filename}: {error.strerror}", Paint.BAD)
        return ExitCode.EXCEPTION

    def _run(self, entry: Entry, more: Sequence[str], *, as_json: bool) -> int:
        reports = self.project / "test_reports"
        reports.mkdir(exist_ok=True)
        # With options it is another run than the whole group, whose counts the menu shows.
        label = "-".join([*entry.label.split(), *(["with-options"] if more else [])])
        report = reports / f"{utc_now():%Y%m%dT%H%M%S.%fZ}-{label}.txt"
        junit = report.with_suffix(".xml")
        values = {"python": sys.executable, "junit": str(junit), "project": str(self.project)}
        argv = [_fill(text, values) for text in entry.argv] + list(more)
        self.terminal.line("$ " + shlex.join(_shown(text, self.project) for text in argv), Paint.STRONG)
        ran = run_in_terminal(argv, self._environment(entry), self.project, report, errors_too=not as_json)
        code = self._of_pytest(ran, junit) if entry.tests else self._of_command(ran)
        if code == ExitCode.INTERRUPTED and junit.exists():
            junit.rename(junit.with_suffix(".interrupted.xml"))
        report.write_bytes(as_it_stood(report.read_bytes()))
        write_atomically(reports / "latest.txt", report.read_bytes(), mode=0o644)
        self.terminal.line(f"report {relative(report)}", Paint.DIM)
        return code

    def _of_command(self, ran: Ran) -> int:
        """Its own code; one that a signal ended has none of ours."""
        if ran.code >= 0:
            return ran.code
        if ran.code == -signal.SIGINT:
            return ExitCode.INTERRUPTED
        self.terminal.line(f"it was ended by signal {-ran.code} ({signal.strsignal(-ran.code)})", Paint.BAD)
        return ExitCode.EXCEPTION

    def _of_pytest(self, ran: Ran, junit: Path) -> int:
        """No tests is no evidence, and fails; pytest's own codes 2 to 5 mean other things here."""
        if ran.interrupted:
            return ExitCode.INTERRUPTED
        try:
            count = read_junit(junit).ran
        except UnreadableJunit:
            count = 0
        if count == 0:
            self.terminal.line("no tests ran", Paint.BAD)
        elif ran.code:
            self.terminal.line(f"tests failed (pytest exited with {ran.code})", Paint.BAD)
        return ExitCode.SUCCESS if ran.code == 0 and count else ExitCode.EXCEPTION

    def _environment(self, entry: Entry) -> dict[str, str]:
        environ = dict(self.environ)
        if entry.tests:
            environ = {name: value for name, value in environ.items() if not name.startswith(_CUT_FOR_TESTS)}
        if self.terminal.ascii_only:
            environ["PYTHONIOENCODING"] = "ascii:replace"
        return environ

    def _find(self, name: str) -> Entry | None:
        return next((each for each in self.entries if name and name in {each.key, each.flag, each.label.lower()}), None)

    def help(self) -> None:
        """Keys, flags, and what each exit code asks for."""
        for text in help_lines(self.entries):
            self.terminal.line(text)

    def show(self, state: MenuState) -> None:
        """The menu: what is known, and what can be done."""
        size = shutil.get_terminal_size()
        for line in screen(self.entries, state.facts(self.entries), size.columns, size.lines):
            self.terminal.line("".join(self.terminal.painted(*piece) for piece in line).rstrip())

    def _interact(self) -> int:
        state = MenuState(self.project, self.environ)
        try:
            return self._ask_and_run(state)
        finally:
            state.close()

    def _ask_and_run(self, state: MenuState) -> int:
        """Until somebody quits: then the code of what ran last. Ctrl-C at the prompt leaves with 130."""
        code: int = ExitCode.SUCCESS
        self.show(state)
        prompt = _PROMPT
        while True:
            try:
                typed = input(f"\n{prompt}").strip()
            except KeyboardInterrupt:
                self.terminal.line()
                return ExitCode.INTERRUPTED
            except (EOFError, OSError, UnicodeDecodeError):  # the terminal has gone, or sends what is no text
                self.terminal.line()
                return code
            prompt = _AFTERWARDS
            name, more = _words(typed)
            entry = self._find(name)
            if name in _QUIT:
                return code
            if not name:
                self.show(state)
                prompt = _PROMPT
            elif name in _HELP:
                self.help()
            elif entry is None:
                self.terminal.line(f"no such key: {name} (Enter shows the menu)", Paint.DOUBT)
            else:
                try:
                    code = self.run(entry, more)
                except KeyboardInterrupt:  # pressed once more when it had ended
                    code = ExitCode.INTERRUPTED
                self.terminal.line(f"exit code {code}{what_to_do(code)}", Paint.GOOD if code == 0 else Paint.BAD)


def _words(typed: str) -> tuple[str, list[str]]:
    """The key and what was typed after it; a quote without its other half is taken as it stands."""
    try:
        words = shlex.split(typed)
    except ValueError:
        words = typed.split()
    return (words[0], words[1:]) if words else ("", [])


def _fill(text: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def _shown(text: str, project: Path) -> str:
    """A command as somebody would type it: paths of the project relative to it."""
    return text.replace(f"{project}/", "")
