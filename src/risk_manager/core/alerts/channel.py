"""What every channel is: it tries to hand on one page, says how that went, and never shows a secret."""

from collections.abc import Iterable
from typing import Literal, NamedTuple, Protocol

from risk_manager.core.alerts.page import Page

Result = Literal["taken", "later", "never"]


class Outcome(NamedTuple):
    """taken: delivered. later: try again, not before `asked_ns` where the other side said so. never: it is refused.

    detail: what was answered, for people; without secrets.
    """

    result: Result
    detail: str
    asked_ns: int | None = None


class Channel(Protocol):
    """A way to a person."""

    name: str

    def send(self, page: Page) -> Outcome:
        """Try once, within the channel's own time limit. Raises nothing that can be foreseen."""

    def abandon(self) -> None:
        """The program ends: what is under way is to end with it."""


class Unusable(Exception):
    """A channel that cannot even be tried: what is missing and what to do."""


def masked(text: str, secrets: Iterable[str]) -> str:
    """The text on one line with every secret in it replaced."""
    for secret in sorted(secrets, key=len, reverse=True):
        if secret:
            text = text.replace(secret, "***")
    return "".join(char if char.isprintable() else " " for char in text)
