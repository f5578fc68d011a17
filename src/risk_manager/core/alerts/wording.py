"""A condition in the words of a page: what is blocked, why, with which numbers, since when, until when."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from secrets import token_hex
from zoneinfo import ZoneInfo

from risk_manager.config.alert_templates import Action
from risk_manager.core.alerts.page import SUBJECT_CHARS, TEXT_CHARS, Condition, Page
from risk_manager.sdk.normalise import iso

_SECOND_NS = 1_000_000_000
_NOT_KNOWN = "not known"


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes the pages of one account.

    zone: in which times are given besides UTC. prefix: stands before every subject, for example `[dry run] `.
    """

    account: str
    zone: ZoneInfo
    prefix: str = ""
    name: Callable[[], str] = lambda: token_hex(8)

    def trigger(self, condition: Condition, now_ns: int) -> Page:
        """It began, or it happened. now_ns: by the machine's clock."""
        until = self._until(condition)
        lines = [
            f"Blocked: {condition.blocked}",
            f"Why: {condition.why}",
            *([f"Numbers: {condition.arithmetic}"] if condition.arithmetic else []),
            f"Since: {self._moment(condition.since_ns)}",
            f"Until: {until}",
            f"Account: {self.account}. Alert: {condition.id}.",
        ]
        return self._page("trigger", condition, condition.what, lines, until, now_ns)

    def resolve(self, condition: Condition, now_ns: int, how: str = "") -> Page:
        """It is over. how: what ended it, where more is known than the condition says."""
        how = how or condition.over
        lines = [
            f"Over: {condition.what}",
            *([f"How: {how}"] if how else []),
            "Blocked by it: nothing any more; other blocks may stand: risk-manager status",
            f"Why it was: {condition.why}",
            *([f"Numbers then: {condition.arithmetic}"] if condition.arithmetic else []),
            f"Since: {self._moment(condition.since_ns)}",
            f"Account: {self.account}. Alert: {condition.id}.",
        ]
        return self._page("resolve", condition, f"over: {condition.what}", lines, "over", now_ns)

    def _page(  # noqa: PLR0917 -- what, of what, in which words, until when, made when
        self, action: Action, condition: Condition, what: str, lines: list[str], until: str, now_ns: int
    ) -> Page:
        return Page(
            uid=self.name(),
            action=action,
            key=f"risk-manager/{self.account}/{condition.key}",
            id=condition.id,
            severity=condition.severity,
            account=self.account,
            subject=_cut(_one_line(f"{self.prefix}{self.account}: {what}"), SUBJECT_CHARS),
            text=_cut("\n".join(lines), TEXT_CHARS),
            blocked=_cut(condition.blocked, SUBJECT_CHARS * 2),
            why=_cut(condition.why, SUBJECT_CHARS * 2),
            arithmetic=_cut(condition.arithmetic, SUBJECT_CHARS * 2),
            since=self._moment(condition.since_ns),
            until=until,
            time=iso(now_ns - now_ns % _SECOND_NS),
            made_ns=now_ns,
        )

    def _until(self, condition: Condition) -> str:
        ends = condition.ends or _NOT_KNOWN
        return ends if condition.until_ns is None else f"{self._moment(condition.until_ns)}; ends by {ends}"

    def _moment(self, t_ns: int | None) -> str:
        """A moment in UTC and in the account's zone."""
        if t_ns is None:
            return _NOT_KNOWN
        moment = datetime.fromtimestamp(t_ns // _SECOND_NS, UTC)
        local = moment.astimezone(self.zone)
        return f"{moment:%Y-%m-%d %H:%M:%S} UTC ({local:%H:%M:%S %Z})"


def _one_line(text: str) -> str:
    return "".join(char if char.isprintable() else " " for char in text)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
