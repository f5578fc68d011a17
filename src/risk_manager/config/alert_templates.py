"""The body that a webhook is sent: a YAML file with the shape of the JSON, and placeholders in its texts.

The shape is filled in as a tree and only then written as JSON, so whatever a page says is escaped by the encoder and
can neither break the document nor add to it. `{name}` stands for a part of the page, `{env.NAME}` for a variable of the
environment (a routing key, a chat id), `{{` and `}}` for braces. A text that is nothing but a placeholder for a number
becomes that number.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from risk_manager.config import values
from risk_manager.config.values import Clash, Refused
from service_contract.yaml_lines import Fault

if TYPE_CHECKING:
    from pydantic import BaseModel

    from risk_manager.config.reading import Read

Action = Literal["trigger", "resolve"]

TEXTS = {
    "action": "`trigger` where something begins or happens, `resolve` where it is over",
    "key": "what is the same in a trigger and its resolve; different for each account",
    "id": "the stable id of the alert, for example INV-001",
    "severity": "`info`, `warning` or `critical`",
    "account": "the account's name",
    "subject": "one line: the account and what happened; at most 160 characters",
    "text": "everything below as lines; at most 1500 characters",
    "blocked": "what exactly is blocked, and for which symbol or account",
    "why": "the reason",
    "arithmetic": "the numbers behind it, to be checked by hand",
    "since": "since when, UTC and local",
    "until": "until when and who lifts it",
    "time": "when the page was made, ISO 8601, UTC",
}
NUMBERS = {
    "priority": "3 for info, 4 for warning, 5 for critical; of a resolve always 3",
    "color": "grey, orange, red; green for a resolve; as the number that Discord takes",
}
PLACEHOLDERS = {**TEXTS, **NUMBERS}
VARIABLE = re.compile(r"[A-Z][A-Z0-9_]{0,63}")
_TOKEN = re.compile(r"\{\{|\}\}|\{(env\.[A-Z][A-Z0-9_]{0,63}|[a-z_]+)\}|[{}]")


@dataclass(frozen=True, slots=True)
class Template:
    """The shapes of the two bodies; resolve None: this channel is not told when something is over."""

    trigger: Any
    resolve: Any

    def variables(self) -> frozenset[str]:
        """The variables of the environment that it needs."""
        texts = [text for _, text in (*_texts(self.trigger), *_texts(self.resolve))]
        return frozenset(
            token[1].removeprefix("env.")
            for text in texts
            for token in _TOKEN.finditer(text)
            if (token[1] or "").startswith("env.")
        )

    def sends(self, action: Action) -> bool:
        """Has it a body for this?"""
        return self.shape(action) is not None

    def shape(self, action: Action) -> Any:  # noqa: ANN401 -- any JSON
        """The body before it is filled in."""
        return self.trigger if action == "trigger" else self.resolve

    def render(self, action: Action, page: Mapping[str, str | int], variables: Mapping[str, str]) -> bytes:
        """The body as JSON in UTF-8. page: a value for each of PLACEHOLDERS.

        Raises KeyError for a variable that is not given.
        """
        filled = _fill(self.shape(action), {**page, **{f"env.{name}": text for name, text in variables.items()}})
        return json.dumps(filled, allow_nan=False).encode()


def judge_template(file: "Read") -> tuple[Template | None, tuple[Fault, ...]]:
    """The template in a file that has been read, and every fault in it."""
    from risk_manager.config.reading import judge

    if file.tree is None:
        return None, file.faults
    found, faults = judge(file.tree, schema())
    if found is None or file.faults:
        return None, (*file.faults, *faults)
    return Template(found.trigger, found.resolve), ()


def schema() -> type["BaseModel"]:
    """The schema of a template file."""
    from risk_manager.config.schema import Key, block

    return block(
        "alert template",
        {
            "trigger": Key(_body, says="the body when something begins or happens"),
            "resolve": Key(_body, None, "the body when it is over; leave it out and nothing is sent then"),
        },
        check=_clashes,
    )


def _body(value: object) -> object:
    if not isinstance(value, dict) or not value:
        raise Refused(f"must be a block of keys, not {values.what(value)}", "write the JSON as a YAML block")
    return _plain(value)


def _plain(value: object) -> object:
    """The shape with nothing in it but what JSON has: decimals were kept exact until here."""
    if isinstance(value, dict):
        return {str(key): _plain(child) for key, child in value.items()}
    if isinstance(value, list):
        return [_plain(child) for child in value]
    return float(value) if isinstance(value, Decimal) else value


def _clashes(found: Any) -> Iterator[Clash]:  # noqa: ANN401 -- a model made at run time
    for action in ("trigger", "resolve"):
        for path, text in _texts(getattr(found, action), (action,)):
            for token in _TOKEN.finditer(text):
                name = token[1]
                if name is None:
                    if len(token[0]) == 1:
                        yield Clash(
                            path, f"has a {token[0]} that belongs to no placeholder", f"write it {token[0]}{token[0]}"
                        )
                elif not name.startswith("env.") and name not in PLACEHOLDERS:
                    remedy = values.did_you_mean(name, PLACEHOLDERS, what_is_known="placeholders")
                    yield Clash(path, f"has {{{name}}}, which is not a placeholder", remedy)


def _texts(shape: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Every text of a shape, keys left out, with its path."""
    if isinstance(shape, str):
        yield path, shape
    elif isinstance(shape, dict):
        for key, child in shape.items():
            yield from _texts(child, (*path, key))
    elif isinstance(shape, list):
        for index, child in enumerate(shape):
            yield from _texts(child, (*path, index))


def _fill(shape: Any, known: Mapping[str, str | int]) -> Any:  # noqa: ANN401 -- any JSON
    if isinstance(shape, dict):
        return {key: _fill(child, known) for key, child in shape.items()}
    if isinstance(shape, list):
        return [_fill(child, known) for child in shape]
    if not isinstance(shape, str):
        return shape
    only = _TOKEN.fullmatch(shape)
    if only is not None and isinstance(known.get(only[1] or ""), int):
        return known[only[1]]
    return _TOKEN.sub(lambda token: _clean(known[token[1]]) if token[1] else token[0][0], shape)


def _clean(value: str | int) -> str:
    """Without halves of characters, which JSON can write and few can read."""
    return str(value).encode("utf-8", "replace").decode()
