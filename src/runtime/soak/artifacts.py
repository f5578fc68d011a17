"""What a soak leaves behind: result.json, report.html, junit.xml, summary.md, samples.jsonl; `latest` names it."""

import contextlib

import msgspec

from runtime.output.artifacts import pretty
from runtime.output.junit import Case, write_junit
from runtime.soak.page import page
from runtime.soak.result import SoakResult, as_json
from runtime.soak.thresholds import claim
from runtime.verdict import Verdict
from service_contract.atomic_files import write_atomically

_OUTCOMES = {Verdict.PASS: "passed", Verdict.UNKNOWN: "error", Verdict.FAIL: "failure"}


def artifacts(result: SoakResult) -> dict[str, str]:
    """Where the files of the run are."""
    places = result.request.run.places
    names = {
        "result": "result.json",
        "html": "report.html",
        "junit": "junit.xml",
        "summary": "summary.md",
        "samples": "samples.jsonl",
        "log": "log.txt",
        "stderr": "service.stderr.log",
    }
    files = {kind: str(places.run_dir / name) for kind, name in names.items()}
    log = places.text(result.request.run.contract.log)
    return {"dir": str(places.run_dir), **files, "service_log": log, "state": str(places.state_dir)}


def write_artifacts(result: SoakResult) -> None:
    """Write the files."""
    run_dir = result.request.run.places.run_dir
    write_atomically(run_dir / "result.json", pretty(as_json(result, artifacts(result))))
    write_atomically(run_dir / "report.html", page(result).encode())
    write_atomically(run_dir / "summary.md", markdown(result).encode())
    write_atomically(run_dir / "samples.jsonl", _samples(result))
    log = "".join(f"{line}\n" for line in result.observation.log or ())
    write_atomically(run_dir / "log.txt", log.encode())
    properties = {
        "verdict": result.verdict.name,
        "exit_code": str(int(result.exit_code)),
        "run": result.request.run.places.run,
        "duration_s": f"{result.recording.now_s:.3f}",
        **{f"option.{name}": value for name, value in result.request.run.chosen.items()},
    }
    write_junit(run_dir / "junit.xml", "soak", _cases(result), properties)
    write_atomically(run_dir.parent / "latest", f"{run_dir.name}\n".encode())
    for empty in run_dir.glob("*.log"):
        with contextlib.suppress(OSError):
            if empty.stat().st_size == 0 and empty.name != "service.stderr.log":
                empty.unlink()


def _samples(result: SoakResult) -> bytes:
    """Every sample, one a line, in the order of time."""
    rows = [(t, name, value) for name, points in result.recording.series.items() for t, value in points]
    encoder = msgspec.json.Encoder()
    lines = [encoder.encode({"t_s": round(t, 3), "metric": name, "value": value}) for t, name, value in sorted(rows)]
    return b"".join(line + b"\n" for line in lines)


def _cases(result: SoakResult) -> list[Case]:
    cases = [
        Case(
            "soak.threshold",
            f"{judged.threshold.name} {judged.threshold.limit:g}",
            result.recording.now_s,
            _OUTCOMES[judged.verdict],
            "" if judged.verdict is Verdict.PASS else f"{judged.word}: {judged.detail}",
        )
        for judged in result.thresholds
    ]
    checks = [
        Case(
            "soak.check", each.check, 0.0, _OUTCOMES[each.verdict], "" if each.verdict is Verdict.PASS else each.summary
        )
        for each in result.judgements
    ]
    return cases + checks


def markdown(result: SoakResult) -> str:
    """The run as Markdown, for the summary of a CI job."""
    contract = result.request.run.contract
    seconds = f"{result.recording.now_s:.0f} s"
    lines = [
        f"### soak {contract.name}: {result.verdict.name}, exit code {int(result.exit_code)}, {seconds}",
        "",
        "| threshold | limit | observed | result |",
        "|---|---|---|---|",
    ]
    for judged in result.thresholds:
        limit = claim(judged.threshold, judged.unit)
        lines.append(f"| {judged.threshold.metric} | {limit} | {judged.detail} | {judged.word} |")
    lines += [
        f"| {judgement.check} | | {judgement.summary} | {judgement.verdict.name} |"
        for judgement in result.judgements
        if judgement.verdict is not Verdict.PASS
    ]
    for finding in result.findings:
        lines += ["", f"**{finding.id}** {finding.what}", *[f"- `{line}`" for line in finding.next]]
    return "\n".join(lines) + "\n"
