"""What a shadow run needs to know of a service: the `shadow` section of service.yaml as frozen values."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtime.assertions import Assertion

if TYPE_CHECKING:
    from runtime.contract.model import Companion


@dataclass(frozen=True, slots=True)
class Asked:
    """A probe, and what its answer must hold."""

    probe: str
    require: tuple[Assertion, ...]


@dataclass(frozen=True, slots=True)
class ShadowPlan:
    """How a candidate is run beside the live version.

    options: what is chosen where the user chose nothing. companions: started instead of the service's own: their input
    is for two. candidate: added to the candidate's argv, so that it sends nothing. decisions: the probe that goes on
    printing what was decided. sent_nothing: shows that the candidate sent nothing. attached: shows that a live version
    which we did not start is there. events: the metric that counts what a service has dealt with. faults: name -> the
    log lines that show it.
    """

    options: Mapping[str, str]
    companions: "tuple[Companion, ...]"
    candidate: tuple[str, ...]
    decisions: str
    sent_nothing: Asked | None
    attached: Asked | None
    events: str | None
    faults: Mapping[str, tuple[re.Pattern[str], ...]]
