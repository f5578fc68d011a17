"""`risk-runtime explain ID`: the page of a cause or a finding; without an id, the list of all of them."""

import difflib
import re
import sys

import click

from runtime.causes.catalogue import CAUSES, Cause
from runtime.causes.pages import page
from runtime.cli.options import Documented, output_options
from runtime.output.artifacts import pretty
from runtime.output.terminal import Paint, Terminal
from runtime.settings import WrongUsage
from service_contract.exit_codes import ExitCode

_MOST_SIMILAR = 3


@click.command(cls=Documented)
@click.argument("cause", required=False, metavar="[ID]")
@output_options
def explain(*, cause: str | None, json: bool, color: str) -> int:
    """Explain what an id such as FEED-003 means, what shows it, and what to do; without one, list all."""
    terminal = Terminal(sys.stderr if json else sys.stdout, color=color)
    if cause is None:
        for each in CAUSES.values():
            terminal.line(f"{each.id:<12} {each.what}")
    else:
        explain_one(find(cause), terminal)
    if json:
        shown = [find(cause)] if cause else list(CAUSES.values())
        document = {"schema": "runtime.explain/1", "exit_code": 0, "causes": [as_json(each) for each in shown]}
        sys.stdout.write(pretty(document).decode())
    return ExitCode.SUCCESS


def find(text: str) -> Cause:
    """The cause with this id, however it is written. Raises WrongUsage with the ones that look like it."""
    wanted = text.strip().upper().replace("_", "-")
    if wanted in CAUSES:
        return CAUSES[wanted]
    if re.fullmatch(r"RULE-[A-Z].*", wanted):  # the alert of a rule's own limit is called after the rule
        return CAUSES["RULE-010"]
    family = [name for name in CAUSES if name.partition("-")[0] == wanted.partition("-")[0]]
    similar = difflib.get_close_matches(wanted, CAUSES, n=_MOST_SIMILAR, cutoff=0.5)
    near = list(dict.fromkeys([*similar, *family]))[:_MOST_SIMILAR]
    hint = f"did you mean {' or '.join(near)}?" if near else "risk-runtime explain lists all ids"
    raise WrongUsage(f"no such id: {text!r}; {hint}")


def explain_one(cause: Cause, terminal: Terminal) -> None:
    """Print one page."""
    found = page(cause.id)
    terminal.line(f"{cause.id}  {cause.what}", Paint.STRONG)
    terminal.line()
    terminal.line(found.means)
    for title, lines in (("evidence", found.evidence), ("to do", found.to_do), ("next", found.commands)):
        terminal.line()
        for number, line in enumerate(lines):
            terminal.line(f"  {title if number == 0 else '':<9} {line}")


def as_json(cause: Cause) -> dict[str, object]:
    """One page as a plain object."""
    found = page(cause.id)
    return {
        "id": cause.id,
        "what": cause.what,
        "hint": cause.hint,
        "means": found.means,
        "evidence": list(found.evidence),
        "to_do": list(found.to_do),
        "next": list(found.commands),
    }
