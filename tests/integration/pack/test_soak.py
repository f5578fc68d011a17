"""Soak on the real daemon, on a terminal, interrupted, as a function; and the files that it leaves."""

import asyncio
import json
import os
import pty
import re
import signal
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import jsonschema
import psutil
import pytest

from runtime.output.junit import read_junit
from runtime.soak_test import soak_test

ROOT = Path(__file__).parents[3]
SCHEMA = json.loads((ROOT / "docs/reference/schemas/soak.schema.json").read_text(encoding="utf-8"))
ZOO = ROOT / "tests" / "zoo"
PLAN = """
metrics: {events_total: count, latency_us_p99: us}
soak:
  duration_s: 2
  sample_s: 0.1
  events: events_total
  thresholds:
    - {metric: rss_mb, growth_at_most: 50}
    - {metric: latency_us_p99, at_most: 1000}
"""


@pytest.fixture
def animal(tiny):
    """A project whose service wears well."""
    tiny.service("endures")
    service = tiny.root / "config/service.yaml"
    tiny.write("config/service.yaml", service.read_text(encoding="utf-8") + PLAN)
    return tiny


def command(project, *flags):
    return [sys.executable, "-m", "runtime", "soak", "--project", str(project.root), *flags]


def test_the_daemon_holds_up_with_data_for_every_threshold(run_program, tmp_path):
    """Longer than the other tests on purpose: every metric of the shipped plan needs its samples."""
    flags = ["--duration", "12s", "--json", "--reports-dir", tmp_path / "r", "--log-dir", tmp_path / "l"]
    ended = run_program([sys.executable, "-m", "runtime", "soak", *flags], deadline_s=55)
    report = json.loads(ended.out)
    jsonschema.validate(report, SCHEMA)
    no_data = [each["name"] for each in report["thresholds"] if each["word"] == "NO DATA"]
    assert no_data == [], ended.err
    failed = [each["detail"] for each in report["thresholds"] if each["word"] == "FAIL"]
    assert (ended.code, failed, report["verdict"]) == (0, [], "PASS"), ended.err
    assert report["options"]["scenario"] == "soak"
    enforced = report["metrics"]["intents_total"]
    assert enforced["most"] - enforced["least"] >= 3, "a limit is broken and enforced every two seconds"
    assert report["events_processed"] > 1000
    assert [item["complete_s"] is not None for item in report["checkpoints"]] == [True] * 8


def test_a_venue_without_events_is_no_data_on_the_daemon_too(run_program, tmp_path):
    flags = ["--duration", "8s", "--scenario", "silent", "--json"]
    places = ["--reports-dir", tmp_path / "r", "--log-dir", tmp_path / "l"]
    ended = run_program([sys.executable, "-m", "runtime", "soak", *flags, *places], deadline_s=40)
    report = json.loads(ended.out)
    assert (ended.code, report["verdict"]) == (2, "UNKNOWN"), ended.err
    rate = next(each for each in report["thresholds"] if each["metric"] == "events_per_s")
    assert (rate["word"], rate["samples"]) == ("NO DATA", 0)
    found = [finding["id"] for finding in report["diagnosis"]]
    assert found[0].startswith("FEED-")
    assert "SOAK-004" in found


