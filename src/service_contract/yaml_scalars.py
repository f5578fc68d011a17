"""What a plain (unquoted) YAML scalar means, and which of them are refused because YAML 1.1 would misread them."""

import math
import re
from typing import NamedTuple


class Refusal(NamedTuple):
    """Why a scalar is not accepted, the text to show, and what to write instead."""

    message: str
    shown: str
    remedy: str


_NOT_FINITE = ("not a finite number", "write a finite number")
_TRAPS = (
    (
        re.compile(r"(?:y|Y|yes|Yes|YES|n|N|no|No|NO|on|On|ON|off|Off|OFF)"),
        "YAML 1.1 reads this as true or false",
        "write true or false, or put it in quotes",
    ),
    (
        re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?"),
        "YAML 1.1 reads this as a number in base 60",
        "put it in quotes",
    ),
    (
        re.compile(r"[-+]?0[0-9_]+"),
        "YAML 1.1 reads this as an octal number",
        "drop the leading zero, or put it in quotes",
    ),
    (re.compile(r"[-+]?0[bxo][0-9a-fA-F_]+"), "not a plain decimal number", "write it in decimal digits"),
    (re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"), *_NOT_FINITE),
    (re.compile(r"[-+]?[0-9]+_[0-9_]*(?:\.[0-9_]*)?"), "underscores in a number", "write the digits only"),
)
_INT = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|[-+]?[0-9]+[eE][-+]?[0-9]+")
_WORDS: dict[str, bool | None] = {
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
    "null": None, "Null": None, "NULL": None, "~": None, "": None,
}  # fmt: skip
_MAX_CHARS = 30


def read_plain(text: str) -> str | int | float | bool | Refusal | None:
    """The value of a plain scalar, or why it is refused. What is neither a number nor a word of YAML is text."""
    if text in _WORDS:
        return _WORDS[text]
    for pattern, message, remedy in _TRAPS:
        if pattern.fullmatch(text):
            return Refusal(message, text[:_MAX_CHARS], remedy)
    is_int = _INT.fullmatch(text) is not None
    if not is_int and not _FLOAT.fullmatch(text):
        return text
    if len(text) > _MAX_CHARS:
        return Refusal(f"a number of {len(text)} characters", text[:20] + "…", "write a sensible number")
    if is_int:
        return int(text)
    number = float(text)
    return number if math.isfinite(number) else Refusal(_NOT_FINITE[0], text, _NOT_FINITE[1])
