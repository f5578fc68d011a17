"""What a smoke run leaves behind: result.json, junit.xml, summary.md, the log of the run, the witness's answer."""

import contextlib
from collections.abc import Mapping

import msgspec

from runtime.observing.progress import StepProgress, progress
from runtime.output.junit import Case, write_junit
from runtime.smoke_test import SmokeResult
from runtime.verdict import Judgement, Verdict
from service_contract.atomic_files import write_atomically

SCHEMA = "runtime.smoke/1"
_LOG_TAIL = 20
_OUTCOMES = {Verdict.PASS: "passed", Verdict.UNKNOWN: "error", Verdict.FAIL: "failure"}


def as_json(result: SmokeResult) -> dict[str, object]:
    """The object that `--json` prints; its schema is docs/reference/schemas/smoke.schema.json."""
    observation = result.observation
    reading = observation.probe
    return {
        "schema": SCHEMA,
        "service": result.request.contract.name,
        "run": result.request.places.run,
        "options": dict(observation.chosen),
        "outcome_required": observation.outcome.scenario,
        "started_at": result.started_at,
        "verdict": result.verdict.name,
        "exit_code": int(result.exit_code),
        "duration_s": round(result.duration_s, 3),
        "budget_s": result.request.limit_s,
        "checkpoints": [_step(item) for item in progress(observation)],
        "checks": [_judgement(judgement) for judgement in result.judgements],
        "witness": None
        if reading is None
        else {
            "agrees": reading.agrees,
            "problem": reading.problem,
            "answers": [str(answer) for answer in reading.answers],
            "document": reading.document,
        },
        "diagnosis": [finding.as_json() for finding in result.findings],
        "log_tail": [str(line) for line in (observation.log or ())[-_LOG_TAIL:]],
        "parked_tasks": None if observation.trace is None else observation.trace.parked_json(),
        "artifacts": artifacts(result),
    }


def _step(item: StepProgress) -> dict[str, object]:
    return {
        "n": item.step.n,
        "name": item.step.name,
        "t_s": item.first_s,
        "complete_s": item.complete_s,
        "budget_s": item.step.budget_s,
        "detail": dict(item.detail),
        "not_seen": list(item.missing),
    }


def _judgement(judgement: Judgement) -> dict[str, object]:
    return {"check": judgement.check, "verdict": judgement.verdict.name, "summary": judgement.summary}


def artifacts(result: SmokeResult) -> dict[str, str]:
    """Where the files of the run are."""
    places = result.request.places
    run_dir = places.run_dir
    return {
        "dir": str(run_dir),
        "result": str(run_dir / "result.json"),
        "junit": str(run_dir / "junit.xml"),
        "summary": str(run_dir / "summary.md"),
        "log": str(run_dir / "log.txt"),
        "service_log": places.text(result.request.contract.log),
        "stderr": str(run_dir / "service.stderr.log"),
        "state": str(places.state_dir),
    }


def write_artifacts(result: SmokeResult) -> None:
    """Write the files, and the name of this run into `latest` beside it."""
    run_dir = result.request.places.run_dir
    write_atomically(run_dir / "result.json", pretty(as_json(result)))
    write_atomically(run_dir / "summary.md", markdown(result).encode())
    log = "".join(f"{line}\n" for line in result.observation.log or ())
    write_atomically(run_dir / "log.txt", log.encode())
    if result.observation.probe is not None:
        write_atomically(run_dir / "witness.json", pretty(result.observation.probe.document))
    write_junit(run_dir / "junit.xml", "smoke", _cases(result), _properties(result))
    write_atomically(run_dir.parent / "latest", f"{run_dir.name}\n".encode())
    for empty in run_dir.glob("*.log"):
        with contextlib.suppress(OSError):
            if empty.stat().st_size == 0 and empty.name != "service.stderr.log":
                empty.unlink()


def pretty(value: object) -> bytes:
    """JSON for people."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n"


def _properties(result: SmokeResult) -> Mapping[str, str]:
    return {
        "verdict": result.verdict.name,
        "exit_code": str(int(result.exit_code)),
        "run": result.request.places.run,
        **{f"option.{name}": value for name, value in result.observation.chosen.items()},
    }


def _cases(result: SmokeResult) -> list[Case]:
    cases = []
    for item in progress(result.observation):
        name = f"{item.step.n} {item.step.name}"
        missing = "" if item.complete_s is not None else "not complete: " + (", ".join(item.missing) or "not seen")
        outcome = "passed" if item.complete_s is not None else "error"
        cases.append(Case("smoke.checkpoint", name, item.complete_s or 0.0, outcome, missing))
    for judgement in result.judgements:
        text = "" if judgement.verdict is Verdict.PASS else judgement.summary
        cases.append(Case("smoke.check", judgement.check, 0.0, _OUTCOMES[judgement.verdict], text))
    return cases


def markdown(result: SmokeResult) -> str:
    """The run as Markdown, for the summary of a CI job."""
    lines = [
        f"### smoke {result.request.contract.name}: {result.verdict.name}, exit code {int(result.exit_code)}",
        "",
        "| checkpoint | first seen | complete |",
        "|---|---|---|",
    ]
    for item in progress(result.observation):
        cells = (f"{item.step.n} {item.step.name}", _seconds(item.first_s), _seconds(item.complete_s))
        lines.append(f"| {' | '.join(cells)} |")
    for finding in result.findings:
        lines += ["", f"**{finding.id}** {finding.what}", *[f"- `{line}`" for line in finding.next]]
    tail = [str(line) for line in (result.observation.log or ())[-50:]]
    if result.findings and tail:
        lines += ["", "<details><summary>the end of the log</summary>", "", "```", *tail, "```", "</details>"]
    return "\n".join(lines) + "\n"


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f} s"
