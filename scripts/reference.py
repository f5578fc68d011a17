"""Writes the generated tables of the documents from the code they describe: `make docs`.

A page is written by hand; between `<!-- generated: NAME -->` and `<!-- end -->` stands what the code says. The tests
compare the two (tests/test_tidy_docs.py), so a page cannot drift from the programs.
"""

import dataclasses
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click

from risk_manager.checkpoints import EIGHT
from risk_manager.cli.root import root
from risk_manager.config.alert_templates import PLACEHOLDERS
from risk_manager.config.values import duration_text
from risk_manager.core.alerts.catalogue import KINDS
from risk_manager.rules import RULES
from risk_manager.rules.params import (
    Choice,
    Count,
    Duration,
    Flag,
    Money,
    Nested,
    NestedList,
    Parameter,
    SymbolCounts,
    SymbolGlobs,
)
from runtime.causes.catalogue import CAUSES
from runtime.causes.pages import page
from runtime.cli.root import commands
from runtime.contract.reader import load_contract
from service_contract.exit_codes import ExitCode

PROJECT = Path(__file__).resolve().parent.parent
DOCS = PROJECT / "docs"
PROGRAMS: dict[str, click.Command] = {"risk-manager": root, "risk-runtime": commands}
_BLOCK = re.compile(r"(<!-- generated: ([a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def every_command() -> Iterator[tuple[str, click.Command]]:
    """Every command a user can type, with the words that call it; groups before what is in them."""

    def walk(path: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
        yield path, command
        if isinstance(command, click.Group):
            context = click.Context(command, info_name=path)
            for name in command.list_commands(context):
                inner = command.get_command(context, name)
                if inner is not None and not inner.hidden:
                    yield from walk(f"{path} {name}", inner)

    for program, group in PROGRAMS.items():
        yield from walk(program, group)


def options(command: click.Command) -> list[click.Option]:
    """What can be switched on a command, `--help` and `--version` aside."""
    found = [param for param in command.params if isinstance(param, click.Option)]
    return [each for each in found if not each.hidden and each.name not in {"help", "version"}]


def variables(option: click.Option) -> list[str]:
    """The environment variables that set an option."""
    return [option.envvar] if isinstance(option.envvar, str) else list(option.envvar or ())


def _flag(option: click.Option) -> str:
    flags = "/".join(sorted([*option.opts, *option.secondary_opts], key=len, reverse=True))
    if option.is_flag:
        return f"`{flags}`"
    return f"`{flags} {_accepts(option)}`"


def _accepts(option: click.Option) -> str:
    if isinstance(option.type, click.Choice):
        return "\\|".join(str(choice) for choice in option.type.choices)
    if option.metavar:
        return option.metavar.replace("|", "\\|")
    return option.type.name.upper().removesuffix(" RANGE")


def _default(option: click.Option) -> str:
    if isinstance(option.show_default, str):
        return option.show_default
    if option.is_flag or not isinstance(option.default, str | int | float | Path) or option.default == "":
        return ""
    return str(option.default)


def _sentence(text: str | None) -> str:
    """The first paragraph of a help text, fit for a cell."""
    first = (text or "").strip().split("\n\n")[0]
    return re.sub(r"\s+", " ", first).replace("|", "\\|")


def _table(*rows: tuple[str, ...]) -> str:
    head, *body = rows
    lines = [head, tuple("---" for _ in head), *body]
    return "".join("| " + " | ".join(cells) + " |\n" for cells in lines)


def commands_block() -> str:
    """Every command: what it does, its arguments, its options."""
    parts = []
    for path, command in every_command():
        arguments = [param.human_readable_name for param in command.params if isinstance(param, click.Argument)]
        title = " ".join([path, *arguments])
        parts.append(f"## `{title}`\n" if " " not in path else f"### `{title}`\n")
        parts.append(f"{_sentence(command.help)}\n")
        if options(command):
            rows = [(_flag(each), _default(each), _sentence(each.help)) for each in options(command)]
            parts.append(_table(("option", "default", "what"), *rows))
    return "\n".join(parts)


def options_block() -> str:
    """Every variable that is an option, with the commands that have it."""
    rows: dict[tuple[str, str], list[str]] = {}
    for path, command in every_command():
        for option in options(command):
            for variable in variables(option):
                rows.setdefault((variable, max(option.opts, key=len)), []).append(path)
    cells = [
        (f"`{variable}`", f"`{flag}`", ", ".join(f"`{path}`" for path in paths))
        for (variable, flag), paths in sorted(rows.items())
    ]
    return _table(("variable", "option", "commands"), *cells)


def checkpoints_block() -> str:
    """The eight, in order, with their lines."""
    rows = ((str(each.n), f"`{each.name}`", f"`{each.line}`", _level(each.level)) for each in EIGHT)
    return _table(("n", "name", "log line", "level"), *rows)


def _level(number: int) -> str:
    return {20: "INFO", 30: "WARNING"}[number]


def rules_block() -> str:
    """The rules that exist, in order of precedence."""
    rows = ((f"{r.number:03}", f"`{r.key}`", r.kind, r.title, r.example().says) for r in RULES)
    return _table(("#", "key", "class", "what", "example"), *rows)


def parameters_block() -> str:
    """The parameters of each rule, from the dataclass they are declared in."""
    rows = [(f"`{rule.key}`", *row) for rule in RULES for row in _parameter_rows(rule.params)]
    return _table(("rule", "parameter", "accepts", "default", "what"), *rows)


def _parameter_rows(params: type, above: str = "") -> Iterator[tuple[str, str, str, str]]:
    """A row for each parameter; those of a block inside follow it, named `block.key`."""
    for field in dataclasses.fields(params):
        hint = params.__annotations__[field.name]
        parameter = next(each for each in hint.__metadata__ if isinstance(each, Parameter))
        default = "" if field.default is dataclasses.MISSING else _yaml(field.default, parameter)
        name = f"{above}{parameter.yaml}"
        yield f"`{name}`", _takes(parameter), default, _sentence(parameter.says)
        if isinstance(parameter, Nested | NestedList):
            yield from _parameter_rows(parameter.of, f"{name}.")


def _takes(parameter: Parameter) -> str:
    match parameter:
        case Money():
            return f"money, {parameter.sign}"
        case Count():
            return f"whole number, at least {parameter.least}"
        case SymbolCounts():
            return f"map of root symbol to whole number, at least {parameter.least}"
        case SymbolGlobs():
            return "list of root symbols, `*` and `?` for any letters"
        case Choice():
            return ", ".join(f"`{option}`" for option in parameter.options)
        case Flag():
            return "`true`, `false`"
        case Duration():
            return f"duration, {duration_text(parameter.least_ns)} to {duration_text(parameter.most_ns)}"
        case Nested():
            return "block"
        case NestedList():
            return "list of blocks"
        case _:
            return re.sub(r"(?<!^)(?=[A-Z])", " ", type(parameter).__name__).lower()


def _yaml(value: object, parameter: Parameter) -> str:
    if value is None:
        return "off"
    if isinstance(parameter, Duration) and isinstance(value, int):
        return f"`{duration_text(value)}`"
    return f"`{str(value).lower()}`" if isinstance(value, bool) else f"`{value}`"


def causes_block() -> str:
    """The page of every cause, as `risk-runtime explain` prints it."""
    parts = []
    for cause in CAUSES.values():
        found = page(cause.id)
        shown = "; ".join(found.evidence)
        todo = "".join(f"- {line}\n" for line in found.to_do)
        typed = "".join(f"{line}\n" for line in found.commands)
        parts.append(
            f"## {cause.id}\n\n**{_capital(cause.what)}.** {found.means}\n\nShown by: {shown}.\n\n"
            f"{todo}\n```\n{typed}```\n"
        )
    return "\n".join(parts)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _cause_link(cause: str) -> str:
    return f"[{cause}](../reference/causes.md#{cause.lower()}) {CAUSES[cause].what}: {CAUSES[cause].hint}"


def last_checkpoint_block() -> str:
    """Which checkpoint was the last, what it waits for, and what may be wrong there: from the contract."""
    steps = load_contract(PROJECT / "config" / "service.yaml").steps
    rows = []
    for step in steps:
        before = f"{step.n - 1} {steps[step.n - 2].name}" if step.n > 1 else "none"
        causes = ["PROC-001", *step.missing] if step.n == 1 else step.missing
        rows.append((before, f"{step.n} {step.name}", "<br>".join(map(_cause_link, causes))))
    rows.append((f"{steps[-1].n} {steps[-1].name}", "the outcome", "<br>".join(map(_cause_link, _OUTCOME_CAUSES))))
    return _table(("last checkpoint", "it waits for", "look here, in this order"), *rows)


_OUTCOME_CAUSES = ("ENF-002", "ENF-003", "ENF-004", "OUT-001")
_CODE_CAUSES = {
    ExitCode.EXCEPTION: ("FEED-004", "PROC-002", "INST-001", "STORE-001", "ENF-003", "PROC-003"),
    ExitCode.STALLED: ("FEED-003", "FEED-001", "LOOP-001", "SEQ-001"),
    ExitCode.CONFIG_ERROR: ("CFG-001",),
    ExitCode.API_ERROR: ("VENUE-001", "VENUE-006", "VENUE-002", "VENUE-004", "VENUE-005"),
    ExitCode.DEPENDENCY_ERROR: ("DEP-001", "DEP-002"),
}


def exit_code_causes_block() -> str:
    """Each exit code, with the causes that most often lie behind it."""
    rows = []
    for code in ExitCode:
        causes = "<br>".join(map(_cause_link, _CODE_CAUSES.get(code, ())))
        rows.append((f"{code.value} {code.name}", code.meaning, causes))
    return _table(("exit code", "meaning", "look here, in this order"), *rows)


def alerts_block() -> str:
    """Every kind of alert: its key, its severity, when it begins and when it is over."""
    rows = ((f"`{k.key}`", k.what, ", ".join(k.severities), _capital(k.trigger), _capital(k.resolve)) for k in KINDS)
    return _table(("key", "alert", "severity", "pages", "is over"), *rows)


def placeholders_block() -> str:
    """What a template can say."""
    rows = ((f"`{{{name}}}`", _capital(says)) for name, says in PLACEHOLDERS.items())
    return _table(("placeholder", "what stands there"), *rows)


BLOCKS: dict[str, Callable[[], str]] = {
    "commands": commands_block,
    "options": options_block,
    "checkpoints": checkpoints_block,
    "rules": rules_block,
    "parameters": parameters_block,
    "causes": causes_block,
    "last-checkpoint": last_checkpoint_block,
    "exit-code-causes": exit_code_causes_block,
    "alerts": alerts_block,
    "placeholders": placeholders_block,
}


def renewed(text: str) -> str:
    """A page with its generated blocks as the code has them now."""
    return _BLOCK.sub(lambda found: f"{found[1]}\n{BLOCKS[found[2]]()}\n{found[3]}", text)


def main() -> None:
    """Rewrite the pages that changed and name them."""
    for document in sorted(DOCS.rglob("*.md")):
        text = document.read_text(encoding="utf-8")
        if renewed(text) != text:
            document.write_text(renewed(text), encoding="utf-8")
            sys.stdout.write(f"{document.relative_to(Path.cwd())}\n")


if __name__ == "__main__":
    main()
