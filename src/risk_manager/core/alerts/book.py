"""What was told and is not over, and what is still to be delivered to whom: one small value, written as one file.

A key that is open is not paged again, also not after a restart. A page waits for each channel that wants it until that
channel has taken it, has refused it for good, or it is too old. The first pages of a disturbance tell how it began, so
they are kept: a channel for which MOST_WAITING wait gets no further trigger until it takes one, and what it misses is
counted. A resolve goes to the channels its trigger went to, and to no other; it is never turned away.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec

from risk_manager.config.alerts import ChannelConfig
from risk_manager.core.alerts.page import Condition, Page
from risk_manager.core.alerts.wording import Writer

MOST_WAITING = 100
"""So many pages wait for one channel before triggers are turned away."""
MOST_AGE_NS = 24 * 3_600_000_000_000
"""A page that nobody took for so long is dropped, unless it is the trigger of something that still holds."""
MOST_AN_HOUR = 5
"""What comes and goes more often than this within an hour is only logged until it comes less often."""
MOST_ALIKE = 20
"""So many open alerts may have one id and different words."""
QUIET_NS = 3_600_000_000_000
"""What merely happened is over when it did not happen again for so long."""

STATE = "state"
ONCE = "once"
"""Sources: the account's state; and what merely happened, which nobody ever says is over."""


class Open(msgspec.Struct):
    """A key that was told and is not over. source: who says whether it still holds. seen: how often it was told."""

    condition: Condition
    source: str
    channels: tuple[str, ...]
    last_ns: int
    seen: int = 1


class Waiting(msgspec.Struct):
    """A page, and the channels that have not taken it."""

    page: Page
    channels: list[str]


class Book(msgspec.Struct):
    """The whole of it, as it stands in the file. dropped: pages that a channel never gets, by channel.

    recent: when each key was told within the last hour, in nanoseconds.
    """

    version: int = 1
    open: dict[str, Open] = {}
    waiting: list[Waiting] = []
    dropped: dict[str, int] = {}
    recent: dict[str, list[int]] = {}


class View(NamedTuple):
    """What the book says, for people. open: the triggers that are not over. undelivered, missed: pages by channel."""

    open: tuple[Condition, ...]
    undelivered: Mapping[str, int]
    missed: Mapping[str, int]

    @classmethod
    def of(cls, book: Book) -> "View":
        """As it stands now."""
        undelivered = Counter(name for each in book.waiting for name in each.channels)
        return cls(tuple(each.condition for each in book.open.values()), dict(undelivered), dict(book.dropped))


