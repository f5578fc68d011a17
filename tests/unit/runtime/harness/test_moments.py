"""When and how to restart, as it is written on a command line and in a scenario."""

from pathlib import Path

import pytest

from runtime.harness.moments import How, Restart, WrongMoment, read_restart
from runtime.harness.scenario import load_scenario
from service_contract.yaml_lines import YamlFaults


@pytest.mark.parametrize(
    ("text", "restart"),
    [
        ("+60s", Restart(How.KILL, "+60s")),
        ("+1h30m/12.5s:term", Restart(How.TERM, "+1h30m/12.5s")),
        ("event:120:clean", Restart(How.CLEAN, "event:120")),
        ("2025-11-18T08:45:00-06:00", Restart(How.KILL, "2025-11-18T08:45:00-06:00")),
        ("2025-11-18T14:45:00Z/30s:kill", Restart(How.KILL, "2025-11-18T14:45:00Z/30s")),
        ("checkpoint:8", Restart(How.KILL, checkpoint=8)),
        ("checkpoint:8/triggered:term", Restart(How.TERM, checkpoint=8, phase="triggered")),
    ],
)
def test_a_moment_is_read_as_it_is_written(text: str, restart: Restart):
    assert read_restart(text) == restart
    assert read_restart(str(restart)) == restart


@pytest.mark.parametrize("text", ["", "60s", "kill", "+60s:explode", "event:x", "checkpoint:0", "+60s/", "tomorrow"])
def test_what_is_no_moment_is_refused_with_what_is_possible(text: str):
    with pytest.raises(WrongMoment, match="event:120"):
        read_restart(text)


def test_a_scenario_is_read_with_its_paths_beside_it(tmp_path: Path):
    (tmp_path / "own.jsonl.gz").touch()
    file = tmp_path / "s.yaml"
    file.write_text(
        "schema: runtime.scenario/1\nsnapshot: friday.json\nsessions:\n"
        '  - session: demo-breach\n    restarts: ["+60s:kill"]\n  - session: own.jsonl.gz\n    script: own.yaml\n'
    )
    scenario = load_scenario(file)
    assert scenario.snapshot == tmp_path / "friday.json"
    first, second = scenario.parts
    assert (first.session, first.script, first.restarts) == ("demo-breach", None, (Restart(How.KILL, "+60s"),))
    assert (second.session, second.script) == (str(tmp_path / "own.jsonl.gz"), tmp_path / "own.yaml")


def test_every_fault_of_a_scenario_is_told_with_its_place(tmp_path: Path):
    file = tmp_path / "s.yaml"
    file.write_text("schema: other/1\nsessions:\n  - session: a\n    restart: []\n  - restarts: [soon]\n")
    with pytest.raises(YamlFaults) as caught:
        load_scenario(file)
    told = "\n".join(fault.explain() for fault in caught.value.faults)
    assert all(f"s.yaml:{line}" in told for line in ("1:9", "4:", "5:"))
    for words in ("write schema: runtime.scenario/1", "did you mean restarts?", "is missing", "is no moment"):
        assert words in told
