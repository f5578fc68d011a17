"""What findings of a replay come to: worst wins, unseen is no pass, a service's own code refines a failure."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from runtime.contract.expand import Places
from runtime.contract.reader import load_contract
from runtime.harness.agreement import Compared
from runtime.harness.moments import How, Restart
from runtime.harness.result import Play, Played, ReplayRequest, ReplayResult, Restarted, as_json
from runtime.verdict import Verdict

ROOT = Path(__file__).resolve().parents[4]
KILL = Restart(How.KILL, moment="+1s")
FIGURE = Compared("positions", {}, {}, holds=True)


def result(**changes: Any) -> ReplayResult:
    """A replay of one session with one restart, in which all went well, but for these changes."""
    contract = load_contract(ROOT / "config" / "service.yaml")
    assert contract.harness is not None
    here = Path()
    play = Play("a", here, restarts=(KILL,))
    played = Played(play, [Restarted("+1s:kill", How.KILL, -9)], 10, 5, 0, ended=True, compared=(FIGURE,))
    request = ReplayRequest(
        contract, contract.harness, Places("p", "r", here, here, here, here, here), {}, (play,), None, None, 1.0
    )
    for name in ("restarts", "forgot", "ended", "compared"):
        if name in changes:
            setattr(played, name, changes.pop(name))
    return replace(ReplayResult(request, "t", 1.0, (played,), (), stop_code=0), **changes)


def test_where_all_went_well_every_check_passes():
    assert {judgement.verdict for judgement in result().judgements} == {Verdict.PASS}
    assert result().exit_code == 0
    assert as_json(result())["verdict"] == "PASS"


@pytest.mark.parametrize(
    ("changes", "check", "verdict", "code"),
    [
        ({"halted": "nothing was said", "ended": False, "compared": ()}, "sessions", Verdict.UNKNOWN, 2),
        ({"halted": "gone", "code": 7, "ended": False, "compared": ()}, "sessions", Verdict.FAIL, 1),
        ({"halted": "bad file", "code": 3, "ended": False, "compared": ()}, "sessions", Verdict.FAIL, 3),
        ({"stop_code": 1}, "sessions", Verdict.FAIL, 1),
        ({"restarts": []}, "restarts", Verdict.UNKNOWN, 2),
        ({"restarts": [Restarted("+1s:kill", How.KILL, -9, {"/x": (1, 0)})]}, "restarts", Verdict.FAIL, 1),
        ({"restarts": [Restarted("+1s:kill", How.TERM, -9)]}, "restarts", Verdict.FAIL, 1),
        ({"restarts": [Restarted("+1s:kill", How.TERM, 130)]}, "restarts", Verdict.FAIL, 1),
        ({"restarts": [Restarted("+1s:kill", How.CLEAN, 130)]}, "restarts", Verdict.PASS, 0),
        ({"forgot": 1}, "journal", Verdict.FAIL, 1),
        ({"breaches": ("INV-001",)}, "invariants", Verdict.FAIL, 1),
        ({"compared": ()}, "agreement", Verdict.UNKNOWN, 2),
        ({"compared": (FIGURE, Compared("n", None, None, None, "nothing at /n"))}, "agreement", Verdict.UNKNOWN, 2),
        ({"compared": (FIGURE, Compared("n", 1, 2, holds=False))}, "agreement", Verdict.FAIL, 1),
    ],
)
def test_what_is_wrong_is_found_and_decides(changes: dict[str, Any], check: str, verdict: Verdict, code: int):
    found = result(**changes)
    assert {judgement.check: judgement.verdict for judgement in found.judgements}[check] is verdict
    assert found.exit_code == code


def test_of_a_session_that_did_not_end_nothing_is_claimed():
    found = result(halted="nothing was said", ended=False, compared=())
    verdicts = {judgement.check: judgement.verdict for judgement in found.judgements}
    assert (verdicts["invariants"], verdicts["journal"], verdicts["agreement"]) == (Verdict.UNKNOWN,) * 3
