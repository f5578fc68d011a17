"""The command line of the pack, as a process: codes, JSON, variables, and what Ctrl-C leaves behind."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import jsonschema
import psutil
import pytest

from runtime.smoke_test import smoke_test

ROOT = Path(__file__).parents[3]
SCHEMAS = ROOT / "docs" / "reference" / "schemas"
pytestmark = pytest.mark.integration


def schema(name):
    return json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "arguments", [("smoke", "--no-such-flag"), ("nonsense",), ("smoke", "--scenario", "x"), ("smoke", "--option", "x")]
)
def test_wrong_usage_is_64_and_one_json_object_all_the_same(tiny, arguments):
    ended = tiny.runtime(*arguments, "--json")
    assert ended.code == 64
    jsonschema.validate(ended.json, schema("error"))
    assert "Exit Code: 64" in ended.err
    assert "Traceback" not in ended.err


@pytest.mark.parametrize("command", ["drill", "chaos", "history"])
def test_a_command_that_is_still_to_come_says_so(tiny, command):
    ended = tiny.runtime(command)
    assert ended.code == 64
    assert f"{command} is not there yet" in ended.err


@pytest.mark.parametrize("arguments", [("--help",), ("smoke", "--help"), ("gate", "--help"), ("demo", "--help")])
def test_the_help_lists_every_exit_code_and_names_the_variables(tiny, arguments):
    ended = tiny.runtime(*arguments)
    assert ended.code == 0
    for word in (
        "SUCCESS",
        "EXCEPTION",
        "STALLED",
        "CONFIG_ERROR",
        "API_ERROR",
        "DEPENDENCY_ERROR",
        "USAGE",
        "INTERRUPTED",
    ):
        assert word in ended.out
    assert len(arguments) == 1 or "RUNTIME_JSON" in ended.out


def test_without_a_command_the_help_is_shown_and_it_is_wrong_usage(tiny):
    ended = tiny.runtime()
    assert ended.code == 64
    assert "Commands:" in ended.err


def test_a_broken_service_yaml_gives_3_with_file_line_and_column(tiny):
    text = (tiny.root / "config/service.yaml").read_text(encoding="utf-8")
    tiny.write("config/service.yaml", text.replace("ready: 5", "ready: 50"))
    ended = tiny.runtime("smoke", "--json")
    assert ended.code == 3
    assert "config/service.yaml:16:8: ready: there are only 8 checkpoints (value: 50)" in ended.err
    assert ended.json["diagnosis"][0]["id"] == "CFG-001"


def test_a_missing_service_yaml_gives_3(tiny):
    assert tiny.runtime("smoke", "--service", "nowhere.yaml").code == 3


def test_the_json_of_smoke_is_what_its_schema_says_for_a_pass_and_for_a_stall(tiny):
    good = tiny.runtime("smoke", "--json")
    assert good.code == 0
    jsonschema.validate(good.json, schema("smoke"))
    assert json.loads(Path(good.json["artifacts"]["result"]).read_text(encoding="utf-8")) == good.json
    tiny.service("stalls", 6)
    stalled = tiny.runtime("smoke", "--json", "--timeout", "1")
    assert stalled.code == 2
    jsonschema.validate(stalled.json, schema("smoke"))
    assert stalled.json["checkpoints"][5]["t_s"] is None
    assert any("loop runs" in line for line in stalled.json["log_tail"])


def test_a_stalled_smoke_ends_with_the_tail_of_the_log_and_the_last_status(tiny):
    tiny.service("subscribes")
    ended = tiny.runtime("smoke", "--timeout", "1")
    assert ended.code == 2
    assert "INFO loop runs" in ended.out
    assert "its last STATUS" in ended.out
    assert "FEED-003" in ended.out
    assert "⚠️ Smoke test STALLED: No events after 1.0s" in ended.out


@pytest.mark.parametrize(
    ("env", "arguments", "code"),
    [
        ({"RUNTIME_SCENARIO": "calm"}, (), 0),
        ({"ANIMAL_SCENARIO": "calm"}, (), 0),
        ({"RUNTIME_SCENARIO": "nonsense"}, (), 64),
        ({"RUNTIME_SCENARIO": "nonsense"}, ("--scenario", "calm"), 0),
        ({"BOOT_TIMEOUT_S": "soon"}, (), 64),
    ],
)
def test_a_flag_wins_over_a_variable_and_the_choice_reaches_the_service(tiny, env, arguments, code):
    ended = tiny.runtime("smoke", "--json", *arguments, env=env)
    assert ended.code == code
    assert code != 0 or ended.json["checkpoints"][7]["detail"]["phase"] == "sealed"


def test_words_are_ascii_where_the_encoding_is(tiny):
    ended = tiny.runtime("smoke", env={"PYTHONIOENCODING": "ascii"})
    assert ended.code == 0
    assert "[OK] Smoke test PASSED" in ended.out
    assert ended.out.isascii()


def test_each_run_has_fresh_state_and_the_last_one_is_named(tiny):
    dirs = [tiny.runtime("smoke", "--json").json["artifacts"]["dir"] for _ in range(2)]
    assert dirs[0] != dirs[1]
    latest = (tiny.root / "data/reports/smoke/latest").read_text(encoding="utf-8").strip()
    assert latest == Path(dirs[1]).name
    assert (Path(dirs[1]).stat().st_mode & 0o777) == 0o700


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_smoke_exits_130_and_leaves_no_process_and_no_socket(tiny, number):
    tiny.service("silent")
    process = subprocess.Popen(
        [sys.executable, "-m", "runtime", "smoke", "--timeout", "40"],
        cwd=tiny.root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "TMPDIR": str(tiny.root)} if len(str(tiny.root)) < 60 else None,
    )  # fmt: skip
    assert "smoke animal" in process.stdout.readline()
    watcher = psutil.Process(process.pid)
    children = wait_for(lambda: len(found := watcher.children(recursive=True)) == 2 and found)
    process.send_signal(number)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "everything that was started is stopped" in errors
    assert [child for child in children if running(child)] == []


def wait_for(condition):
    """Turn until it holds; the test's own time limit is the deadline."""
    while not (found := condition()):
        psutil.cpu_percent(interval=0.02)
    return found


