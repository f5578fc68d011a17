"""Runs the command of service.yaml that pages a person."""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from runtime.contract.expand import Places
from runtime.observing.process import Launch, NotStarted, run_to_end
from service_contract.findings import Finding

_PAGE_S = 10.0
_OF_A_SUPERVISOR = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID")


def without_supervisor(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment without what a supervisor of ours has set for us."""
    return {name: value for name, value in environ.items() if name not in _OF_A_SUPERVISOR}


async def page_person(
    command: tuple[str, ...], places: Places, environ: Mapping[str, str], found: Finding, number: int
) -> str:
    """Page, at most ten seconds long; gives what went wrong, in words, or nothing. number: of this page in its run."""
    stdout, stderr = (places.run_dir / f"page-{number}.{name}.log" for name in ("stdout", "stderr"))
    told = {
        **without_supervisor(environ),
        "RUNTIME_PAGE_ID": found.id,
        "RUNTIME_PAGE_TEXT": found.what,
        "RUNTIME_PAGE_JSON": msgspec.json.encode(found.as_json()).decode(),
    }
    try:
        done = await run_to_end(_launch(command, places, told, stdout, stderr), _PAGE_S)
    except NotStarted as error:
        return f"nobody was paged: {error}"
    return f"nobody may have been paged: the command ended with {done.code}" if done.code != 0 else ""


def _launch(command: tuple[str, ...], places: Places, environ: Mapping[str, str], stdout: Path, stderr: Path) -> Launch:
    return Launch("page", places.texts(command), environ, places.project, stdout, stderr)
