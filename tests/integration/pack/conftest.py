"""A tiny project with a gate, tests and a service of its own: the gate must work on any project."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
ZOO = ROOT / "tests" / "zoo"

GATE = """\
stages:
  config: {kind: command, argv: ["{python}", check.py], timeout_s: 20}
  lock: {kind: lock, file: the.lock, timeout_s: 5}
  unit: {kind: pytest, paths: [tests], arguments: [-q, -p, "no:cacheprovider"], timeout_s: 40}
  smoke: {kind: smoke, argv: ["{python}", -m, runtime, smoke, --json], timeout_s: 20}
profiles:
  quick: {stages: [config, unit, smoke], on_failure: stop}
  deploy: {stages: [config, lock, unit, smoke], on_failure: go_on}
  ci: {stages: [config, unit, smoke], on_failure: go_on, junit: test_reports/junit.xml}
"""


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)


class Project:
    """A project in a directory of its own; `write` changes a file of it, `gate` runs the gate on it."""

    def __init__(self, root):
        self.root = root
        for name in ("speech.py", "venue.py", "ledger.py"):
            shutil.copy(ZOO / name, root / name)
        self.write("check.py", "print('configuration is fine')\n")
        self.write("the.lock", "")
        self.write("tests/test_one.py", "def test_one():\n    assert True\n")
        self.write("config/gate.yaml", GATE)
        self.service("good")

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def service(self, animal, *arguments):
        """Make an animal of the zoo the project's service."""
        shutil.copy(ZOO / f"{animal}.py", self.root / "service_under_test.py")
        text = (ZOO / "service.yaml").read_text(encoding="utf-8").replace("ANIMAL.py", "service_under_test.py")
        more = "".join(f', "{argument}"' for argument in arguments)
        self.write("config/service.yaml", text.replace('venue.sock"]', f'venue.sock"{more}]', 1))

    def run(self, *command, env=None, stdin=None):
        done = subprocess.run(
            [str(part) for part in command],
            capture_output=True, text=True, encoding="utf-8", check=False, timeout=55, cwd=self.root,
            stdin=stdin or subprocess.DEVNULL, env={**os.environ, **(env or {})},
        )  # fmt: skip
        return Ended(done.returncode, done.stdout, done.stderr)

    def runtime(self, *arguments, env=None):
        return self.run(sys.executable, "-m", "runtime", *arguments, env=env)

    def gate(self, *arguments, env=None):
        return self.runtime("gate", "--project", self.root, *arguments, env=env)

    def commit(self):
        """Put everything under version control; gives the commit."""
        git = ("git", "-c", "user.name=t", "-c", "user.email=t@localhost", "-c", "commit.gpgsign=false")
        for command in (("init", "-q"), ("add", "."), ("commit", "-q", "-m", "one")):
            done = self.run(*git, *command)
            assert done.code == 0, done.err
        return self.run("git", "rev-parse", "HEAD").out.strip()


@pytest.fixture
def tiny(tmp_path):
    return Project(tmp_path)
