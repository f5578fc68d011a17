"""The block `alerts` of `risk_config.yaml`: through which channels a person is told, and from which severity on.

An address is a secret, because whoever knows it can speak there: the block names the variable of the environment that
holds it. What looks like an address in the file is refused without being shown.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from risk_manager.config import values
from risk_manager.config.alert_templates import VARIABLE, Template
from risk_manager.config.values import Clash, Hidden, Refused

if TYPE_CHECKING:
    from pydantic import BaseModel

ChannelType = Literal["log", "webhook", "command"]
Severity = Literal["info", "warning", "critical"]
SEVERITIES: tuple[Severity, ...] = ("info", "warning", "critical")

_SECOND_NS = 1_000_000_000
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")
_HEADER = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,63}")
_SECRET_HEADER = re.compile(r"auth|key|token|secret|cookie|passw", re.IGNORECASE)
_TEMPLATE = re.compile(r"(?:[A-Za-z0-9_-]+/)*[A-Za-z0-9_-]+\.yaml")
_KEYS_OF: Mapping[str, frozenset[str]] = {
    "log": frozenset(),
    "webhook": frozenset({"url_env", "method", "headers", "header_envs", "template", "timeout"}),
    "command": frozenset({"argv", "timeout"}),
}
_NEEDED: Mapping[str, tuple[tuple[str, str], ...]] = {
    "log": (),
    "webhook": (
        ("url_env", "name the variable of the environment that holds the address: url_env: ALERT_NTFY_URL"),
        ("template", "name the file that has the body: template: alerts/ntfy.yaml"),
    ),
    "command": (("argv", "write the program and its arguments: argv: [/usr/local/bin/page-me]"),),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelConfig:
    """One way to tell a person. No secret is in it: only the names of the variables that hold them.

    headers: as they are sent; header_envs: header -> variable that holds its value. timeout_ns: for one attempt, whole.
    """

    name: str
    type: ChannelType
    min_severity: Severity = "warning"
    url_env: str = ""
    method: str = "POST"
    headers: Mapping[str, str] = field(default_factory=dict)
    header_envs: Mapping[str, str] = field(default_factory=dict)
    template: Template | None = None
    argv: tuple[str, ...] = ()
    timeout_ns: int = 5 * _SECOND_NS

    def wants(self, severity: Severity) -> bool:
        """Is a page of this severity for it?"""
        return SEVERITIES.index(severity) >= SEVERITIES.index(self.min_severity)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertsConfig:
    """Who is told of what. page_simulated: do pages of the simulated venue leave the log at all?"""

    channels: tuple[ChannelConfig, ...] = (ChannelConfig(name="log", type="log"),)
    connection_lost_after_ns: int = 30 * _SECOND_NS
    page_simulated: bool = False


def alerts_block() -> type["BaseModel"]:
    """The schema of the block."""
    from risk_manager.config.schema import Key, block, list_of, map_of

    of, channel_of = AlertsConfig(), ChannelConfig(name="", type="log")
    lost_after = values.duration(_SECOND_NS, 86_400 * _SECOND_NS)
    timeout = values.duration(_SECOND_NS, 60 * _SECOND_NS)
    channel = {
        "type": Key(values.choice(_KEYS_OF), says="log, webhook or command"),
        "min_severity": Key(values.choice(SEVERITIES), channel_of.min_severity, "info, warning or critical"),
        "url_env": Key(_variable, "", "the variable of the environment that holds the address"),
        "method": Key(values.choice(("POST", "PUT")), channel_of.method, "POST or PUT"),
        "headers": Key(map_of(_header_value, key=_header), {}, "sent as they are"),
        "header_envs": Key(map_of(_variable, key=_header), {}, "header: the variable that holds its value"),
        "template": Key(_template, "", "the file with the body, relative to this one"),
        "argv": Key(list_of(_argument), [], "the program and its arguments; no shell"),
        "timeout": Key(timeout, channel_of.timeout_ns, "how long one attempt may take"),
    }
    return block(
        "alerts",
        {
            "channels": Key(
                map_of(block("channel", channel, check=_clashes), key=_name), says="a block for each channel"
            ),
            "connection_lost_after": Key(
                lost_after, of.connection_lost_after_ns, "a connection lost for longer than this is paged"
            ),
            "page_simulated": Key(
                values.flag, of.page_simulated, "true: pages of the simulated venue leave the log, too"
            ),
        },
        check=_no_channel,
    )


def template_names(block: object) -> list[str]:
    """The template files that a raw block names, as far as it can be read; each once."""
    channels = block.get("channels") if isinstance(block, dict) else None
    named = (
        [each.get("template") for each in channels.values() if isinstance(each, dict)]
        if isinstance(channels, dict)
        else []
    )
    return list(dict.fromkeys(name for name in named if isinstance(name, str) and _TEMPLATE.fullmatch(name)))


def alerts_of(found: Any, templates: Mapping[str, Template]) -> AlertsConfig:  # noqa: ANN401 -- a model made at run time
    """The block as it is configured; the log alone where there is none."""
    if found is None:
        return AlertsConfig()
    return AlertsConfig(
        channels=tuple(
            ChannelConfig(
                name=name,
                type=given.type,
                min_severity=given.min_severity,
                url_env=given.url_env,
                method=given.method,
                headers=given.headers,
                header_envs=given.header_envs,
                template=templates.get(given.template),
                argv=tuple(given.argv),
                timeout_ns=given.timeout,
            )
            for name, given in found.channels.items()
        ),
        connection_lost_after_ns=found.connection_lost_after,
        page_simulated=found.page_simulated,
    )


def _no_channel(found: Any) -> Iterator[Clash]:  # noqa: ANN401 -- a model made at run time
    if not found.channels:
        yield Clash(("channels",), "has no channel: nobody would ever be told", "add one, for example log: {type: log}")


def _clashes(found: Any) -> Iterator[Clash]:  # noqa: ANN401 -- a model made at run time
    kind = found.type
    for key, remedy in _NEEDED[kind]:
        if not getattr(found, key):
            yield Clash((), f"is a {kind} and has no {key}", remedy, at_key=True)
    for key in sorted(found.model_fields_set - {"type", "min_severity"} - _KEYS_OF[kind]):
        known = ", ".join(sorted({"type", "min_severity"} | _KEYS_OF[kind]))
        yield Clash((key,), f"means nothing for a {kind}", f"keys of a {kind}: {known}", at_key=True)
    for name in found.headers:
        if _SECRET_HEADER.search(name):
            remedy = (
                f"put it into a variable and name that: header_envs: {{{name}: ALERT_TOKEN}}; this one has been seen"
            )
            yield Clash(("headers", name), "is a secret by its name", remedy, at_key=True, hidden=True)
    both = {name.lower() for name in found.headers} & {name.lower() for name in found.header_envs}
    for name in sorted(both):
        yield Clash(("header_envs",), f"names the header {name}, which headers has, too", "keep one", at_key=True)


def _variable(value: object) -> str:
    """The name of a variable. What is refused may be the secret itself, so the fault has no line and no value."""
    if not isinstance(value, str) or not VARIABLE.fullmatch(value):
        raise Hidden(
            "must be the name of a variable of the environment: capital letters, digits and _",
            "put the secret into that variable (or .env), never here; one that stood here has been seen: replace it",
        )
    return value


def _name(value: object) -> str:
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise Refused("must be a short name of small letters, digits, - and _", "for example ntfy")
    return value


def _header(value: object) -> str:
    if not isinstance(value, str) or not _HEADER.fullmatch(value):
        raise Refused("must be the name of a header", "for example Content-Type")
    if value.lower() in {"content-length", "host", "transfer-encoding"}:
        raise Refused("is set by the program", "leave it out")
    return value


def _header_value(value: object) -> str:
    text = values.text(value)
    if not text.isascii() or not text.isprintable():
        raise Refused("must be printable ASCII", "write plain letters")
    return text


def _template(value: object) -> str:
    if not isinstance(value, str) or not _TEMPLATE.fullmatch(value):
        raise Refused("must be a .yaml file below this file's folder", "for example alerts/ntfy.yaml")
    return value


def _argument(value: object) -> str:
    text = values.text(value)
    if "\0" in text:
        raise Refused("has a zero byte", "remove it")
    return text
