"""Moments at which the session waits for another manager, said on the command line instead of in a script."""

from risk_manager.errors import SessionFileInvalid
from risk_manager.sdk.normalise import Unbelievable
from risk_manager.sdk.sessions.script import Action, moment, span_ns

_EVENT = "event:"


def hold(text: str, start_ns: int) -> Action:
    """`+60s`, an ISO time or `event:120`; with `/30s` behind it so much of the session passes while nobody is there.

    Raises SessionFileInvalid.
    """
    when, _, span = text.partition("/")
    try:
        at_ns, after_event = moment(_number(when) if when.startswith(_EVENT) else when, start_ns)
        return Action("hold", at_ns=at_ns, after_event=after_event, name=text, for_ns=span_ns(span) if span else None)
    except Unbelievable as error:
        remedy = "write +60s, an ISO time with offset, or event:120; and /30s behind it for a gap"
        raise SessionFileInvalid(f"--hold-at {text}: {error}", hint=remedy) from error


def _number(text: str) -> dict[str, object]:
    digits = text.removeprefix(_EVENT)
    return {"event": int(digits) if digits.isascii() and digits.isdigit() else digits}
