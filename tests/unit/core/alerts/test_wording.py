"""A page says what is blocked, why, with which numbers, since when and until when, and nothing is ever left blank."""

from zoneinfo import ZoneInfo

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.core.alerts.pages import LOCKED, NOW_NS, writer

from risk_manager.config.alert_templates import PLACEHOLDERS
from risk_manager.core.alerts.page import SUBJECT_CHARS, TEXT_CHARS, Condition
from risk_manager.core.alerts.wording import Writer


def test_a_trigger_reads_as_a_person_needs_it_in_the_night():
    page = writer().trigger(LOCKED, NOW_NS)
    assert page.subject == "SIM-50K: the account is locked out by daily_realized_loss: the day's loss"
    assert page.text.splitlines() == [
        "Blocked: the whole account",
        "Why: the day's loss",
        "Numbers: realized -907.10 <= limit -900.00",
        "Since: 2025-11-18 14:35:07 UTC (08:35:07 CST)",
        "Until: 2025-11-18 15:35:07 UTC (09:35:07 CST); ends by the daily reset; nobody can lift it",
        "Account: SIM-50K. Alert: RULE-daily_realized_loss.",
    ]
    assert page.time == "2025-11-18T14:35:07Z"


def test_a_resolve_has_the_key_of_its_trigger_and_says_that_other_blocks_may_stand():
    it = writer()
    trigger, resolve = it.trigger(LOCKED, NOW_NS), it.resolve(LOCKED, NOW_NS, "it expired")
    assert trigger.key == resolve.key == "risk-manager/SIM-50K/lockout:daily_realized_loss"
    assert trigger.uid != resolve.uid
    assert resolve.subject.startswith("SIM-50K: over: the account is locked out")
    assert "How: it expired" in resolve.text
    assert "other blocks may stand" in resolve.text
    assert "realized -907.10 <= limit -900.00" in resolve.text


def test_what_is_not_known_is_said_to_be_not_known():
    page = writer().trigger(msgspec.structs.replace(LOCKED, since_ns=None, until_ns=None, ends=""), NOW_NS)
    assert "Since: not known" in page.text
    assert "Until: not known" in page.text


def test_two_accounts_never_share_a_key():
    other = Writer("SIM-150K", ZoneInfo("UTC"))
    assert other.trigger(LOCKED, NOW_NS).key != writer().trigger(LOCKED, NOW_NS).key


@given(st.text(max_size=4000), st.text(max_size=4000), st.text(max_size=4000))
def test_no_page_is_longer_than_what_takes_it(what, why, arithmetic):
    condition = Condition(
        key="once:X", id="X", severity="info", what=what, blocked=why, why=why, arithmetic=arithmetic, since_ns=0
    )
    for page in (writer().trigger(condition, NOW_NS), writer().resolve(condition, NOW_NS, why)):
        assert len(page.subject) <= SUBJECT_CHARS
        assert "\n" not in page.subject
        assert len(page.text) <= TEXT_CHARS
        assert page.values().keys() == PLACEHOLDERS.keys()
