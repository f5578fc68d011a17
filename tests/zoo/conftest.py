"""The keeper: lets the real pack run one animal of the zoo, under a name by which nothing can recognise it."""

import json
import os
import secrets
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ZOO = Path(__file__).parent
HELPERS = ("speech.py", "venue.py", "ledger.py")


@dataclass(frozen=True)
class Seen:
    """What a run of the pack looked like from outside."""

    code: int
    report: dict
    stdout: str
    stderr: str
    home: Path

    @property
    def causes(self):
        return [finding["id"] for finding in self.report["diagnosis"]]


@dataclass(frozen=True)
class Keeper:
    home: Path

    def house(self, animal, *arguments, edit=None):
        """Put an animal and its helpers into the home; gives the path of its contract."""
        for name in HELPERS:
            shutil.copy(ZOO / name, self.home / name)
        alias = f"s{secrets.token_hex(6)}"
        shutil.copy(ZOO / f"{animal}.py", self.home / f"{alias}.py")
        text = (ZOO / "service.yaml").read_text(encoding="utf-8").replace("ANIMAL.py", f"{alias}.py")
        if arguments:
            last = '"{socket_dir}/venue.sock"]'
            more = ", ".join(json.dumps(str(argument)) for argument in arguments)
            text = text.replace(last, f"{last[:-1]}, {more}]", 1)
        contract = self.home / "service.yaml"
        contract.write_text(edit(text) if edit else text, encoding="utf-8")
        return contract

    def command(self, contract, *flags, what="smoke"):
        """The command line that runs the pack on a contract."""
        return [
            sys.executable,
            "-m",
            "runtime",
            what,
            "--service",
            str(contract),
            "--project",
            str(self.home),
            *flags,
        ]

    def run(self, animal, *arguments, flags=(), edit=None, what="smoke"):
        """Run the pack on an animal to the end."""
        contract = self.house(animal, *arguments, edit=edit)
        done = subprocess.run(
            self.command(contract, "--json", *flags, what=what),
            capture_output=True,
            text=True,
            check=False,
            timeout=50,
            cwd=self.home,
        )
        return Seen(done.returncode, json.loads(done.stdout), done.stdout, done.stderr, self.home)


@pytest.fixture
def keeper(tmp_path, monkeypatch):
    for name in os.environ:
        if name.startswith(("RISK_", "RUNTIME_", "GITHUB_", "ANIMAL_")) or name in {"BOOT_TIMEOUT_S", "LOG_LEVEL"}:
            monkeypatch.delenv(name)
    return Keeper(tmp_path)
