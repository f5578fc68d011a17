"""What is seen of a real process from outside, and of a log that is rotated."""

import os
import subprocess
import sys

from runtime.soak.outside import LogGrowth, ProcessSampler


def test_a_process_is_seen_with_everything_it_started(tmp_path):
    alone = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        one = ProcessSampler(alone.pid).sample(0.0)
    finally:
        alone.communicate(b"\n")
    program = tmp_path / "parent.py"
    program.write_text(
        "import subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-c', 'print(1, flush=True); input()'], stdin=subprocess.PIPE,\n"
        "                         stdout=subprocess.PIPE)\n"
        "child.stdout.readline()\n"
        "print('ready', flush=True)\n"
        "input()\n"
        "child.communicate(b'\\n')\n"
    )
    both = subprocess.Popen([sys.executable, str(program)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        both.stdout.readline()
        two = ProcessSampler(both.pid).sample(0.0)
    finally:
        both.communicate(b"\n")
    assert (one["processes"], two["processes"]) == (1, 2)
    assert two["rss_mb"] > one["rss_mb"] > 1
    assert two["threads"] == 2
    assert two["fds"] > one["fds"] >= 3


def test_cpu_is_counted_between_two_looks_and_never_from_one():
    sampler = ProcessSampler(os.getpid())
    assert "cpu_percent" not in sampler.sample(0.0)
    assert sampler.sample(1.0)["cpu_percent"] >= 0


def test_a_process_that_is_gone_gives_no_values():
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    assert ProcessSampler(done.pid).sample(0.0) == {}


def test_the_growth_of_a_log_is_counted_across_its_rotation(tmp_path):
    log = tmp_path / "service.log"
    log.write_bytes(b"x" * 1_000_000)
    growth = LogGrowth(log)
    assert growth.sample() == 0
    with log.open("ab") as stream:
        stream.write(b"x" * 500_000)
    assert growth.sample() == 0.5
    log.rename(tmp_path / "service.log.1")
    assert growth.sample() is None
    log.write_bytes(b"x" * 250_000)
    assert growth.sample() == 0.75


def test_a_log_that_was_never_there_is_no_data(tmp_path):
    assert LogGrowth(tmp_path / "none.log").sample() is None
