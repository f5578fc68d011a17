"""Which commands can be launched under tracemalloc, and which lines have grown."""

import pytest

from runtime.soak.allocations import Site, grown, under_tracemalloc


@pytest.mark.parametrize(
    "argv", [("{python}", "-m", "risk_manager", "run", "--canary"), ("{python}", "service.py", "--verbose")]
)
def test_a_python_program_keeps_its_whole_command_line(argv):
    launched = under_tracemalloc(argv, "/run/a.sock")
    assert launched[:4] == ("{python}", "-m", "runtime.soak.allocations", "/run/a.sock")
    assert launched[4:] == argv[1:]


@pytest.mark.parametrize("argv", [("./service",), ("{python}", "-c", "pass"), ("{python}",), ("node", "service.js")])
def test_what_is_no_python_program_is_refused(argv):
    assert under_tracemalloc(argv, "/run/a.sock") is None


def test_lines_are_named_by_what_they_hold_more_and_shrunken_ones_are_not():
    before = {"a.py:1": (1000, 10), "b.py:2": (500, 5), "c.py:3": (100, 1)}
    after = {"a.py:1": (900, 9), "b.py:2": (5000, 50), "d.py:4": (700, 7), "c.py:3": (100, 1)}
    assert grown(before, after) == (Site("b.py:2", 4500, 45), Site("d.py:4", 700, 7))
    assert grown(before, after, most=1) == (Site("b.py:2", 4500, 45),)
