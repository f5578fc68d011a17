"""The keeper: lets the real pack run one animal of the zoo, under a name by which nothing can recognise it."""

import json
import os
import secrets
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ZOO = Path(__file__).parent
HELPERS = ("speech.py", "venue.py", "ledger.py")
NAMES_CUT = ("RISK_", "RUNTIME_", "GITHUB_", "ANIMAL_", "BOOT_TIMEOUT_S", "LOG_LEVEL")
# How an animal is soaked. Short enough for a test, and each threshold has data in it.
SOAK_PLAN = """
metrics: {events_total: count, tasks: count, latency_us_p99: us}
soak:
  duration_s: 2
  sample_s: 0.1
  events: events_total
  thresholds:
    - {metric: rss_mb, slope_at_most: 60, least_growth: 2}
    - {metric: rss_mb, growth_at_most: 50}
    - {metric: fds, slope_at_most: 0, least_growth: 5}
    - {metric: threads, slope_at_most: 0, least_growth: 3}
    - {metric: tasks, slope_at_most: 0, least_growth: 2}
    - {metric: events_per_s, at_least: 20, for_s: 0.5}
    - {metric: latency_us_p99, at_most: 1000}
    - {metric: heartbeat_gap_s, at_most: 0.7}
"""


class NoInterpreter(Exception):
    """What an animal is written in is not on this machine, so nothing is shown of it; says which."""


@dataclass(frozen=True)
class Seen:
    """What a run of the pack looked like from outside. alias: the name under which the animal ran."""

    code: int
    report: dict
    stdout: str
    stderr: str
    home: Path
    alias: str

    @property
    def causes(self):
        return [finding["id"] for finding in self.report["diagnosis"]]


@dataclass(frozen=True)
class Keeper:
    home: Path

    def house(self, animal, *arguments, edit=None):
        """Put an animal and its helpers into the home, under a random name; gives that name."""
        for name in HELPERS:
            shutil.copy(ZOO / name, self.home / name)
        alias = f"s{secrets.token_hex(6)}"
        file = ZOO / (animal if Path(animal).suffix else f"{animal}.py")
        shutil.copy(file, self.home / f"{alias}{file.suffix}")
        text = (ZOO / "service.yaml").read_text(encoding="utf-8").replace("name: animal\n", f"name: {alias}\n")
        text = text.replace("ANIMAL.py", f"{alias}{file.suffix}")
        if file.suffix == ".pl":
            text = text.replace('argv: ["{python}"', f'argv: ["{perl()}"', 1)
        if arguments:
            last = '"{socket_dir}/venue.sock"]'
            more = ", ".join(json.dumps(str(argument)) for argument in arguments)
            text = text.replace(last, f"{last[:-1]}, {more}]", 1)
        (self.home / "service.yaml").write_text(edit(text) if edit else text, encoding="utf-8")
        return alias

    def command(self, *flags, what="smoke"):
        """The command line that runs the pack on what is housed here."""
        contract = ["--service", str(self.home / "service.yaml"), "--project", str(self.home)]
        return [sys.executable, "-m", "runtime", what, *contract, *flags]

    def run(self, animal, *arguments, flags=(), edit=None, what="smoke"):
        """Run the pack on an animal to the end."""
        alias = self.house(animal, *arguments, edit=edit)
        done = subprocess.run(
            self.command("--json", *flags, what=what),
            capture_output=True, text=True, encoding="utf-8", check=False, timeout=50, cwd=self.home,
            env={name: value for name, value in os.environ.items() if not name.startswith(NAMES_CUT)},
        )  # fmt: skip
        return Seen(done.returncode, json.loads(done.stdout), done.stdout, done.stderr, self.home, alias)


def perl():
    """The Perl of this machine. Raises NoInterpreter where there is none that can do what the animal needs."""
    found = shutil.which("perl")
    if found is not None:
        needed = ["-MSocket", "-MTime::HiRes=clock_gettime,CLOCK_MONOTONIC", "-e", "1"]
        if subprocess.run([found, *needed], capture_output=True, check=False).returncode == 0:
            return found
    raise NoInterpreter(
        "UNKNOWN: no perl with Socket and Time::HiRes here, so no service but Python's is shown to pass"
    )
