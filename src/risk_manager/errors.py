"""Every error of the daemon on one page. The class is the policy: what may be retried, and which code we exit with.

RiskManagerError                       exit code, hint
├── ConfigInvalid                      3   the configuration has faults (all of them are in it)
├── DataDirUnusable                    3   the data directory cannot be written
├── FileUnreadable                     3   another user's file stands in the way
├── StateError                         1
│   ├── AccountLocked                  1   another instance guards this account (names its pid)
│   ├── StateCorrupt                   1   the journal cannot be believed; never treated as "no state"
│   └── StoreWriteFailed               1   a commit failed: nothing was acknowledged, nothing is retried
├── VenueError                         4
│   ├── VenueRefused                   4   permanent: credentials, account, business refusal
│   ├── VenueBusy                      4   temporary: retry after `delay_s`
│   ├── VenueAmbiguous                 4   it may have happened: ask before sending again
│   ├── VenueUnreachable               4   it was not sent
│   └── VenueLost                      4   the stream broke
├── ProtocolViolation                  1   the venue's adapter cannot go on
├── SessionFileInvalid                 3   a session or script file is truncated, foreign or wrong
├── BootStalled                        2   the venue accepted the connection and never answered
└── ServiceFailed                      1   a part of the daemon died
"""

from collections.abc import Sequence

from service_contract.exit_codes import ExitCode
from service_contract.yaml_lines import Fault


class RiskManagerError(Exception):
    """Base: a message that says what, where and the value; a hint that says what to do; the exit code."""

    exit_code = ExitCode.EXCEPTION

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class ConfigInvalid(RiskManagerError):
    """Holds every fault found, each with file, line, column, value and remedy."""

    exit_code = ExitCode.CONFIG_ERROR

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("\n".join(fault.explain() for fault in faults))
        self.faults = tuple(faults)


class DataDirUnusable(RiskManagerError):
    """The data directory cannot be made or written."""

    exit_code = ExitCode.CONFIG_ERROR


class SessionFileInvalid(RiskManagerError):
    """A session or script file that cannot be used; says file, line and what was expected."""

    exit_code = ExitCode.CONFIG_ERROR


class FileUnreadable(RiskManagerError):
    """A file or directory that this user may not open."""

    exit_code = ExitCode.CONFIG_ERROR

    def __init__(self, name: str | None, reason: str | None) -> None:
        super().__init__(
            f"{name or 'a file'}: {reason or 'permission denied'}",
            hint="run as the user to whom it belongs, or let this user read it, and the directories above it",
        )


class StateError(RiskManagerError):
    """Something about the account's stored state."""


class AccountLocked(StateError):
    """Another instance guards this account."""


class StateCorrupt(StateError):
    """The stored state contradicts itself. Corrupt state is never treated as no state."""


class StoreWriteFailed(StateError):
    """A transaction could not be made durable. Memory is unchanged, nothing was acknowledged."""


class VenueError(RiskManagerError):
    """Something about the venue."""

    exit_code = ExitCode.API_ERROR


class VenueRefused(VenueError):
    """The venue said no, and will say no again."""


class VenueBusy(VenueError):
    """The venue cannot just now; try again after `delay_s` seconds."""

    def __init__(self, message: str, *, delay_s: float, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.delay_s = delay_s


class VenueAmbiguous(VenueError):
    """No answer, or one that does not say whether it happened. Read before sending again."""


class VenueUnreachable(VenueError):
    """Not connected: the request was not sent."""


class VenueLost(VenueError):
    """The stream broke; what happened since is to be asked for after reconnecting."""


class ProtocolViolation(RiskManagerError):
    """The venue's adapter cannot make sense of the connection as a whole (single messages are refused and counted)."""


class BootStalled(RiskManagerError):
    """Boot came to a halt: no refusal, no answer."""

    exit_code = ExitCode.STALLED


class ServiceFailed(RiskManagerError):
    """A part of the daemon ended that must not end."""
