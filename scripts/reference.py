"""Writes the generated tables of docs/reference from the code they describe: `make docs`.

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
from risk_manager.rules import RULES
from risk_manager.rules.params import Choice, Count, Flag, Money, Parameter, SymbolCounts
from runtime.cli import commands

REFERENCE = Path(__file__).resolve().parent.parent / "docs" / "reference"
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
    rows = []
    for rule in RULES:
        for field in dataclasses.fields(rule.params):
            hint = rule.params.__annotations__[field.name]
            parameter = next(each for each in hint.__metadata__ if isinstance(each, Parameter))
            default = "" if field.default is dataclasses.MISSING else _yaml(field.default)
            rows.append((f"`{rule.key}`", f"`{parameter.yaml}`", _takes(parameter), default, _sentence(parameter.says)))
    return _table(("rule", "parameter", "accepts", "default", "what"), *rows)


def _takes(parameter: Parameter) -> str:
    match parameter:
        case Money():
            return f"money, {parameter.sign}"
        case Count():
            return f"whole number, at least {parameter.least}"
        case SymbolCounts():
            return f"map of root symbol to whole number, at least {parameter.least}"
        case Choice():
            return ", ".join(f"`{option}`" for option in parameter.options)
        case Flag():
            return "`true`, `false`"
        case _:
            return re.sub(r"(?<!^)(?=[A-Z])", " ", type(parameter).__name__).lower()


def _yaml(value: object) -> str:
    return f"`{str(value).lower()}`" if isinstance(value, bool) else f"`{value}`"


BLOCKS: dict[str, Callable[[], str]] = {
    "commands": commands_block,
    "options": options_block,
    "checkpoints": checkpoints_block,
    "rules": rules_block,
    "parameters": parameters_block,
}


def renewed(text: str) -> str:
    """A page with its generated blocks as the code has them now."""
    return _BLOCK.sub(lambda found: f"{found[1]}\n{BLOCKS[found[2]]()}\n{found[3]}", text)


def main() -> None:
    """Rewrite the pages that changed and name them."""
    for page in sorted(REFERENCE.rglob("*.md")):
        text = page.read_text(encoding="utf-8")
        if renewed(text) != text:
            page.write_text(renewed(text), encoding="utf-8")
            sys.stdout.write(f"{page.relative_to(Path.cwd())}\n")


if __name__ == "__main__":
    main()
