"""The tutorial is the source: its files are written, its commands typed, its outputs compared, in a new directory."""

import ast
import os
import re
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "tutorial" / "your-own-service.md"
HOME = "/home/you/thermostat"
pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]


@dataclass
class Command:
    """One line that the page types, and what it shows to come out."""

    line: str
    shown: list[str]
    background: bool


def fences(text):
    """Info string and body of every fenced block, in order."""
    return [(match[1].strip(), match[2]) for match in re.finditer(r"^```(.*)\n((?:.*\n)*?)```$", text, re.MULTILINE)]


def commands(info, body):
    found = []
    for line in body.splitlines():
        if line.startswith("$ "):
            found.append(Command(line[2:], [], "background" in info.split()))
        else:
            found[-1].shown.append(line)
    return found


def plain(text, here):
    """Without what differs from run to run: numbers, dates, names of runs, the directory, the heating, and spaces."""
    text = text.replace(str(here), HOME)
    text = re.sub(r"\d{8}T\d{6}Z-[0-9a-f]{6}", "RUN", text)
    text = re.sub(r"sha256 [0-9a-f]+", "HASH", text)
    text = re.sub(r"'heating': (True|False)", "'heating': EITHER", text)
    text = re.sub(r"[-+±]?\d[\d.,:]*(?:T[\d:.]+Z)?", "N", text)
    return [re.sub(r"\s+", " ", line).strip() for line in text.splitlines() if line.strip()]


def agree(shown, printed):
    """Is this what came out? A line `...` stands for any lines."""
    pattern = "".join("(?:.*\n)*" if line == "..." else re.escape(line) + "\n" for line in shown)
    return re.fullmatch(pattern, "".join(line + "\n" for line in printed)) is not None


class Terminal:
    """Types commands in one directory, one after the other, with what the one before exited with in `$?`.

    alone: a short directory for sockets, so that `trace` finds no service but those of this terminal.
    """

    def __init__(self, here, alone):
        self.here = here
        self.code = 0
        names = [name for name in os.environ if name.startswith(("RISK_", "RUNTIME_", "GITHUB_"))]
        self.environ = {name: value for name, value in os.environ.items() if name not in names}
        self.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{self.environ['PATH']}"
        self.environ |= {"XDG_RUNTIME_DIR": str(alone), "TMPDIR": str(alone)}
        self.behind = []

    def type(self, command):
        if command.background:
            out = (self.here / f"behind-{len(self.behind)}.txt").open("w+b")
            child = subprocess.Popen(["sh", "-c", f"exec {command.line}"], cwd=self.here, env=self.environ, stdout=out)
            self.behind.append((child, out))
            return ""
        done = subprocess.run(
            ["sh", "-c", f"(exit {self.code}); {command.line}"],
            cwd=self.here, env=self.environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, timeout=60,
        )  # fmt: skip
        self.code = done.returncode
        return done.stdout.decode()

    def wait_behind(self):
        """What the background commands printed, once they have ended by themselves."""
        texts = []
        for child, out in self.behind:
            child.wait(timeout=60)
            out.seek(0)
            texts.append(out.read().decode())
            out.close()
        self.behind = []
        return texts

    def close(self):
        for child, out in self.behind:
            child.send_signal(signal.SIGINT)
            child.wait(timeout=30)
            out.close()


def test_every_file_command_and_output_of_the_tutorial_is_as_the_page_says(tmp_path, short_tmp, wait_until):
    terminal, behind, typed = Terminal(tmp_path, short_tmp), [], 0
    try:
        for info, body in fences(PAGE.read_text(encoding="utf-8")):
            if "title=" in info:
                file = tmp_path / info.partition("title=")[2]
                file.parent.mkdir(exist_ok=True)
                file.write_text(body, encoding="utf-8")
            for command in commands(info, body) if info.startswith("console") else ():
                before = len(log_of(tmp_path))
                printed = plain(terminal.type(command), tmp_path)
                shown = plain("\n".join(command.shown), tmp_path)
                typed += 1
                if command.background:
                    behind.append(shown)
                    wait_until(lambda seen=before: "switched" in log_of(tmp_path)[seen:], "it to work", deadline_s=30)
                else:
                    assert agree(shown, printed), f"$ {command.line}\n" + "\n".join(printed)
            if not info.startswith("console background"):
                for printed in terminal.wait_behind() if "logs" in body else ():
                    assert agree(behind.pop(0), plain(printed, tmp_path)), printed
    finally:
        terminal.close()
    assert typed > 10
    assert not behind


def log_of(here):
    """What the service has logged so far."""
    file = here / "data" / "logs" / "thermostat.log"
    return file.read_text(encoding="utf-8") if file.is_file() else ""


def test_the_service_of_the_tutorial_has_twenty_lines_and_has_never_heard_of_this_project():
    body = next(body for info, body in fences(PAGE.read_text(encoding="utf-8")) if info.endswith("title=thermostat.py"))
    tree = ast.parse(body)
    lines = {node.lineno for node in ast.walk(tree) if hasattr(node, "lineno")}
    assert len(lines) - 1 <= 20, "the docstring aside"
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert not any(isinstance(node, ast.ImportFrom) for node in ast.walk(tree))
    assert imported <= set(sys.stdlib_module_names)


def test_an_output_that_is_not_as_shown_is_noticed():
    """The comparison forgives numbers and the lines under `...`, and nothing else."""
    here = Path("/somewhere")
    shown = plain("PASS  0.17s of 8.0s\n...\nExit Code: 0", here)
    assert agree(shown, plain("PASS  3.2s of 8.0s\nmore\nmore\nExit Code: 0", here))
    assert not agree(shown, plain("FAIL  3.2s of 8.0s\nExit Code: 0", here))
    assert not agree(shown, plain("PASS  3.2s of 8.0s\nExit Code: 0\nand then", here))
