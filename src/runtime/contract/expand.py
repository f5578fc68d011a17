"""The placeholders of a service.yaml, such as `{state_dir}`: what they may be and what they become in one run."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True, slots=True)
class Places:
    """Where one run has its things.

    python: this interpreter, so that nothing depends on PATH. run: the name of the run. run_dir: its reports.
    state_dir: fresh state of this run. log_dir: where the service logs. socket_dir: a private directory with a short
    name, because a unix socket's path must stay under 100 bytes. project: the directory the processes start in.
    """

    python: str
    run: str
    run_dir: Path
    state_dir: Path
    log_dir: Path
    socket_dir: Path
    project: Path

    def text(self, template: str) -> str:
        """A template with its placeholders filled in."""
        return _PLACEHOLDER.sub(lambda match: str(getattr(self, match[1])), template)

    def texts(self, templates: Iterable[str]) -> list[str]:
        """Every template filled in; for an argv."""
        return [self.text(template) for template in templates]

    def text_map(self, templates: Mapping[str, str]) -> dict[str, str]:
        """Every value filled in; for an environment."""
        return {name: self.text(template) for name, template in templates.items()}


PLACEHOLDERS = tuple(Places.__dataclass_fields__)


def placeholders_in(template: str) -> list[str]:
    """The names in braces, in order."""
    return _PLACEHOLDER.findall(template)


def unknown_placeholders(template: str) -> list[str]:
    """The placeholders of a template that nothing would fill in."""
    return [name for name in placeholders_in(template) if name not in PLACEHOLDERS]
