"""What is told once, what is kept, what is turned away, and that all of it survives being written and read."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.core.alerts.pages import HELD, LOCKED, NOW_NS, SECOND_NS, phone, writer

from risk_manager.core.alerts.book import (
    MOST_AGE_NS,
    MOST_ALIKE,
    MOST_AN_HOUR,
    MOST_WAITING,
    QUIET_NS,
    STATE,
    Book,
    Keeper,
    View,
)

HOUR_NS = 3600 * SECOND_NS


def keeper(book: Book | None = None, *channels) -> Keeper:
    made = Keeper(book or Book(), writer())
    made.equip(channels or [phone(), phone("loud", min_severity="critical")])
    return made


def told(it: Keeper) -> list[tuple[str, str]]:
    return [(page.action, page.key.rpartition("/")[2]) for page in it.take_told()]


def numbered(number: int):
    return msgspec.structs.replace(LOCKED, key=f"lockout:{number}")


def test_what_holds_is_told_once_and_its_end_is_told_once():
    it = keeper()
    for _ in range(3):
        it.see(STATE, {LOCKED.key: LOCKED}, NOW_NS)
    assert told(it) == [("trigger", LOCKED.key)]
    for _ in range(2):
        it.see(STATE, {}, NOW_NS)
    assert told(it) == [("resolve", LOCKED.key)]
    assert [page.page.action for page in it.book.waiting] == ["trigger", "resolve"]


def test_what_one_source_says_is_not_over_because_another_does_not_mention_it():
    it = keeper()
    it.see(STATE, {LOCKED.key: LOCKED}, NOW_NS)
    it.see("link", {}, NOW_NS)
    assert told(it) == [("trigger", LOCKED.key)]


def test_a_page_goes_to_the_channels_that_want_its_severity_and_its_end_to_the_same():
    it = keeper()
    it.see(STATE, {HELD.key: HELD, LOCKED.key: LOCKED}, NOW_NS)
    assert [each.channels for each in it.book.waiting] == [["phone"], ["phone", "loud"]]
    it.see(STATE, {LOCKED.key: LOCKED}, NOW_NS)
    assert it.book.waiting[-1].channels == ["phone"]


def test_a_key_that_is_open_is_not_paged_again_by_the_next_life():
    it = keeper()
    it.see(STATE, {LOCKED.key: LOCKED}, NOW_NS)
    again = keeper(msgspec.json.decode(msgspec.json.encode(it.book), type=Book))
    assert again.book == it.book
    again.see(STATE, {LOCKED.key: LOCKED}, NOW_NS)
    assert told(again) == []
    again.see(STATE, {}, NOW_NS)
    assert told(again) == [("resolve", LOCKED.key)]


def test_what_was_not_told_because_of_a_kill_is_told_by_the_next_reading_of_the_state():
    it = keeper(Book())  # the journal has the lockout, the book does not
    it.see(STATE, {LOCKED.key: LOCKED}, NOW_NS)
    assert told(it) == [("trigger", LOCKED.key)]


def test_the_arithmetic_of_the_first_reading_stays_when_later_ones_do_not_know_it():
    it = keeper()
    it.see(STATE, {LOCKED.key: LOCKED}, NOW_NS)
    it.see(STATE, {LOCKED.key: msgspec.structs.replace(LOCKED, arithmetic="", why="later")}, NOW_NS)
    it.see(STATE, {}, NOW_NS)
    over = it.take_told()[-1]
    assert "realized -907.10 <= limit -900.00" in over.text
    assert "later" in over.text


def test_what_comes_and_goes_all_the_time_is_only_logged_from_the_sixth_time_within_an_hour():
    it = keeper(None, phone())
    for minute in range(8):
        it.see(STATE, {LOCKED.key: LOCKED}, NOW_NS + minute)
        it.see(STATE, {}, NOW_NS + minute)
    assert len(told(it)) == 16, "the log has them all"
    queued = [each.page for each in it.book.waiting]
    assert [page.action for page in queued] == ["trigger", "resolve"] * MOST_AN_HOUR
    assert "for the 5th time within an hour; the next ones are only logged" in queued[-2].subject
    again = keeper(msgspec.json.decode(msgspec.json.encode(it.book), type=Book), phone())
    again.see(STATE, {LOCKED.key: LOCKED}, NOW_NS + 8)
    assert len(again.book.waiting) == len(queued), "the next life does not begin to page again"
    again.see(STATE, {}, NOW_NS + 8)
    again.see(STATE, {LOCKED.key: LOCKED}, NOW_NS + 8 + QUIET_NS)
    assert len(again.book.waiting) == len(queued) + 1


def test_what_merely_happened_is_paged_once_counted_and_over_after_an_hour_of_quiet():
    it = keeper()
    for minute in range(3):
        it.tell(LOCKED, NOW_NS + minute)
    assert told(it) == [("trigger", LOCKED.key)]
    it.pass_time(NOW_NS + 2 + QUIET_NS - 1)
    assert told(it) == []
    it.pass_time(NOW_NS + 2 + QUIET_NS)
    (over,) = it.take_told()
    assert over.action == "resolve"
    assert "seen 3 times" in over.text
    it.tell(LOCKED, NOW_NS + 2 * QUIET_NS)
    assert told(it) == [("trigger", LOCKED.key)], "it is news again"


def test_one_alert_in_ever_other_words_is_one_alert_in_the_end():
    it = keeper(None, phone())
    for number in range(MOST_ALIKE + 30):
        key = f"once:INPUT-001:{chr(97 + number % 26)}{number}"
        it.tell(msgspec.structs.replace(LOCKED, key=key, id="INPUT-001"), NOW_NS)
    assert len(it.book.open) == MOST_ALIKE + 1
    assert it.book.open["once:INPUT-001:more"].seen == 30
    it.tell(msgspec.structs.replace(LOCKED, key="once:STATE-002:a", id="STATE-002"), NOW_NS)
    assert "once:STATE-002:a" in it.book.open, "another alert is another alert"


def test_a_channel_for_which_too_many_wait_keeps_the_first_and_hurts_no_other():
    it = keeper(None, phone(), phone("dead"))
    for number in range(MOST_WAITING + 5):
        it.see(STATE, {f"lockout:{each}": numbered(each) for each in range(number + 1)}, NOW_NS)
        for page in list(it.waiting_for("phone")):
            it.done(page.uid, "phone")
    kept = [page.key.rpartition(":")[2] for page in it.waiting_for("dead")]
    assert kept == [str(number) for number in range(MOST_WAITING)]
    assert View.of(it.book) == View(View.of(it.book).open, {"dead": MOST_WAITING}, {"dead": 5})
    assert it.take_missed("dead") == 5
    assert it.take_missed("dead") == 0


def test_the_end_of_what_waits_is_never_turned_away_and_that_of_what_was_turned_away_never_sent():
    it = keeper(None, phone())
    everything = {f"lockout:{each}": numbered(each) for each in range(MOST_WAITING + 1)}
    it.see(STATE, everything, NOW_NS)
    it.see(STATE, {}, NOW_NS)
    ends = [page.key for page in it.waiting_for("phone") if page.action == "resolve"]
    assert len(ends) == MOST_WAITING
    assert not any(key.endswith(f":{MOST_WAITING}") for key in ends)


def test_a_page_is_dropped_after_a_day_unless_what_it_tells_still_holds():
    it = keeper(None, phone())
    it.see(STATE, {LOCKED.key: LOCKED, HELD.key: HELD}, NOW_NS)
    it.see(STATE, {LOCKED.key: LOCKED}, NOW_NS)
    assert it.pass_time(NOW_NS + MOST_AGE_NS - 1) == []
    dropped = it.pass_time(NOW_NS + MOST_AGE_NS)
    assert [(page.action, page.id) for page in dropped] == [("trigger", "ENF-011"), ("resolve", "ENF-011")]
    assert [page.id for page in it.waiting_for("phone")] == [LOCKED.id]


def test_a_channel_that_is_configured_no_more_gets_nothing_more():
    it = keeper(None, phone(), phone("old"))
    it.see(STATE, {LOCKED.key: LOCKED}, NOW_NS)
    it.equip([phone()])
    assert View.of(it.book).undelivered == {"phone": 1}
    it.see(STATE, {}, NOW_NS)
    assert View.of(it.book).undelivered == {"phone": 2}


def test_the_service_that_is_back_says_so_also_where_it_could_not_say_that_it_fell():
    it = keeper()
    it.back(LOCKED, NOW_NS, "started again", even_if_untold=False)
    assert told(it) == [], "a first start is no news"
    it.back(LOCKED, NOW_NS, "started again", even_if_untold=True)
    assert told(it) == [("resolve", LOCKED.key)]
    it.see("service", {LOCKED.key: LOCKED}, NOW_NS)
    it.back(LOCKED, NOW_NS, "started again", even_if_untold=False)
    assert told(it) == [("trigger", LOCKED.key), ("resolve", LOCKED.key)]


@given(st.lists(st.sets(st.integers(0, 6)), max_size=40))
def test_whatever_comes_and_goes_triggers_and_resolves_of_a_key_alternate(readings):
    it = keeper(None, phone())
    for now, reading in enumerate(readings):
        it.see(STATE, {f"lockout:{each}": numbered(each) for each in reading}, NOW_NS + now * HOUR_NS)
        it.pass_time(NOW_NS + now * HOUR_NS)
        assert set(it.book.open) == {f"lockout:{each}" for each in reading}
    pages = it.take_told()
    for key in range(7):
        actions = [page.action for page in pages if page.key.endswith(f":{key}")]
        assert actions == ["trigger", "resolve"] * (len(actions) // 2) + ["trigger"] * (len(actions) % 2)