class Page(HTMLParser):
    """What a browser would find in the report."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.sources, self.labels = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.sources += [value for name, value in attrs if name in {"src", "href"}]
        self.labels += [value for name, value in attrs if name == "aria-label"]


def test_a_run_leaves_a_report_that_loads_nothing_and_files_for_machines(animal, run_program):
    ended = run_program(command(animal, "--json"))
    assert ended.code == 0, ended.err
    report = json.loads(ended.out)
    files = {name: Path(path) for name, path in report["artifacts"].items()}
    assert json.loads(files["result"].read_text(encoding="utf-8")) == report
    page = Page(files["html"].read_text(encoding="utf-8"))
    assert "script" not in page.tags
    assert page.sources == []
    assert any(label.startswith("rss_mb: ") for label in page.labels)
    assert page.tags.count("svg") == len(report["metrics"])
    junit = read_junit(files["junit"])
    assert {case.name for case in junit.cases} >= {"rss_mb growth_at_most 50", "latency_us_p99 at_most 1000", "stop"}
    assert junit.properties["verdict"] == "PASS"
    samples = [json.loads(line) for line in files["samples"].read_text(encoding="utf-8").splitlines()]
    assert len([each for each in samples if each["metric"] == "rss_mb"]) == report["metrics"]["rss_mb"]["samples"]
    assert files["dir"].stat().st_mode & 0o777 == 0o700
    assert (files["dir"].parent / "latest").read_text().strip() == files["dir"].name
    assert json.loads((files["dir"].parent / "last_good.json").read_text())["run"] == report["run"]


def test_on_a_terminal_the_picture_is_redrawn_and_the_result_takes_its_place(animal):
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ |= {"TERM": "xterm", "NO_COLOR": "1"}
        os.execv(sys.executable, command(animal))  # noqa: S606 -- the terminal needs the very process
    output = b""
    while chunk := read(terminal):
        output += chunk
    os.close(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    text = output.decode()
    assert len(re.findall(r"\x1b\[\d+F\x1b\[J", text)) >= 3
    assert re.search(r"rss_mb .*[▁▂▃▄▅▆▇█]", text)
    after = text.rpartition("\x1b[J")[2]
    assert "Soak Test Results (2s):" in after
    assert "✅ Memory stable" in after


def read(terminal):
    try:
        return os.read(terminal, 4096)
    except OSError:  # Linux says EIO when the other side has gone
        return b""


def test_ctrl_c_stops_everything_and_exits_130(animal, wait_until):
    process = subprocess.Popen(
        command(animal, "--duration", "60s"), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        cwd=animal.root,
    )  # fmt: skip
    log = animal.root / "data/logs/animal.log"
    wait_until(lambda: log.is_file() and "acted:" in log.read_text(), "the service works")
    children = psutil.Process(process.pid).children(recursive=True)
    assert len(children) == 2, "the service and its venue"
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=20)
    assert process.returncode == 130, out
    assert "interrupted; everything that was started is stopped" in out
    assert not any(child.is_running() for child in children)
    assert not (animal.root / "data/reports/soak/last_good.json").exists()


def test_a_duration_that_is_none_is_wrong_usage(animal, run_program):
    for wrong in ("0", "-3", "ten", "5 days"):
        ended = run_program(command(animal, f"--duration={wrong}"))
        assert ended.code == 64
        assert "write 60, 30s, 5m or 8h" in ended.err


def test_a_service_that_is_no_python_program_cannot_be_traced(animal, run_program):
    service = animal.root / "config/service.yaml"
    text = service.read_text(encoding="utf-8").replace('argv: ["{python}", "{project}/service', 'argv: ["./x", "', 1)
    animal.write("config/service.yaml", text)
    ended = run_program(command(animal, "--tracemalloc"))
    assert ended.code == 64
    assert "--tracemalloc: " in ended.err


def test_as_a_function_it_returns_what_the_command_prints(animal, monkeypatch, capsys):
    monkeypatch.chdir(animal.root)
    report = asyncio.run(soak_test(duration=2, project=animal.root))
    jsonschema.validate(json.loads(json.dumps(report)), SCHEMA)
    assert report["exit_code"] == 0
    assert report["duration_seconds"] == pytest.approx(2, abs=0.3)
    assert report["start_memory_mb"] > 1
    assert report["peak_memory_mb"] >= report["end_memory_mb"]
    assert report["memory_leak_mb"] == pytest.approx(report["end_memory_mb"] - report["start_memory_mb"], abs=0.01)
    assert "Exit Code: 0" in capsys.readouterr().out
