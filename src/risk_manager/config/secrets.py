"""Credentials and addresses of a real venue: from the environment or from `.env`, never from YAML, never printed.

`.env` is read strictly: one `NAME=value` a line, only the names below and those that begin with ALERT_, no expansion.
No fault ever shows a value.
"""

import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from risk_manager.config.values import did_you_mean
from risk_manager.errors import ConfigInvalid
from service_contract.yaml_lines import Fault, Place

REQUIRED = ("PROJECT_X_API_KEY", "PROJECT_X_USERNAME", "PROJECT_X_ACCOUNT_NAME")
URLS = ("PROJECTX_API_URL", "PROJECTX_USER_HUB_URL", "PROJECTX_MARKET_HUB_URL")
NAMES = (*REQUIRED, *URLS)

ALERT_NAME = re.compile(r"ALERT_[A-Z0-9_]{1,58}")
"""What the variables are called that hold the addresses and keys of alert channels, where they stand in the file."""

_LINE = re.compile(r"(?:export\s+)?(?P<name>[A-Za-z_][A-Za-z0-9_]*)=(?P<value>.*)")
_MOST_BYTES = 64_000


class Secret:
    """A text that must not be shown: it prints as stars, and is got at by `reveal` only."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return "Secret(***)"

    def __str__(self) -> str:
        return "***"

    def __reduce__(self) -> str:
        raise TypeError("a secret is not written anywhere")

    def reveal(self) -> str:
        """The text itself, for the request that needs it."""
        return self._text


@dataclass(frozen=True, slots=True)
class Secrets:
    """What is needed to log in; the URLs are None where the usual ones apply."""

    api_key: Secret
    username: Secret
    account_name: str
    api_url: str | None
    user_hub_url: str | None
    market_hub_url: str | None


def load_secrets(env_file: Path, environ: Mapping[str, str]) -> Secrets:
    """The credentials: a variable of the environment wins over the same line of the file, which may be absent.

    Raises ConfigInvalid with every fault: a name that is missing, an unknown name, a file that others may read.
    """
    given, faults = read_env_file(env_file)
    found = {name: environ.get(name) or given.get(name, "") for name in NAMES}
    remedy = f"set it in the environment, or in {env_file} (the template is .env.example)"
    if not faults:
        faults = [Fault(env_file, None, name, "is not set", remedy=remedy) for name in REQUIRED if not found[name]]
    if faults:
        raise ConfigInvalid(faults)
    return Secrets(
        api_key=Secret(found["PROJECT_X_API_KEY"]),
        username=Secret(found["PROJECT_X_USERNAME"]),
        account_name=found["PROJECT_X_ACCOUNT_NAME"],
        api_url=found["PROJECTX_API_URL"] or None,
        user_hub_url=found["PROJECTX_USER_HUB_URL"] or None,
        market_hub_url=found["PROJECTX_MARKET_HUB_URL"] or None,
    )


def alert_variables(env_file: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """The environment, and beneath it the lines of the file whose names begin with ALERT_.

    A file with faults gives nothing, because a page is no reason to end: the channel says what it lacks.
    """
    given, faults = read_env_file(env_file)
    usable = {} if faults else {name: value for name, value in given.items() if ALERT_NAME.fullmatch(name)}
    return {**usable, **environ}


def read_env_file(file: Path) -> tuple[dict[str, str], list[Fault]]:
    """The names and values of a file and what is wrong with it; a file that does not exist has neither."""

    def refuse(message: str, remedy: str) -> tuple[dict[str, str], list[Fault]]:
        return {}, [Fault(file, None, "", message, remedy=remedy)]

    try:
        with os.fdopen(os.open(file, os.O_RDONLY | os.O_NOFOLLOW), "rb") as stream:
            mode = os.fstat(stream.fileno()).st_mode
            if stat.S_IMODE(mode) & (stat.S_IRWXG | stat.S_IRWXO):
                return refuse(f"may be read by others (mode {stat.S_IMODE(mode):04o})", f"chmod 600 {file}")
            text = stream.read(_MOST_BYTES).decode("utf-8")
    except FileNotFoundError:
        return {}, []
    except UnicodeDecodeError:
        return refuse("is not UTF-8", "save the file as UTF-8")
    except OSError as error:
        return refuse(f"cannot be read: {error.strerror}", "it must be a plain file that you own, not a link")
    return _lines(file, text)


def _lines(file: Path, text: str) -> tuple[dict[str, str], list[Fault]]:
    found: dict[str, str] = {}
    faults: list[Fault] = []
    for number, line in enumerate(text.splitlines(), start=1):
        place = Place(number, 1, "")  # without the line: it may hold a secret
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        match = _LINE.fullmatch(stripped)
        if match is None:
            faults.append(Fault(file, place, "", "is not NAME=value", remedy="see .env.example"))
            continue
        name, value = match["name"], _value(match["value"])
        if name not in NAMES and not ALERT_NAME.fullmatch(name):
            remedy = did_you_mean(name, NAMES, what_is_known="accepted names")
            faults.append(Fault(file, place, name, "is not a known name", remedy=remedy))
        elif name in found:
            faults.append(Fault(file, place, name, "is set twice", remedy="keep one of the two"))
        elif value is None:
            faults.append(Fault(file, place, name, "has a quote that is not closed", remedy="close it"))
        else:
            found[name] = value
    return found, faults


def _value(text: str) -> str | None:
    """The value as meant: without its quotes, or without a comment after a space; None where a quote stays open."""
    quote = text[:1]
    if quote not in {'"', "'"}:
        return re.split(r"\s+#", text, maxsplit=1)[0].strip()
    closed, _, rest = text[1:].partition(quote)
    is_closed = text.count(quote) > 1 and (not rest.strip() or rest.lstrip().startswith("#"))
    return closed if is_closed else None
