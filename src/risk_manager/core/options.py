"""What one run of the daemon is asked to do, whichever way it was said (flag, variable, default)."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """Everything `risk-manager run` takes. Units are in the names; None means "not said"."""

    config: Path
    data_dir: Path
    log_dir: Path
    account: str | None = None
    venue: str | None = None
    scenario: str = "breach"
    socket: Path | None = None
    replay: Path | None = None
    speed: float = float("inf")
    dry_run: bool = False
    canary: bool = False
    for_s: float | None = None
    log_level: str = "INFO"
    log_to_terminal: bool = True