def running(process):
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def test_the_demo_tells_the_checkpoints_in_order_and_what_the_ledger_says(tiny):
    ended = tiny.runtime("demo")
    assert ended.code == 0, ended.out + ended.err
    places = [
        ended.out.index(text)
        for text in ("starting", "config", "connected to", "prepared", "loop runs", "message:", "judged:", "acted:")
    ]
    assert places == sorted(places)
    assert ended.out.index("What the ledger says:") > places[-1]
    assert re.search(r"\n  flat\n  no working orders\n  \d+ orders \(origin manager, status filled\)\n", ended.out)


def test_a_demo_that_is_not_proven_does_not_exit_0(tiny):
    tiny.service("lies")
    ended = tiny.runtime("demo")
    assert ended.code == 1
    assert "ENF-003" in ended.out


def test_smoke_is_also_a_function(tiny, capsys):
    assert asyncio.run(smoke_test(timeout=8.0, project=tiny.root)) == 0
    assert "✅ Smoke test PASSED" in capsys.readouterr().out
    tiny.service("stalls", 3)
    assert asyncio.run(smoke_test(timeout=1.0, project=tiny.root)) == 2
    assert asyncio.run(smoke_test(project=tiny.root, scenario="nonsense")) == 64
    (tiny.root / "config" / "service.yaml").write_text("{}", encoding="utf-8")
    assert asyncio.run(smoke_test(project=tiny.root)) == 3


def test_without_its_packages_the_pack_exits_5_and_names_them(tiny):
    """A Python that sees only the sources: as after an install that went wrong."""
    ended = tiny.run(
        sys.executable, "-S", "-c",
        "import sys; sys.path.insert(0, sys.argv.pop(1)); sys.argv = ['x', 'smoke', '--json']; "
        "from runtime.__main__ import main; sys.exit(main())",
        ROOT / "src", env={"RISK_MANAGER_VENV_ENTERED": "1"},
    )  # fmt: skip
    assert ended.code == 5
    assert "package click is not installed" in ended.err
    assert ended.json["exit_code"] == 5
