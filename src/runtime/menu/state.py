"""Gathers what the menu shows, from the project's files and from the probe that service.yaml declares."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from platform import python_version
from sys import executable, platform

from runtime.contract.expand import placeholders_in
from runtime.contract.model import Contract
from runtime.contract.reader import load_contract
from runtime.menu.facts import failed_last_time, last_totals, last_verdict, read_revision
from runtime.menu.market import MarketAsker
from runtime.menu.screen import Entry, Facts, Piece
from runtime.output.terminal import Paint
from runtime.settings import SERVICE_FILE, WrongUsage, choose
from service_contract.yaml_lines import YamlFaults

_KINDS = ("gate", "soak", "smoke", "drill")
_PROBE = "market"
_KNOWN = {"python", "project"}
_WAIT_S = 0.1  # a menu that takes longer to appear is one that people stop using


class MenuState:
    """What is known now, asked anew for each screen. `close` ends what it started."""

    def __init__(self, project: Path, environ: Mapping[str, str]) -> None:
        self._project = project
        self._environ = environ
        self._market: MarketAsker | None = None
        self._problem = ""
        self._contract = self._read_contract()
        if self._contract is not None:
            self._market = self._asker(self._contract)

    def facts(self, entries: Sequence[Entry]) -> Facts:
        """Everything that stands beside the entries; the market is asked first, because it takes longest."""
        if self._market is not None:
            self._market.start()
        revision = read_revision(self._project)
        whole = [entry for entry in entries if entry.tests and "--last-failed" not in entry.argv]
        return Facts(
            title=self._contract.name if self._contract else self._project.name,
            about=f"py {python_version()}  {platform}  {revision}",
            verdicts=[last_verdict(self._project, kind, revision.commit) for kind in _KINDS],
            totals={entry.label: last_totals(self._project, entry.label) for entry in whole},
            failed=failed_last_time(self._project),
            runs_on=self._runs_on(),
            market=self._market_words(),
        )

    def close(self) -> None:
        """Leave nothing running."""
        if self._market is not None:
            self._market.stop()

    def _read_contract(self) -> Contract | None:
        try:
            return load_contract(self._project / SERVICE_FILE)
        except YamlFaults as error:
            self._problem = f"UNKNOWN: {SERVICE_FILE} has {len(error.faults)} fault(s), [s] names them"
            return None

    def _asker(self, contract: Contract) -> MarketAsker | None:
        """None where the service declares no such probe: not every service has a market."""
        argv = contract.probes.get(_PROBE)
        if argv is None:
            return None
        needs = [name for text in argv for name in placeholders_in(text) if name not in _KNOWN]
        if needs:
            self._problem = f"UNKNOWN: its probe needs {{{needs[0]}}}, which only a run has"
            return None
        filled = [text.replace("{python}", executable).replace("{project}", str(self._project)) for text in argv]
        return MarketAsker(
            filled,
            {**self._environ, **contract.env},
            self._project,
            self._project / "data" / "reports" / "menu" / "market.json",
            key=self._key(filled),
            limit_s=contract.deadlines.probe_s,
        )

    def _key(self, argv: Sequence[str]) -> str:
        """The command, and the configuration files as they are now: with others the answer may be another."""
        files = sorted((self._project / SERVICE_FILE).parent.glob("*.yaml"))
        return " ".join([*argv, *(f"{file.name}:{file.stat().st_mtime_ns}" for file in files)])

    def _market_words(self) -> Piece | None:
        if self._problem:
            return self._problem, Paint.DOUBT
        return self._market.words(_WAIT_S) if self._market is not None else None

    def _runs_on(self) -> str:
        """`breach, simulated`: what the runtime entries run against, as the variables choose it."""
        if self._contract is None:
            return ""
        try:
            chosen = choose(self._contract, {}, self._environ)
        except WrongUsage as error:
            return f"wrong: {error}"
        return f"({', '.join(chosen.values())})" if chosen else ""
