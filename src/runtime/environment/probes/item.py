"""What a probe finds: items with a state, and what every probe is given to find them."""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from runtime.contract.model import Contract
from runtime.gate.config import GateConfig

_SECRET_NAME = re.compile(r"KEY|TOKEN|SECRET|PASSW|CREDENTIAL|AUTH|LOGIN|USER|ACCOUNT|PRIVATE|COOKIE|SESSION_ID|PIN$")
_USERINFO = re.compile(r"(?<=://)[^/@\s]+@")


class State(Enum):
    """How an item stands. INFO is neither good nor bad; SKIP is not needed here, and says why."""

    OK = "ok"
    INFO = "info"
    SKIP = "skip"
    UNKNOWN = "unknown"
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Item:
    """One thing found.

    value: plain JSON, what a difference is taken of. text: for people, where it says more than the value.
    cause: the id of its page where it is not in order. moves: it changes by itself, so it is no difference.
    hidden: listed in the file only, not on the screen.
    """

    name: str
    value: object
    state: State = State.INFO
    text: str = ""
    cause: str = ""
    moves: bool = False
    hidden: bool = False

    @property
    def shown(self) -> str:
        """The value as people read it."""
        return self.text or str(self.value)


@dataclass(frozen=True, slots=True)
class Context:
    """What probes may look at. salt: for fingerprints, private to this project."""

    project: Path
    contract: Contract | None
    gate: GateConfig | None
    environ: Mapping[str, str]
    chosen: Mapping[str, str]
    salt: bytes
    data_dir: Path
    env_file: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_simulated(self) -> bool:
        """Is the chosen venue one that needs nothing of the world outside?"""
        return self.chosen.get("venue", "simulated") == "simulated"

    @property
    def undemanding(self) -> str:
        """Who needs nothing of the world outside, in words."""
        return "the simulated venue" if "venue" in self.chosen else "a service without a venue"

    def fingerprint(self, value: str) -> str:
        """Eight letters that tell whether a value changed, and nothing else of it."""
        return hmac.new(self.salt, value.encode(), hashlib.sha256).hexdigest()[:8]

    def set_to(self, value: str | None) -> str:
        """A value that must not be shown: set, with its fingerprint, or not set."""
        return f"set, fingerprint {self.fingerprint(value)}" if value else "not set"


def is_secret_name(name: str) -> bool:
    """Does this name promise something that must not be shown?"""
    return _SECRET_NAME.search(name.upper()) is not None


def without_userinfo(text: str) -> str:
    """A text in which no URL carries a name or a password."""
    return _USERINFO.sub("***@", text)
