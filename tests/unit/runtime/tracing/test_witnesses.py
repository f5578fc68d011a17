"""What py-spy says, taken apart; and a second sight on a process whose agent is silent."""

from runtime.tracing.trace import Trace, with_second_sight
from runtime.tracing.witnesses import held_at
from service_contract.findings import Finding

SAID = """\
Process 7: python -m runtime.agent gil.py
Python v3.11.7 (/usr/bin/python3.11)

Thread 9 (idle): "trace-agent"
    socket.accept (socket.py:294)
Thread 7 (active+gil): "MainThread"
    match (re/__init__.py:166)
    evil (gil.py:3)
    main (gil.py:7)
    run (asyncio/runners.py:190)
Thread 10 (idle): "other"
    wait (threading.py:1)
"""
SILENT = Trace(7, "", None, None, "no answer", (Finding("WATCH-001", "code in C holds the interpreter"),))


def test_the_innermost_frames_of_the_thread_that_holds_the_interpreter_are_found():
    assert held_at(SAID) == ["match (re/__init__.py:166)", "evil (gil.py:3)", "main (gil.py:7)"]


def test_where_no_thread_holds_it_nobody_is_blamed():
    assert held_at(SAID.replace("active+gil", "idle")) == []
    assert held_at("") == []


def test_a_silent_agent_and_what_py_spy_saw_make_one_sentence():
    found = with_second_sight(SILENT, held_at(SAID))
    assert "evil (gil.py:3)" in found.sentence
    assert found.findings[0].evidence["held_at"] == held_at(SAID)
    assert with_second_sight(SILENT, []) is SILENT
