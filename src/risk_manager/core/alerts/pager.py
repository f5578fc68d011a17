"""The pager: a thread that owns the book and its file, and hands pages to the couriers. The engine only leaves word.

The engine's word is a reading of its state, so a word that is lost or skipped is made up for by the next one. A page is
on disk before it is handed to a channel. `page_now` alone goes past disk and book: it is for the moment at which the
disk is what is broken.
"""

import logging
import threading
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path

from risk_manager.clock import Clock
from risk_manager.core.alerts.book import Keeper, View
from risk_manager.core.alerts.channel import Outcome
from risk_manager.core.alerts.channels import Ready
from risk_manager.core.alerts.courier import Courier
from risk_manager.core.alerts.files import BookFile, open_book
from risk_manager.core.alerts.page import Condition, Page
from risk_manager.core.alerts.troubles import channel_trouble, lost_book, turned_away
from risk_manager.core.alerts.wording import Writer

_log = logging.getLogger("risk_manager.page")
_LEVELS = {"info": logging.INFO, "warning": logging.WARNING, "critical": logging.CRITICAL}
_MOST_WORDS = 1000
_TURN_S = 1.0
_LOOK_S = 0.05
_SECOND_NS = 1_000_000_000
STOP_S = 1.5
"""So long, at most, a stop waits for the first try of what is still to be delivered."""

Word = Callable[[int], None]


