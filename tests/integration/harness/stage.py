"""The harness for tests: days written from a few prices, and its primitives as plain calls on one event loop."""

import asyncio
import json
import os
import sys
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml
from tests.conftest import PROJECT
from tests.replay.build import PRICES, SESSION, build

from runtime.contract.model import Contract
from runtime.contract.reader import load_contract
from runtime.harness.agreement import Compared, compare
from runtime.harness.moments import How
from runtime.harness.staging import Session, Staging
from runtime.observing.process import Finished, Launch, run_to_end
from runtime.observing.timeline import LogLine
from runtime.settings import make_places

CHICAGO = {"time": "17:00", "timezone": "America/Chicago"}
LIMIT_S = 60.0
SHARED_FILES = ("accounts.yaml", "instruments.yaml", "holidays.yaml")
RECORDED = PROJECT / "data" / "sessions"


def contract() -> Contract:
    """The shipped contract without the canary, because a test looks at what its session leads to; and more patient."""
    shipped = load_contract(PROJECT / "config" / "service.yaml")
    argv = tuple(part for part in shipped.argv if part != "--canary")
    return replace(shipped, argv=argv, deadlines=replace(shipped.deadlines, companion_s=LIMIT_S, stop_s=LIMIT_S))


class Stage:
    """One staging and the loop it lives on. What it does is told in `runtime.harness.staging`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.env = dict(os.environ)
        self.contract = contract()
        self.tolerates_breaches = False
        self.log: list[LogLine] = []
        self._runner = asyncio.Runner()
        self._days = 0
        self._staging: Staging | None = None
        self._seen: dict[str, Any] = {}  # time stands between two primitives, so what was asked once need not be again

    @property
    def staging(self) -> Staging:
        if self._staging is None:
            places = make_places(self.contract, PROJECT, "replay", reports_dir=self.root / "r", log_dir=self.root / "l")
            assert self.contract.harness is not None
            self._staging = Staging(self.contract, self.contract.harness, places, self.env, LIMIT_S)
            self._runner.run(self._staging.__aenter__())
        return self._staging

    def close(self) -> None:
        try:
            if self._staging is not None:
                self.read_log()
                self._runner.run(self._staging.__aexit__(None, None, None))
        finally:
            self._runner.close()
        if not self.tolerates_breaches:
            assert not self.breaches

    # -- what is configured and played -----------------------------------------------------------------------------

    def govern(
        self, rules: dict[str, Any], *, sessions: dict[str, Any] | None = None, somebody_is_paged: bool = False
    ) -> None:
        """Write the rules by which the service goes; whoever is paged writes it down."""
        config = self.root / "config"
        config.mkdir(exist_ok=True)
        for name in SHARED_FILES:
            (config / name).write_bytes((PROJECT / "config" / name).read_bytes())
        document: dict[str, Any] = {
            "rules": rules,
            "sessions": sessions or {},
            "daily_reset": CHICAGO,
            "holidays": "holidays.yaml",
        }
        if somebody_is_paged:
            channels = {"person": {"type": "command", "argv": self._writes()}}
            document["alerts"] = {"page_simulated": True, "channels": channels}
        (config / "risk_config.yaml").write_text(json.dumps(document, indent=1))  # JSON is YAML; quotes stay
        self.env["RISK_CONFIG"] = str(config / "risk_config.yaml")

    def _writes(self) -> list[str]:
        """A program that appends the page on its standard input to a file, a line each."""
        script = self.root / "write.py"
        script.write_text(f"import sys\nwith open({str(self._pages)!r}, 'a') as f: f.write(sys.stdin.read() + '\\n')\n")
        return [sys.executable, str(script)]

    @property
    def _pages(self) -> Path:
        return self.root / "pages.jsonl"

    def pages(self) -> list[dict[str, Any]]:
        """What a person was told so far."""
        lines = self._pages.read_text().splitlines() if self._pages.exists() else []
        return [json.loads(line) for line in lines if line]

    def day(
        self,
        start: str,
        end: str,
        prices: Sequence[tuple[str, str, str]],
        actions: Sequence[dict[str, Any]] = (),
        *,
        holds: Sequence[str] = (),
    ) -> Session:
        """A session and its script: rows of (offset, symbol, price), and what is done.

        The best bid is the price and the best ask one tick above it; one contract is traded at it. The last price comes
        again at the end: a session is over with its last event.
        """
        self._days += 1
        prices = [*prices, (end, *prices[-1][1:])]
        folder = self.root / f"day-{self._days}"
        folder.mkdir()
        (folder / PRICES).write_text(yaml.safe_dump({"start": start, "end": end, "prices": [list(p) for p in prices]}))
        build(folder, folder / SESSION)
        script = {"schema": "rm.script/1", "fees_per_side": {"ES": "1.40"}, "actions": list(actions)}
        (folder / "session.script.yaml").write_text(json.dumps(script, indent=1))
        return Session(file=folder / SESSION, holds=holds)

    # -- the primitives --------------------------------------------------------------------------------------------

    def begin(self, session: Session, *, snapshot: Path | None = None) -> None:
        self._go_on(self.staging.begin(session, snapshot=snapshot))

    def restart(self, how: How) -> int:
        return self._go_on(self.staging.restart(how))

    def halt(self, how: How) -> int:
        return self._go_on(self.staging.halt(how))

    def resume(self) -> None:
        self._go_on(self.staging.resume())

    def overnight(self, session: Session) -> int:
        return self._go_on(self.staging.overnight(session))

    def end(self) -> int:
        return self._go_on(self.staging.end())

    def _go_on(self, primitive: Coroutine[Any, Any, Any]) -> Any:
        self._seen.clear()
        return self._runner.run(primitive)

    # -- looking ---------------------------------------------------------------------------------------------------

    def until_held(self) -> str:
        """Until the venue waits for another manager; its words."""
        words = self._go_on(self.staging.until())
        assert isinstance(words, str), "the session is over"
        return words

    def until_ended(self) -> None:
        """Until the session is over, with nothing in between."""
        assert self._go_on(self.staging.until()) is None

    def status(self) -> Any:
        if "status" not in self._seen:
            self._seen["status"] = self._runner.run(self.staging.status())
        return self._seen["status"]

    def ledger(self) -> Any:
        if "ledger" not in self._seen:
            self._seen["ledger"] = self._runner.run(self.staging.ledger())
        return self._seen["ledger"]

    def decisions(self) -> list[dict[str, Any]]:
        return [json.loads(line)["decision"] for line in self._runner.run(self.staging.decisions())]

    def compared(self) -> tuple[Compared, ...]:
        return tuple(compare(each, self.status(), self.ledger()) for each in self.staging.plan.agree)

    def assert_agreement(self) -> None:
        """The service and the venue's ledger tell the same."""
        compared = self.compared()
        assert [str(each) for each in compared if not each.holds] == []
        assert len(compared) == len(self.staging.plan.agree)

    def read_log(self) -> str:
        """The whole log of the service so far."""
        self.log += self.staging.new_log_lines()
        return "\n".join(line.message for line in self.log)

    @property
    def breaches(self) -> list[str]:
        """What was logged of broken invariants."""
        return [line.message for line in self.log if line.level == "CRITICAL" and "INV-" in line.message]

    def run(self, *argv: str | Path) -> Finished:
        """A command of the risk manager, with the environment of this stage."""
        self._seen.clear()
        self._days += 1
        name = self.root / f"run-{self._days}"
        out, err = name.with_suffix(".out"), name.with_suffix(".err")
        launch = Launch(name.name, [sys.executable, "-m", "risk_manager", *map(str, argv)], self.env, PROJECT, out, err)
        return self._runner.run(run_to_end(launch, LIMIT_S))

    def trade(self, symbol: str, size: str) -> None:
        """Trade by hand at the exchange, past the service."""
        done = self.run("exchange", "trade", symbol, size, "--socket", self.staging.places.socket_dir / "exchange.sock")
        assert done.code == 0, done.stderr.read_text()

    def snapshot(self, account: str = "SIM-50K") -> Path:
        """The state as it stands, as a file, under this account's name."""
        path = self.root / f"{account}.state.json"
        done = self.run(
            "snapshot", "export", path, "--data-dir", self.staging.places.state_dir, "--account-as", account
        )
        assert done.code == 0, done.stderr.read_text()
        return path


def stands(stage: Stage) -> tuple[dict[str, int], dict[str, str | None]]:
    """What is held, and every lockout with its end."""
    status = stage.status()
    return net(status), locked(status)


def net(status: Any) -> dict[str, int]:
    """What is held, by symbol."""
    return {position["symbol"]: position["net"] for position in status["positions"]}


def locked(status: Any) -> dict[str, str | None]:
    """Every lockout with its end."""
    return {lockout["id"]: lockout["until"] for lockout in status["lockouts"]}
