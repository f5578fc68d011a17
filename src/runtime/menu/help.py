"""What `h` says: every key with its flag, every exit code, and what to do when it comes."""

import textwrap
from collections.abc import Sequence

from runtime.menu.screen import Entry
from service_contract.exit_codes import ExitCode

_WIDTH = 80
_NEXT = {
    ExitCode.SUCCESS: "go on",
    ExitCode.EXCEPTION: "read the end of test_reports/latest.txt and the log",
    ExitCode.STALLED: "see the last checkpoint; trace it while it hangs",
    ExitCode.CONFIG_ERROR: "correct the file at the line named, then again",
    ExitCode.API_ERROR: "is the venue reachable, the key valid? key e looks",
    ExitCode.DEPENDENCY_ERROR: "make setup",
    ExitCode.USAGE: "compare what was typed with the usage",
    ExitCode.INTERRUPTED: "nothing is left running; start it again",
}


def what_to_do(code: int) -> str:
    """` STALLED: ...`, for the line after a run; empty for success and for a code that is not ours."""
    known = code in ExitCode.__members__.values() and code != ExitCode.SUCCESS
    return f" {ExitCode(code).name}: {_NEXT[ExitCode(code)]}" if known else ""


def help_lines(entries: Sequence[Entry]) -> list[str]:
    """The help, in lines of at most 80 columns."""
    keys = [f"  {'key':<4} {'flag for scripts':<18} {'what it runs':<14} "]
    for entry in entries:
        note = entry.hint if entry.argv else "(not there yet)"
        keys.append(f"  {entry.key:<4} {entry.flag:<18} {entry.label:<14} {note}")
    return [
        line.rstrip()
        for line in (
            "usage: python run_tests.py [KEY or FLAG [options of that command]]",
            "",
            *keys,
            f"  {'h':<4} {'--help':<18} {'help':<14} this text",
            f"  {'q':<4} {'':<18} quit",
            "",
            "The menu takes the same words: `s --scenario calm` is smoke with an option.",
            "Ctrl-C ends what runs and leads back to the menu; at the prompt it leaves.",
            "Every entry prints the command it runs, and test_reports/latest.txt keeps what",
            "it printed. Without a terminal and without arguments this text is all, and the",
            "exit code is 64.",
            "",
            "Exit codes, and what to do:",
            *(line for code in ExitCode for line in _code_lines(code)),
            "",
            "More: docs/how-to/troubleshooting.md, or: risk-runtime explain FEED-003",
        )
    ]


def _code_lines(code: ExitCode) -> list[str]:
    """What it means, and under it what to do."""
    head = f"  {code.value:>3}  {code.name:<16}  "
    meaning = textwrap.wrap(code.meaning, _WIDTH, initial_indent=head, subsequent_indent=" " * len(head))
    return [*meaning, f"{'':{len(head)}}-> {_NEXT[code]}"]
