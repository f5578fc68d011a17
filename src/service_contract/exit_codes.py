"""The exit codes of every program of this project, with the line each one prints."""

import textwrap
from enum import IntEnum

_WIDTH = 78  # of a terminal's 80, because click indents it by two


class ExitCode(IntEnum):
    """How a program ended. Scripts and CI gate on these numbers; they never change meaning."""

    SUCCESS = 0
    EXCEPTION = 1
    STALLED = 2
    CONFIG_ERROR = 3
    API_ERROR = 4
    DEPENDENCY_ERROR = 5
    # click and argparse would say 2, which means STALLED here.
    USAGE = 64
    INTERRUPTED = 130

    @property
    def meaning(self) -> str:
        """One line for `--help` and for the end of a run."""
        return _MEANINGS[self]


_MEANINGS = {
    ExitCode.SUCCESS: "all claims proven; safe to deploy",
    ExitCode.EXCEPTION: "an exception, a failed claim or a failed test; see the error and the log",
    ExitCode.STALLED: "no verdict in time; see the last checkpoint reached",
    ExitCode.CONFIG_ERROR: "the configuration is invalid; see file, line and remedy",
    ExitCode.API_ERROR: "the venue refused or cannot be reached; see host and remedy",
    ExitCode.DEPENDENCY_ERROR: "a package is missing or too old; see the command that installs it",
    ExitCode.USAGE: "the command line is wrong; see the usage",
    ExitCode.INTERRUPTED: "interrupted with Ctrl-C",
}


def help_table() -> str:
    """The codes as an indented table of at most 78 columns, as every `--help` of this project ends."""
    return "\n".join(["Exit codes:", *(line for code in ExitCode for line in _row(code))])


def _row(code: ExitCode) -> list[str]:
    head = f"  {code.value:>3}  {code.name:<16}  "
    return textwrap.wrap(code.meaning, _WIDTH, initial_indent=head, subsequent_indent=" " * len(head))
