"""From what the user asked for to two sides: which versions, where each has its things, and how each is started."""

import asyncio
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from runtime.contract.expand import Places
from runtime.contract.model import Contract
from runtime.contract.reader import load_contract
from runtime.observing.launch import service_argv
from runtime.settings import SERVICE_FILE, WrongUsage
from runtime.shadow.attached import Attached
from runtime.shadow.companions import Companions, NoCompanions
from runtime.shadow.matching import Who
from runtime.shadow.memory import Identity, fingerprint
from runtime.shadow.plan import ShadowPlan
from runtime.shadow.side import Side, SideRequest
from runtime.shadow.started import Started
from runtime.watch.watched import Limits

_PROBE_EVERY_S = 5.0
OBSERVERS = "o"
"""The folder of the socket directory that is all the candidate's `{socket_dir}` has."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Which candidate. contract: another service.yaml; tree: another checkout; env: what is set for it alone."""

    contract: Path | None
    tree: Path | None
    env: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Attachment:
    """A live version that runs already: where its state is, and the folder of the observers' socket of its venue."""

    state_dir: Path
    socket_dir: Path


@dataclass(frozen=True, slots=True)
class ShadowRequest:
    """Everything that was asked for. places: of the run; environ: whole, the chosen options in it."""

    contract: Contract
    plan: ShadowPlan
    places: Places
    chosen: Mapping[str, str]
    environ: Mapping[str, str]
    candidate: Candidate
    attachment: Attachment | None
    limits: Limits

    def sides(self, changed: asyncio.Event) -> tuple[dict[Who, Side], Companions]:
        """Both sides, nothing started yet. Raises WrongUsage where the attached one cannot be asked."""
        live, candidate = self.live_request(), self.candidate_request()
        if self.attachment is None:
            first: Side = Started(live, self.limits, changed.set)
            companions = Companions(live, self.chosen, changed)
        else:
            if self.plan.attached is None:
                message = (
                    f"{self.contract.file}: shadow.attached is missing: it says how a running live version is asked"
                )
                raise WrongUsage(message)
            first = Attached(live, self.plan.attached, _PROBE_EVERY_S, changed.set)
            companions = NoCompanions(live, changed)
        return {Who.LIVE: first, Who.CANDIDATE: Started(candidate, self.limits, changed.set)}, companions

    def identity(self) -> Identity:
        """What the two versions are, so that a clock is not carried over to another one."""
        candidate = self.candidate_request()
        return Identity(
            fingerprint(self.places.project, self.contract.file, self.contract.argv, {}),
            fingerprint(candidate.places.project, candidate.contract.file, candidate.argv, self.candidate.env),
        )

    def live_request(self) -> SideRequest:
        """The live version, as its service.yaml starts it."""
        places = self._places("live", self.places.project, self.places.python)
        if self.attachment is not None:
            places = replace(places, state_dir=self.attachment.state_dir, log_dir=self.places.log_dir)
        argv = service_argv(self.contract, self.environ)
        return SideRequest(
            Who.LIVE, self.contract, self.plan, places, self.environ, argv, notify_dir=self.places.socket_dir
        )

    def candidate_request(self) -> SideRequest:
        """The candidate: its own service.yaml, its own directories, and what keeps it from sending."""
        tree = (self.candidate.tree or self.places.project).resolve()
        file = self.candidate.contract or (tree / SERVICE_FILE if self.candidate.tree else self.contract.file)
        contract = load_contract(file)
        if contract.shadow is None:
            message = f"{contract.file}: it has no section `shadow`, so nothing says how it is kept from sending"
            raise WrongUsage(message)
        environ = {**self.environ, **self.candidate.env}
        python = self.places.python
        if self.candidate.tree is not None:
            own = tree / ".venv" / "bin" / "python"
            python = str(own) if own.is_file() else sys.executable
            paths = [str(tree / "src"), *([environ["PYTHONPATH"]] if environ.get("PYTHONPATH") else [])]
            environ["PYTHONPATH"] = ":".join(paths)
        places = self._places("candidate", tree, python)
        places = replace(places, state_dir=Path(places.text(contract.state_dir)))
        argv = (*service_argv(contract, environ), *self.plan.candidate)  # what keeps it from sending is not its to say
        return SideRequest(
            Who.CANDIDATE, contract, contract.shadow, places, environ, argv, notify_dir=self.places.socket_dir
        )

    def _places(self, name: str, project: Path, python: str) -> Places:
        run_dir = self.places.run_dir / name
        if self.attachment is not None:
            socket_dir = self.attachment.socket_dir
        else:  # the candidate is told of the observers' door only
            socket_dir = self.places.socket_dir / OBSERVERS if name == "candidate" else self.places.socket_dir
        places = replace(
            self.places,
            run_dir=run_dir,
            log_dir=run_dir / "logs",
            project=project,
            python=python,
            socket_dir=socket_dir,
        )
        return replace(places, state_dir=Path(places.text(self.contract.state_dir)))
