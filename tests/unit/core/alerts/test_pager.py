"""The pager's threads, with real files and channels that work, fail, raise and hang."""

import logging
import threading
from zoneinfo import ZoneInfo

import msgspec
import pytest
from tests.unit.core.alerts.pages import HELD, LOCKED, Recorder, phone

from risk_manager.clock import SystemClock
from risk_manager.config.alerts import ChannelConfig
from risk_manager.core.alerts.book import MOST_WAITING, STATE
from risk_manager.core.alerts.channels import Ready
from risk_manager.core.alerts.files import NAME, read_book
from risk_manager.core.alerts.pager import Pager
from risk_manager.core.alerts.troubles import SERVICE, store_failed
from risk_manager.core.alerts.wording import Writer

LOG = ChannelConfig(name="log", type="log")


class Hanging(Recorder):
    """Takes a page and does not come back until it is abandoned."""

    def __init__(self, name: str = "phone") -> None:
        super().__init__(name)
        self._abandoned = threading.Event()

    def send(self, page):
        super().send(page)
        self._abandoned.wait(20)
        return super().send(page)

    def abandon(self) -> None:
        self._abandoned.set()


@pytest.fixture
def directory(tmp_path):
    """The state directory of the account."""
    made = tmp_path / "account"
    made.mkdir()
    return made


@pytest.fixture
def paging(directory):
    """Makes pagers on one directory, and ends them."""
    made = []

    def make(*channels: Recorder, unusable=None, stays="") -> Pager:
        configs = [*(phone(each.name) for each in channels), *(phone(name) for name in unusable or {})]
        ready = Ready((LOG,), tuple(configs), tuple(channels), unusable or {}, stays)
        made.append(Pager(directory, Writer("SIM-50K", ZoneInfo("UTC")), ready, SystemClock()))
        return made[-1]

    yield make
    for each in made:
        each.close(0.1)


def keys(channel: Recorder) -> list[str]:
    return [f"{page.action} {page.key.rpartition('/')[2]}" for page in channel.sent]


def test_a_page_is_delivered_to_every_channel_and_nothing_is_left_in_the_file(paging, directory):
    first, second = Recorder("a"), Recorder("b")
    pager = paging(first, second)
    pager.see(STATE, {LOCKED.key: LOCKED})
    first.until(1)
    second.until(1)
    pager.close()
    assert keys(first) == keys(second) == [f"trigger {LOCKED.key}"]
    book = read_book(directory)
    assert (list(book.open), book.waiting) == ([LOCKED.key], [])
    assert (directory / NAME).stat().st_mode & 0o777 == 0o600


def test_what_was_not_taken_is_delivered_by_the_next_life_and_what_is_open_is_not_paged_again(paging):
    down = Recorder("phone", "later")
    pager = paging(down)
    pager.see(STATE, {LOCKED.key: LOCKED})
    down.until(1)
    pager.close()
    up = Recorder()
    again = paging(up)
    again.see(STATE, {LOCKED.key: LOCKED})
    again.see(STATE, {})
    up.until(2)
    assert keys(up) == [f"trigger {LOCKED.key}", f"resolve {LOCKED.key}"]


def test_a_page_is_on_disk_before_a_channel_sees_it(paging, directory):
    found = []

    class Looking(Recorder):
        def send(self, page):
            found.extend(each.page.uid for each in read_book(directory).waiting)
            return super().send(page)

    channel = Looking()
    paging(channel).see(STATE, {LOCKED.key: LOCKED})
    channel.until(1)
    assert found == [channel.sent[0].uid]


def test_a_channel_that_hangs_holds_up_neither_the_others_nor_the_end(paging):
    hanging, fine = Hanging("a"), Recorder("b")
    pager = paging(hanging, fine)
    pager.see(STATE, {LOCKED.key: LOCKED})
    pager.see(STATE, {LOCKED.key: LOCKED, HELD.key: HELD})
    fine.until(2)
    pager.close()
    assert keys(hanging)[0] == f"trigger {LOCKED.key}"


def test_a_channel_that_raises_is_done_with_and_the_others_are_told_of_it(paging):
    broken, fine = Recorder("a", "raises"), Recorder("b")
    paging(broken, fine).see(STATE, {LOCKED.key: LOCKED})
    fine.until(2)
    assert keys(fine) == [f"trigger {LOCKED.key}", "trigger channel:a"]
    assert fine.sent[1].id == "PAGE-001"
    assert "RuntimeError" in fine.sent[1].why