class Keeper:
    """Moves the book on: in memory only. changed: is there something to be written?"""

    def __init__(self, book: Book, writer: Writer, channels: Sequence[ChannelConfig] = ()) -> None:
        self.book = book
        self.writer = writer
        self.channels = tuple(channels)
        self.changed = False
        self._told: list[Page] = []

    def equip(self, channels: Sequence[ChannelConfig]) -> None:
        """Address these channels from now on; others get nothing more, not even what waits for them."""
        self.channels = tuple(channels)
        names = {each.name for each in channels}
        for each in self.book.waiting:
            if set(each.channels) - names:
                each.channels = [name for name in each.channels if name in names]
                self.changed = True
        self._sweep(lambda each: not each.channels)

    def take_told(self) -> list[Page]:
        """The pages made since the last time, whether a channel wants them or not."""
        told, self._told = self._told, []
        return told

    def see(self, source: str, conditions: Mapping[str, Condition], now_ns: int, how: str = "") -> None:
        """What holds now according to one source: what is new begins, what is gone is over."""
        for key, condition in conditions.items():
            known = self.book.open.get(key)
            if known is None:
                self._begin(condition, source, now_ns)
            elif known.condition != condition:
                kept = condition.arithmetic or known.condition.arithmetic
                known.condition = msgspec.structs.replace(condition, arithmetic=kept)
                self.changed = True
        for key in [key for key, each in self.book.open.items() if each.source == source and key not in conditions]:
            self.end(key, now_ns, how)

    def tell(self, condition: Condition, now_ns: int, *, but: str = "", only: str = "") -> None:
        """Something happened. It is paged unless it is open; it closes by itself.

        but: a channel that is left out. only: the one channel that is told.
        """
        condition = self._one_of_many(condition)
        known = self.book.open.get(condition.key)
        if known is None:
            channels = [each for each in self.channels if each.name != but and only in {"", each.name}]
            self._begin(condition, ONCE, now_ns, channels)
        else:
            known.seen += 1
            known.last_ns = now_ns

    def _one_of_many(self, condition: Condition) -> Condition:
        """The same alert in ever other words is one alert from the MOST_ALIKE-th on."""
        alike = f"once:{condition.id}"
        count = sum(key.startswith(alike) for key in self.book.open)
        if condition.key in self.book.open or count < MOST_ALIKE:
            return condition
        return msgspec.structs.replace(condition, key=f"{alike}:more")

    def enter(self, source: str, condition: Condition, page: Page, channels: list[str], now_ns: int) -> None:
        """A page that is under way to these channels already."""
        self.book.open[condition.key] = Open(condition, source, tuple(channels), now_ns)
        self._queue(page, channels)

    def back(self, condition: Condition, now_ns: int, how: str, *, even_if_untold: bool) -> None:
        """It is over. even_if_untold: say so also where nobody could say that it began."""
        if even_if_untold and condition.key not in self.book.open:
            names = tuple(each.name for each in self.channels if each.wants(condition.severity))
            self.book.open[condition.key] = Open(condition, STATE, names, now_ns)
        self.end(condition.key, now_ns, how)

    def end(self, key: str, now_ns: int, how: str = "") -> None:
        """It is over; nothing where it is not open."""
        known = self.book.open.pop(key, None)
        if known is None:
            return
        if known.seen > 1:
            how = f"{how or 'it was not seen again'}; seen {known.seen} times"
        page = self.writer.resolve(known.condition, now_ns, how)
        names = {each.name for each in self.channels}
        self._queue(page, [name for name in known.channels if name in names])

    def _begin(
        self, condition: Condition, source: str, now_ns: int, channels: Sequence[ChannelConfig] | None = None
    ) -> None:
        among = self.channels if channels is None else channels
        wanted = [each.name for each in among if each.wants(condition.severity)]
        times = [t_ns for t_ns in self.book.recent.get(condition.key, ()) if now_ns - t_ns < QUIET_NS] + [now_ns]
        self.book.recent[condition.key] = times[-MOST_AN_HOUR - 1 :]
        page = self.writer.trigger(_said_again(condition, len(times)), now_ns)
        if len(times) > MOST_AN_HOUR:
            wanted = []
        taken = [name for name in wanted if self.depth(name) < MOST_WAITING]
        for name in wanted:
            if name not in taken:
                self.book.dropped[name] = self.book.dropped.get(name, 0) + 1
        self.book.open[condition.key] = Open(condition, source, tuple(taken), now_ns)
        self._queue(page, taken)

    def take_missed(self, channel: str) -> int:
        """How many pages a channel never gets; counted anew from here on."""
        missed = self.book.dropped.pop(channel, 0)
        self.changed = self.changed or bool(missed)
        return missed

    def _queue(self, page: Page, channels: list[str]) -> None:
        self.changed = True
        self._told.append(page)
        if channels:
            self.book.waiting.append(Waiting(page, channels))

    def depth(self, channel: str) -> int:
        """How many pages wait for a channel."""
        return sum(channel in each.channels for each in self.book.waiting)

    def waiting_for(self, channel: str) -> Iterator[Page]:
        """The pages that wait for a channel, oldest first."""
        return (each.page for each in self.book.waiting if channel in each.channels)

    def done(self, uid: str, channel: str) -> None:
        """The channel has taken the page, or never will."""
        for each in self.book.waiting:
            if each.page.uid == uid and channel in each.channels:
                each.channels.remove(channel)
                self.changed = True
        self._sweep(lambda each: not each.channels)

    def pass_time(self, now_ns: int) -> list[Page]:
        """Close what has been quiet, drop what is too old; returns what was dropped."""
        quiet = [
            key for key, each in self.book.open.items() if each.source == ONCE and now_ns - each.last_ns >= QUIET_NS
        ]
        for key in quiet:
            self.end(key, now_ns, "it was not seen again for an hour")
        for key in [key for key, times in self.book.recent.items() if now_ns - times[-1] >= QUIET_NS]:
            del self.book.recent[key]
        return self._sweep(lambda each: now_ns - each.page.made_ns >= MOST_AGE_NS and not self._still_holds(each.page))

    def _still_holds(self, page: Page) -> bool:
        key = page.key.removeprefix(f"risk-manager/{self.writer.account}/")
        return page.action == "trigger" and key in self.book.open

    def _sweep(self, is_gone: Callable[[Waiting], bool]) -> list[Page]:
        gone = [each for each in self.book.waiting if is_gone(each)]
        if gone:
            self.book.waiting = [each for each in self.book.waiting if not is_gone(each)]
            self.changed = True
        return [each.page for each in gone if each.channels]


def _said_again(condition: Condition, times: int) -> Condition:
    """The last one that is paged says that the next ones are not."""
    if times != MOST_AN_HOUR:
        return condition
    what = f"{condition.what} (for the {times}th time within an hour; the next ones are only logged)"
    return msgspec.structs.replace(condition, what=what)
