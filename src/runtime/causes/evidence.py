"""Evidence for a cause in what a service said and when: the words of its status, log and last lines, and its clock."""

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise

from runtime.observing.observation import Observation
from runtime.observing.progress import StepProgress
from runtime.observing.timeline import LogLine

Evidence = Callable[[Observation, StepProgress], tuple[bool, str]]
"""Does the evidence support a cause for a run that waits for this checkpoint? And what the evidence is."""

_NO_ERROR = ("Exit Code", "what to do:", "install:", "remedy:", "^", "~")
_MOST_S = 1.0
_FORWARD_S = 60.0
_ERRORS = {"ERROR", "CRITICAL"}


def _pattern(*alternatives: str) -> re.Pattern[str]:
    return re.compile("|".join(alternatives), re.IGNORECASE)


IMPORT_ERROR = re.compile(r"ModuleNotFoundError|ImportError|PackageNotFoundError")
NO_NAME = _pattern("name or service not known", "name resolution", "nodename nor servname", "no address associated")
NO_TLS = _pattern(r"\bssl\b", "sslerror", r"\btls\b", "certificate", "wrong_version_number")
EXPIRED = _pattern(
    r"\b(?:token|login|session|credentials?)\b.{0,40}\bexpired\b", r"\bexpired (?:token|login|session)\b"
)
UNREACHABLE = _pattern(
    "unreachable", "(?:cannot|could not|not) be reached", "not reachable", "connection refused", "no route",
    "no such file", "timed? ?out", "cannot connect",
)  # fmt: skip
OTHER_INSTANCE = _pattern("another instance", "already running", r"already held", "holds the account")
LOCKED = _pattern("is locked", "holds the lock", "locked by")
SLOW_STORE = _pattern(
    r"\b(?:fsync|commit|checkpoint|disk|store|database)\b.{0,40}\b(?:slow|took \d|has taken \d)",
    "no space left", r"disk (?:is )?full", "input/output error",
)  # fmt: skip
SUBSCRIBED = _pattern(r"\bsubscri(?:bed|ptions? (?:ok|acknowledged|active))")
CLOSED = _pattern(
    r"(?:market|exchange|session) (?:is |has )?closed", r"closed (?:market|session)",
    r"outside (?:of )?(?:the )?(?:trading |session )?hours", r"market opens\b",
)  # fmt: skip


def words(observation: Observation) -> list[str]:
    """Everything the service put into words: STATUS, its log, the end of its stderr."""
    status = [text for _, text in observation.timeline.fields("STATUS")]
    logged = [str(line) for line in observation.log or ()]
    return [*status, *logged, *spoken(observation)]


def spoken(observation: Observation) -> list[str]:
    """The end of its stderr without what only goes with an error: advice, carets, and what its exit code means."""
    lines = [line.strip() for line in observation.last_words.splitlines()]
    return [line for line in lines if line and not line.startswith(_NO_ERROR)]


def first(pattern: re.Pattern[str], lines: Iterable[str]) -> str:
    """The first line in which the pattern is found, or nothing."""
    return next((line.strip() for line in lines if pattern.search(line)), "")


def clock_jump(lines: Sequence[LogLine], ran_s: float) -> str:
    """How the clock of the log jumped within a run that lasted at most `ran_s`; empty where it did not."""
    times = [moment for line in lines if (moment := _moment(line.time)) is not None]
    for before, after in pairwise(times):
        seconds = (after - before).total_seconds()
        if seconds < -_MOST_S or seconds > ran_s + _FORWARD_S:
            way = "back" if seconds < 0 else "on"
            return f"the clock of its log goes {way} from {before:%H:%M:%S} to {after:%H:%M:%S} ({seconds:+.0f}s)"
    return ""


def _moment(text: str) -> dt.datetime | None:
    try:
        return dt.datetime.fromisoformat(text.replace(",", "."))
    except ValueError:
        return None


def jumped(observation: Observation) -> str:
    """How the clock jumped; a stall that follows is rather the clock's than what it waits for."""
    moved_s = observation.clock_moved_s
    if abs(moved_s) > _MOST_S:
        return f"the wall clock of this machine moved by {moved_s:+.1f}s during the run, the monotonic one did not"
    return clock_jump(observation.log or (), observation.limit_s)


def _said(pattern: re.Pattern[str], of_what: str) -> Evidence:
    def supported(observation: Observation, _: StepProgress) -> tuple[bool, str]:
        line = first(pattern, words(observation))
        return (True, f"it said: {line}") if line else (False, f"nothing it said speaks of {of_what}")

    return supported


_subscribed = _said(SUBSCRIBED, "a subscription")


def _never_subscribed(observation: Observation, waiting: StepProgress) -> tuple[bool, str]:
    supported, reason = _subscribed(observation, waiting)
    return not supported, reason


def _handler_raised(observation: Observation, _: StepProgress) -> tuple[bool, str]:
    event = observation.contract.first_event
    if event is None or not observation.timeline.reached(event.n):
        return False, "no message had arrived"
    logged = [line.message for line in observation.log or () if line.level in _ERRORS]
    raised = [*logged, *(line for line in spoken(observation) if line.startswith("Traceback"))]
    return (True, f"after the first message: {raised[0]}") if raised else (False, "no error was logged")


def _never_triggered(_: Observation, waiting: StepProgress) -> tuple[bool, str]:
    real = [phase for phase in waiting.phases if phase not in {"", "sealed"}]
    return (False, f"phase {real[0]} was seen") if real else (True, "no phase but the canary's was seen")


def _never_confirmed(observation: Observation, waiting: StepProgress) -> tuple[bool, str]:
    supported, reason = _never_triggered(observation, waiting)
    return not supported, reason


EVIDENCE_FOR: Mapping[str, Evidence] = {
    "DISK-001": _said(SLOW_STORE, "a slow or full disk"),
    "ENF-001": _never_triggered,
    "ENF-002": _never_confirmed,
    "FEED-001": _never_subscribed,
    "FEED-003": _subscribed,
    "FEED-004": _handler_raised,
    "FEED-005": _said(CLOSED, "a closed market"),
    "INST-001": _said(OTHER_INSTANCE, "another instance"),
    "STORE-001": _said(LOCKED, "a lock"),
}