def test_a_refusal_is_logged_once_for_its_page_and_the_page_is_not_tried_again(paging, caplog):
    refusing = Recorder("a", "never", "taken")
    with caplog.at_level(logging.INFO, "risk_manager.page"):
        pager = paging(refusing)
        pager.see(STATE, {LOCKED.key: LOCKED})
        refusing.until(1)
        pager.see(STATE, {})
        refusing.until(2)
        pager.close()
    assert keys(refusing) == [f"trigger {LOCKED.key}", f"resolve {LOCKED.key}"]
    assert sum("refuses a page for good" in record.getMessage() for record in caplog.records) == 1


def test_a_channel_that_cannot_be_used_is_told_through_the_others_and_its_pages_wait(paging, directory):
    fine = Recorder("b")
    pager = paging(fine, unusable={"a": "ALERT_URL is not set"})
    pager.see(STATE, {LOCKED.key: LOCKED})
    fine.until(2)
    pager.close()
    assert keys(fine) == ["trigger channel:a", f"trigger {LOCKED.key}"]
    assert fine.sent[0].id == "PAGE-002"
    assert [each.channels for each in read_book(directory).waiting] == [["a"]]


def test_a_disk_that_cannot_be_written_does_not_keep_a_page_from_anybody(paging, directory, caplog):
    channel = Recorder()
    pager = paging(channel)
    pager.see(STATE, {HELD.key: HELD})
    channel.until(1)
    directory.rename(directory.with_name("gone"))  # as if the disk were gone
    pager.see(STATE, {HELD.key: HELD, LOCKED.key: LOCKED})
    channel.until(2)
    assert keys(channel) == [f"trigger {HELD.key}", f"trigger {LOCKED.key}"]
    assert pager.see(STATE, {})
    channel.until(4)
    said = [record.getMessage() for record in caplog.records if "cannot be kept on disk" in record.getMessage()]
    assert len(said) == 1, "told once, not at every try"


def test_what_is_told_past_the_disk_is_sent_once_and_kept_as_open(paging, directory):
    channel = Recorder()
    pager = paging(channel)
    pager.see(STATE, {LOCKED.key: LOCKED})
    channel.until(1)
    pager.page_now(SERVICE, store_failed("frozen", "journal.db: no space", 1))
    channel.until(2)
    pager.close()
    assert keys(channel) == [f"trigger {LOCKED.key}", "trigger service"]
    assert "journal.db: no space" in channel.sent[1].text
    book = read_book(directory)
    assert (list(book.open), book.waiting) == ([LOCKED.key, "service"], [])


def test_a_book_that_cannot_be_believed_is_put_aside_and_what_holds_is_paged_again(paging, directory):
    (directory / NAME).write_bytes(b'{"version": 1, "open": {"lock')
    channel = Recorder()
    paging(channel).see(STATE, {LOCKED.key: LOCKED})
    channel.until(2)
    assert keys(channel) == ["trigger once:PAGE-003", f"trigger {LOCKED.key}"]
    assert (directory / f"{NAME}.broken").read_bytes().startswith(b'{"version": 1')


def test_a_channel_that_is_back_is_told_how_much_it_missed(paging, directory):
    down = Recorder("phone", "later")
    pager = paging(down)
    many = {f"lockout:{n}": msgspec.structs.replace(LOCKED, key=f"lockout:{n}") for n in range(MOST_WAITING + 3)}
    pager.see(STATE, many)
    down.until(1)
    pager.close()
    assert read_book(directory).dropped == {"phone": 3}
    up = Recorder()
    paging(up)
    up.until(MOST_WAITING + 1)
    assert up.sent[-1].id == "PAGE-004"
    assert "3 pages were not kept" in up.sent[-1].subject


def test_pages_that_stay_in_the_log_are_written_there_and_nowhere_else(paging, caplog):
    with caplog.at_level(logging.INFO, "risk_manager.page"):
        pager = paging(stays="the venue is simulated")
        pager.see(STATE, {LOCKED.key: LOCKED})
        pager.close()
    lines = [record.getMessage() for record in caplog.records]
    assert any(line.startswith(f"alert {LOCKED.id}, critical: SIM-50K: {LOCKED.what}") for line in lines)
    assert pager.view.undelivered == {}
    assert [each.key for each in pager.view.open] == [LOCKED.key]


def test_other_channels_take_over_what_is_open_when_the_configuration_is_applied_anew(paging):
    old, new = Recorder("old"), Recorder("new")
    pager = paging(old)
    pager.see(STATE, {LOCKED.key: LOCKED})
    old.until(1)
    pager.equip(Ready((LOG,), (phone("new"),), (new,)))
    pager.see(STATE, {LOCKED.key: LOCKED, HELD.key: HELD})
    new.until(1)
    assert keys(new) == [f"trigger {HELD.key}"]
    assert keys(old) == [f"trigger {LOCKED.key}"]
    assert old.abandoned
