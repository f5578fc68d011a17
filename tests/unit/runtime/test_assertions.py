"""Assertions over a JSON document: what holds, what does not, and what cannot be told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.assertions import Assertion, Relation, ask

LEDGER = {
    "flat": True,
    "size": 1,
    "a/b": {"~": [10, 20]},
    "orders": [{"origin": "manager", "status": "filled"}, {"origin": "script", "status": "filled"}, "odd"],
}


def claim(at, relation, expected, **where):
    return ask(Assertion(at, Relation(relation), expected, where), LEDGER)


@pytest.mark.parametrize(
    ("at", "relation", "expected", "where", "holds"),
    [
        ("/flat", "equals", True, {}, True),
        ("/flat", "equals", False, {}, False),
        ("/size", "equals", True, {}, False),
        ("/a~1b/~0/1", "equals", 20, {}, True),
        ("/orders", "count", 3, {}, True),
        ("/orders", "at_least", 1, {"origin": "manager"}, True),
        ("/orders", "at_least", 2, {"origin": "manager"}, False),
        ("/orders", "at_most", 0, {"origin": "manager"}, False),
        ("/orders", "count", 2, {"origin": ["manager", "script"], "status": "filled"}, True),
        ("/orders", "count", 0, {"nothing": "here"}, True),
        ("/nowhere", "equals", None, {}, None),
        ("/orders/9", "equals", 1, {}, None),
        ("/flat", "count", 1, {}, None),
    ],
)
def test_an_assertion_holds_or_not_or_cannot_be_told(at, relation, expected, where, holds):
    assert claim(at, relation, expected, **where).holds is holds


def test_an_answer_names_what_was_observed_and_keeps_the_entries():
    answer = claim("/orders", "at_least", 1, origin="manager")
    assert str(answer) == "/orders where origin=manager at least 1: holds (observed 1)"
    assert answer.matched == [{"origin": "manager", "status": "filled"}]


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_no_document_makes_a_count_hold_without_a_list(document):
    """Whatever a witness prints, a place that is no list is no evidence."""
    answer = ask(Assertion("/orders", Relation.COUNT, 0, {}), document)
    is_list = isinstance(document, dict) and isinstance(document.get("orders"), list)
    assert (answer.holds is None) is not is_list


@pytest.mark.parametrize(
    ("assertion", "spoken"),
    [
        (Assertion("/flat", Relation.EQUALS, True, {}), "flat"),
        (Assertion("/working_orders", Relation.COUNT, 0, {}), "no working orders"),
        (Assertion("/orders", Relation.AT_LEAST, 1, {"origin": "manager"}), "2 orders (origin manager)"),
        (Assertion("/schema", Relation.EQUALS, "x/1", {}), "/schema equals x/1: holds (observed x/1)"),
        (Assertion("/orders", Relation.COUNT, 0, {}), "/orders count 0: does NOT hold (observed 2)"),
        (Assertion("/not", Relation.EQUALS, True, {}), "/not equals true: cannot be told (observed nothing there)"),
    ],
)
def test_what_holds_is_said_as_a_person_says_it_and_what_does_not_is_said_whole(assertion, spoken):
    order = {"origin": "manager"}
    document = {"flat": True, "working_orders": [], "orders": [order, order], "schema": "x/1"}
    assert ask(assertion, document).spoken() == spoken
