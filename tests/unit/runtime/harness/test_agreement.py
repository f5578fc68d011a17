"""What the service says and what the ledger says, compared figure by figure; what is not there is never agreement."""

import pytest

from runtime.harness.agreement import compare
from runtime.harness.plan import Agreement, Reading

STATUS = {
    "realized": "-12.50",
    "open": [{"contract": "A", "net": 2}],
    "day": ["2025-11-18T00:00:00Z", "2025-11-19T00:00:00Z"],
    "nothing": None,
}
LEDGER = {
    "trades": [
        {"pnl": "-12.5", "t": "2025-11-18T10:00:00Z", "voided": False},
        {"pnl": None, "t": "2025-11-18T23:59:59.999999999Z", "voided": False},
        {"pnl": "-5", "t": "2025-11-18T11:00:00Z", "voided": True},
        {"pnl": "-7", "t": "2025-11-19T00:00:00Z", "voided": False},
    ],
    "positions": [{"contract": "A", "net": 2, "side": "long"}],
}
DAY = {"time": "t", "since": "/day/0", "until": "/day/1", "where": {"voided": False}}


def asked(service: Reading, ledger: Reading) -> bool | None:
    return compare(Agreement("figure", service, ledger), STATUS, LEDGER).holds


def test_a_sum_over_the_entries_of_the_day_that_stand():
    realized = Reading("/trades", total="pnl", **DAY)
    assert asked(Reading("/realized"), realized) is True
    assert asked(Reading("/realized"), Reading("/trades", total="pnl")) is False


def test_a_count_and_a_mapping():
    assert (
        compare(
            Agreement("n", Reading("/trades", counts=True), Reading("/trades", counts=True, **DAY)),
            LEDGER | STATUS,
            LEDGER,
        ).holds
        is False
    )
    positions = Reading("/positions", key="contract", value="net")
    assert asked(Reading("/open", key="contract", value="net"), positions) is True
    wrong = compare(
        Agreement("open", Reading("/open", key="contract", value="net"), positions), STATUS, {"positions": []}
    )
    assert wrong.holds is False
    assert str(wrong) == "open: the service says A 2, the ledger none"


@pytest.mark.parametrize(
    "missing",
    [
        Reading("/no"),
        Reading("/nothing"),
        Reading("/trades"),
        Reading("/realized", counts=True),
        Reading("/trades", total="size"),
        Reading("/trades", total="t"),
        Reading("/trades", counts=True, time="pnl", since="/day/0", until="/day/1"),
        Reading("/trades", counts=True, time="t", since="/no", until="/day/1"),
        Reading("/trades", key="contract", value="net"),
    ],
    ids=str,
)
def test_what_is_not_there_is_no_evidence(missing: Reading):
    compared = compare(
        Agreement("figure", Reading("/realized"), missing), STATUS, LEDGER | {"realized": "x", "nothing": None}
    )
    assert compared.holds is None
    assert compared.problem


def test_numbers_that_are_none_are_not_numbers():
    for text in ("NaN", "Infinity"):
        assert compare(Agreement("n", Reading("/a"), Reading("/a")), {"a": text}, {"a": text}).holds is None
