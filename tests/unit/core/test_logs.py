"""What is in the log, who may read it, and what cannot be done to it."""

import json
import logging
import stat
from pathlib import Path

from risk_manager.core.logs import Logs


def write(directory: Path, *, level: int = logging.INFO, say=lambda log: log.info("hello")) -> str:
    logs = Logs(directory, level=level, to_terminal=False)
    try:
        say(logging.getLogger("risk_manager.test"))
    finally:
        logs.close()
    return logs.path.read_text()


def test_a_line_has_time_level_and_message(tmp_path: Path):
    line = write(tmp_path)
    date, time, level, message = line.strip().split(" ", 3)
    assert (len(date), len(time), level, message) == (10, 12, "INFO", "hello")


def test_a_checkpoint_is_logged_at_any_level(tmp_path: Path):
    def say(log: logging.Logger) -> None:
        log.info("hidden")
        log.info("✅ shown", extra={"checkpoint": 2})

    text = write(tmp_path, level=logging.ERROR, say=say)
    assert "✅ shown" in text
    assert "hidden" not in text


def test_a_message_cannot_forge_a_second_line_or_colour_the_terminal(tmp_path: Path):
    text = write(tmp_path, say=lambda log: log.info("a\n2025-01-01 00:00:00.000 INFO forged \x1b[31m"))
    assert len(text.splitlines()) == 1
    assert "\x1b" not in text


def test_each_line_has_a_twin_for_machines(tmp_path: Path):
    write(tmp_path, say=lambda log: log.warning("⚠️ now", extra={"checkpoint": 8}))
    twin = json.loads((tmp_path / "events.jsonl").read_text())
    assert (twin["level"], twin["message"], twin["checkpoint"]) == ("WARNING", "⚠️ now", 8)


def test_a_stack_trace_is_whole_in_the_twin_and_absent_from_the_lines(tmp_path: Path):
    def say(log: logging.Logger) -> None:
        try:
            {}["venue"]
        except KeyError as error:
            log.critical("died", exc_info=error)

    text = write(tmp_path, say=say)
    assert "KeyError: 'venue'" in json.loads((tmp_path / "events.jsonl").read_text())["exception"]
    assert text.endswith("CRITICAL died\n")


def test_logs_are_for_their_owner_only(tmp_path: Path):
    write(tmp_path / "logs")
    assert {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "logs").iterdir()} == {0o600}
    assert stat.S_IMODE((tmp_path / "logs").stat().st_mode) == 0o700


def test_only_who_was_allowed_to_rotates(tmp_path: Path):
    def fill(*, allowed: bool) -> int:
        logs = Logs(tmp_path, level=logging.INFO, to_terminal=False)
        for handler in logs._files:
            handler.maxBytes = 200
        if allowed:
            logs.allow_rotation()
        for number in range(20):
            logging.getLogger("risk_manager.test").info("line %d", number)
        logs.close()
        return len(list(tmp_path.glob("risk_manager.log*")))

    assert fill(allowed=False) == 1
    assert fill(allowed=True) > 1