class Pager:
    """Tells people. Every method but `close` returns at once; none raises what a channel or a disk does wrong."""

    def __init__(self, directory: Path, writer: Writer, ready: Ready, clock: Clock) -> None:
        book, wrong = open_book(directory)
        self._clock = clock
        self._keeper = Keeper(book, writer)
        self._file = BookFile(directory)
        self._couriers: dict[str, Courier] = {}
        self._handed: set[tuple[str, str]] = set()
        self._words: deque[Word] = deque()
        self._wakes = threading.Condition()
        self._ends = False
        self._ready = ready
        self.view = View.of(book)
        self._leave(lambda now_ns: self._equip(ready, now_ns))
        if wrong:
            _log.critical("PAGE-003 what was paged before is not known: %s", wrong, extra={"alert": "PAGE-003"})
            self.tell(lost_book(wrong))
        self._thread = threading.Thread(target=self._run, name="pager", daemon=True)
        self._thread.start()

    # From any thread

    def see(self, source: str, conditions: Mapping[str, Condition], how: str = "") -> bool:
        """What holds now according to one source. False where it finds no room: say it again."""
        has_room = len(self._words) < _MOST_WORDS
        if has_room:
            self._leave(lambda now_ns: self._keeper.see(source, conditions, now_ns, how))
        return has_room

    def tell(self, condition: Condition) -> None:
        """Something happened, and nothing holds."""
        if len(self._words) < _MOST_WORDS:
            self._leave(lambda now_ns: self._tell(condition, now_ns))

    def page_now(self, source: str, condition: Condition) -> None:
        """Tell it now, without the disk: straight to the couriers; the book learns of it when it can."""
        now_ns = self._clock.wall_ns()
        page = self._keeper.writer.trigger(condition, now_ns)
        names = [each.name for each in self._ready.configs if each.wants(condition.severity)]
        self._leave(lambda now_ns: self._enter(source, condition, page, names, now_ns))
        for name, courier in list(self._couriers.items()):
            if name in names:
                courier.give(page)

    def back(self, condition: Condition, how: str, *, after_crash: bool) -> None:
        """The service guards again: over is what it said before it ended, or, after a crash, what it could not say."""
        self._leave(lambda now_ns: self._keeper.back(condition, now_ns, how, even_if_untold=after_crash))

    def equip(self, ready: Ready) -> None:
        """Deliver through these channels from now on."""
        self._leave(lambda now_ns: self._equip(ready, now_ns))

    def close(self, within_s: float = STOP_S) -> None:
        """Try once what was not tried yet, then end; waits for `within_s` at most and a little. Undelivered pages stay
        in the file for the next start.
        """
        self._ends = True
        self._leave(lambda _: None)
        self._thread.join(within_s + 0.5)

    def _leave(self, word: Word) -> None:
        with self._wakes:
            self._words.append(word)
            self._wakes.notify_all()

    def _over(self, name: str, page: Page, outcome: Outcome) -> None:
        """A courier is done with a page."""
        self._leave(lambda now_ns: self._judge(name, page, outcome, now_ns))

    # In the pager's own thread

    def _run(self) -> None:
        while not self._ends:
            self._turn(_TURN_S)
        deadline_ns = self._clock.monotonic_ns() + int(STOP_S * _SECOND_NS)
        self._turn(0)
        while self._clock.monotonic_ns() < deadline_ns and not all(each.is_settled for each in self._couriers.values()):
            self._turn(_LOOK_S)
        self._turn(0)
        for courier in self._couriers.values():
            courier.close()

    def _turn(self, wait_s: float) -> None:
        try:
            with self._wakes:
                if not self._words and wait_s:
                    self._wakes.wait(wait_s)
                words = list(self._words)
                self._words.clear()
            self._deal_with(words)
        except Exception:  # noqa: BLE001 -- nobody would be paged any more if this thread ended; the next word goes on
            _log.exception("the pager failed at a page; it goes on with the next")

    def _deal_with(self, words: list[Word]) -> None:
        keeper, now_ns = self._keeper, self._clock.wall_ns()
        for word in words:
            word(now_ns)
        for page in keeper.pass_time(now_ns):
            _log.error("a page is dropped, nobody took it for too long: %s", page.subject)
        if keeper.changed:
            self.view = View.of(keeper.book)
            keeper.changed = not self._file.save(keeper.book)
        for page in keeper.take_told():
            self._write_log(page)
        for name, courier in self._couriers.items():
            for page in keeper.waiting_for(name):
                if (page.uid, name) not in self._handed:
                    self._handed.add((page.uid, name))
                    courier.give(page)

    def _tell(self, condition: Condition, now_ns: int, *, but: str = "", only: str = "") -> None:
        self._keeper.tell(condition, now_ns, but=but, only=only)

    def _enter(self, source: str, condition: Condition, page: Page, names: list[str], now_ns: int) -> None:
        self._handed |= {(page.uid, name) for name in names if name in self._couriers}
        self._keeper.enter(source, condition, page, names, now_ns)

    def _equip(self, ready: Ready, now_ns: int) -> None:
        for courier in self._couriers.values():
            courier.close()
        self._handed.clear()
        self._ready = ready
        self._keeper.equip(ready.configs)
        self._couriers = {each.name: Courier(each, self._clock, self._over) for each in ready.channels}
        if ready.stays:
            _log.info("pages stay in the log: %s", ready.stays)
        for name, why in ready.unusable.items():
            _log.critical("PAGE-002 channel %s is not usable: %s", name, why, extra={"alert": "PAGE-002"})
            self._tell(channel_trouble(name, "PAGE-002", why), now_ns, but=name)

    def _judge(self, name: str, page: Page, outcome: Outcome, now_ns: int) -> None:
        keeper = self._keeper
        keeper.done(page.uid, name)
        self._handed.discard((page.uid, name))
        if outcome.result == "never":
            _log.critical("PAGE-001 channel %s refuses a page for good: %s", name, outcome.detail)
            self._tell(channel_trouble(name, "PAGE-001", outcome.detail), now_ns, but=name)
            return
        _log.info("page delivered by %s: %s (%s)", name, page.subject, outcome.detail)
        missed = keeper.take_missed(name)
        if missed:
            self._tell(turned_away(name, missed), now_ns, only=name)

    def _write_log(self, page: Page) -> None:
        if any(each.wants(page.severity) for each in self._ready.logs):
            level = _LEVELS[page.severity] if page.action == "trigger" else logging.INFO
            _log.log(level, "%s", page.as_line(), extra={"page": page.key})
