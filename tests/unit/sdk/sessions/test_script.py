"""A script is read whole or refused with every fault, each in its line."""

from pathlib import Path

import pytest

from risk_manager.errors import SessionFileInvalid
from risk_manager.sdk.sessions.script import Action, load_script

START_NS = 1_763_476_200_000_000_000
SECOND_NS = 1_000_000_000


def read(tmp_path: Path, text: str) -> tuple[Action, ...]:
    path = tmp_path / "s.script.yaml"
    path.write_text(f"schema: rm.script/1\n{text}", encoding="utf-8")
    return load_script(path, START_NS).actions


def refusal(tmp_path: Path, text: str) -> str:
    with pytest.raises(SessionFileInvalid) as refused:
        read(tmp_path, text)
    return str(refused.value)


@pytest.mark.parametrize(
    ("when", "seconds"),
    [("+0s", 0), ("+12.5s", 12.5), ("+1m30s", 90), ("+2h", 7200), ("+1h1m1.5s", 3661.5)],
)
def test_offsets_count_from_the_start(tmp_path: Path, when: str, seconds: float) -> None:
    (action,) = read(tmp_path, f'actions:\n  - {{at: "{when}", do: disconnect}}\n')
    assert action.at_ns == START_NS + int(seconds * SECOND_NS)


def test_times_and_counts_say_when_too(tmp_path: Path) -> None:
    by_time, by_count = read(
        tmp_path,
        'actions:\n  - {at: "2025-11-18T08:31:00-06:00", do: disconnect}\n  - {at: {event: 7}, do: disconnect}\n',
    )
    assert (by_time.at_ns, by_count.after_event) == (START_NS + 60 * SECOND_NS, 7)


def test_everything_an_order_can_say_is_read(tmp_path: Path) -> None:
    order, change, cancel = read(
        tmp_path,
        """actions:
  - at: "+1s"
    do: sell
    contract: ES
    size: 2
    type: stop_limit
    limit: 6650.25
    stop: "6650.50"
    name: exit
  - {at: "+2s", do: modify, name: exit, limit: "6649.00"}
  - {at: "+3s", do: cancel, name: all}
""",
    )
    assert (order.verb, order.contract, order.size, order.type) == ("sell", "ES", 2, "stop_limit")
    assert (order.limit, order.stop, order.name, order.line) == ("6650.25", "6650.50", "exit", 3)
    assert (change.limit, change.size) == ("6649.00", None)
    assert cancel.name == "all"


def test_money_is_read_exactly(tmp_path: Path) -> None:
    path = tmp_path / "s.script.yaml"
    path.write_text('schema: rm.script/1\naccount: {balance: 1000.5}\nfees_per_side: {ES: "1.40", MNQ: 0.37}\n')
    script = load_script(path, START_NS)
    assert (script.balance_mils, script.fees_mils) == (1_000_500, {"ES": 1400, "MNQ": 370})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("surprise: 1\n", "unknown key"),
        ("actions: buy\n", "is not a list"),
        ("actions:\n  - buy\n", "is not a mapping"),
        ("actions:\n  - {do: dance, at: +1s}\n", "is not an action"),
        ("actions:\n  - {do: disconnect}\n", "cannot tell when"),
        ("actions:\n  - {do: disconnect, at: +}\n", "cannot tell when"),
        ("actions:\n  - {do: disconnect, at: {event: -1}}\n", "whole number"),
        ("actions:\n  - {do: disconnect, at: {event: 1.5}}\n", "whole number"),
        ('actions:\n  - {do: disconnect, at: "2025-11-18T08:31:00"}\n', "cannot tell when"),
        ("actions:\n  - {do: buy, at: +1s, size: 1}\n", "needs the key contract"),
        ("actions:\n  - {do: buy, at: +1s, contract: ES}\n", "needs the key size"),
        ("actions:\n  - {do: buy, at: +1s, contract: ES, size: 0}\n", "size"),
        ("actions:\n  - {do: buy, at: +1s, contract: ES, size: two}\n", "size"),
        ("actions:\n  - {do: buy, at: +1s, contract: ES, size: 1.5}\n", "size"),
        ("actions:\n  - {do: buy, at: +1s, contract: 5, size: 1}\n", "is not text"),
        ("actions:\n  - {do: buy, at: +1s, contract: ES, size: 1, type: hope}\n", "is not an order type"),
        ("actions:\n  - {do: buy, at: +1s, contract: ES, size: 1, limit: cheap}\n", "decimal"),
        ("actions:\n  - {do: close, at: +1s, contract: ES, limit: 1}\n", "unknown key for close"),
        ("actions:\n  - {do: cancel, at: +1s, name: nobody}\n", "order placed earlier"),
        ("actions:\n  - {do: modify, at: +1s, name: all}\n", "order placed earlier"),
        ("actions:\n  - {do: can_trade, at: +1s, value: 1}\n", "neither true nor false"),
        ("actions:\n  - {do: can_trade, at: +1s}\n", "needs the key value"),
        ("actions:\n  - {do: void, at: +1s, trade: first}\n", "whole number"),
        ("fees_per_side: {ES: free}\n", "decimal"),
        ("account: {balance: .nan}\n", "finite"),
        ("account: 5\n", "is not a mapping"),
    ],
)
def test_each_fault_is_named(tmp_path: Path, text: str, words: str) -> None:
    assert words in refusal(tmp_path, text)


def test_a_name_is_given_once(tmp_path: Path) -> None:
    order = "{at: +1s, do: buy, contract: ES, size: 1, type: limit, limit: 1, name: x}"
    assert "earlier order" in refusal(tmp_path, f"actions:\n  - {order}\n  - {order}\n")


def test_all_faults_are_found_at_once_each_with_its_line(tmp_path: Path) -> None:
    said = refusal(
        tmp_path,
        "actions:\n  - {do: dance, at: +1s}\n  - {do: buy, at: never, contract: ES, size: 0}\nmore: 1\n",
    )
    for place in (":3:", ":4:", ":5:"):
        assert f"s.script.yaml{place}" in said


def test_another_schema_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "s.script.yaml"
    path.write_text("schema: rm.script/2\n")
    with pytest.raises(SessionFileInvalid, match="is not a script"):
        load_script(path, START_NS)


def test_a_missing_script_is_named(tmp_path: Path) -> None:
    with pytest.raises(SessionFileInvalid, match="does not exist"):
        load_script(tmp_path / "none.yaml", START_NS)
