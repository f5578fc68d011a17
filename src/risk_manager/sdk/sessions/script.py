"""A session's script: what its traders, and the venue's staff, do while the market of the session goes by.

A YAML file `NAME.script.yaml` beside the session, because nobody's account is in a tick file. All of its faults are
found at once, each with its line. docs/reference/sessions.md has the table of actions.
"""

import re
from pathlib import Path
from typing import Literal, cast, get_args

import msgspec

from risk_manager.domain.orders import OrderType
from risk_manager.errors import SessionFileInvalid
from risk_manager.sdk.normalise import Unbelievable, decimal_e9, money_mils, shown, size, time_ns
from service_contract.yaml_lines import Document, Fault, KeyPath, YamlFaults, load

SCHEMA = "rm.script/1"
ALL_ORDERS = "all"
"""The name that means every working order, in `cancel`."""
Verb = Literal[
    "buy", "sell", "close", "cancel", "modify", "can_trade", "refuse_logins", "disconnect", "hold", "void", "echo_trade"
]

_E9 = 1_000_000_000
_SPAN = re.compile(r"(?:([0-9]{1,3})h)?(?:([0-9]{1,4})m)?(?:([0-9]{1,6})(?:\.([0-9]{1,9}))?s)?")
_VERBS = get_args(Verb)
_ALLOWED: dict[str, frozenset[str]] = {
    "buy": frozenset({"contract", "size", "type", "limit", "stop", "trail_ticks", "name"}),
    "sell": frozenset({"contract", "size", "type", "limit", "stop", "trail_ticks", "name"}),
    "close": frozenset({"contract", "size"}),
    "cancel": frozenset({"name"}),
    "modify": frozenset({"name", "size", "limit", "stop", "trail_ticks"}),
    "can_trade": frozenset({"value"}),
    "refuse_logins": frozenset({"value"}),
    "disconnect": frozenset({"for"}),
    "hold": frozenset({"for"}),
    "void": frozenset({"trade"}),
    "echo_trade": frozenset(),
}
_NEEDED: dict[str, frozenset[str]] = {
    "buy": frozenset({"contract", "size"}),
    "sell": frozenset({"contract", "size"}),
    "close": frozenset({"contract"}),
    "cancel": frozenset({"name"}),
    "modify": frozenset({"name"}),
    "can_trade": frozenset({"value"}),
    "refuse_logins": frozenset({"value"}),
}
_TOP = ("schema", "account", "fees_per_side", "actions")


class Action(msgspec.Struct, frozen=True):
    """One thing that somebody does, after `at_ns` is reached or after the `after_event`-th event of the session.

    contract: a symbol or a contract id. limit, stop: decimal text, converted by the exchange. name: what later actions
    call this order; `all` cancels every working order. trade: which trade is voided, None for the last one.
    for_ns: so much of the session passes while nobody is signed in.
    """

    verb: Verb
    at_ns: int | None = None
    after_event: int | None = None
    contract: str = ""
    size: int | None = None
    type: OrderType = "market"
    limit: str | None = None
    stop: str | None = None
    trail_ticks: int | None = None
    name: str = ""
    value: bool = True
    trade: int | None = None
    for_ns: int | None = None
    line: int = 0


class Script(msgspec.Struct, frozen=True):
    """A whole script. fees_mils: per symbol, per contract and side; actions in the order of the file."""

    actions: tuple[Action, ...] = ()
    fees_mils: dict[str, int] = {}
    balance_mils: int | None = None


def load_script(path: Path, start_ns: int) -> Script:
    """Read a script; offsets count from `start_ns`. Raises SessionFileInvalid with every fault."""
    try:
        document = load(path)
        return _Reader(document, start_ns).read()
    except YamlFaults as error:
        text = "\n".join(fault.explain() for fault in error.faults)
        raise SessionFileInvalid(text, hint="docs/reference/sessions.md has the table of actions") from error


class _Reader:
    """Takes the document apart and collects faults."""

    def __init__(self, document: Document, start_ns: int) -> None:
        self._document = document
        self._start_ns = start_ns
        self._faults: list[Fault] = []

    def read(self) -> Script:
        top = self._mapping((), self._document.value, _TOP)
        if top.get("schema") != SCHEMA:
            self._fault(("schema",), "is not a script this program reads", top.get("schema"), f"write schema: {SCHEMA}")
        account = self._mapping(("account",), top.get("account", {}), ("balance",))
        fees = self._mapping(("fees_per_side",), top.get("fees_per_side", {}), None)
        rows = top.get("actions", [])
        if not isinstance(rows, list):
            self._fault(("actions",), "is not a list", rows, "write each action as a list item: `- do: buy`")
            rows = []
        script = Script(
            actions=tuple(self._action(("actions", index), row) for index, row in enumerate(rows)),
            fees_mils={symbol: self._money(("fees_per_side", symbol), fee) for symbol, fee in fees.items()},
            balance_mils=self._money(("account", "balance"), account["balance"]) if "balance" in account else None,
        )
        self._check_names(script)
        if self._faults:
            raise YamlFaults(self._faults)
        return script

    def _check_names(self, script: Script) -> None:
        """A later action can only mean an order that an earlier one named."""
        named = {ALL_ORDERS}
        for index, action in enumerate(script.actions):
            path: KeyPath = ("actions", index, "name")
            if action.verb in ("cancel", "modify"):
                if action.name not in named or (action.verb == "modify" and action.name == ALL_ORDERS):
                    self._fault(path, "is not the name of an order placed earlier", action.name)
            elif action.name in named:
                self._fault(path, "is the name of an earlier order", action.name, "give each order its own name")
            elif action.name:
                named.add(action.name)

    def _fault(self, path: KeyPath, message: str, value: object = "", remedy: str = "") -> None:
        self._faults.append(self._document.fault(path, message, value=value, remedy=remedy))

    def _mapping(self, path: KeyPath, value: object, allowed: tuple[str, ...] | None) -> dict[str, object]:
        if not isinstance(value, dict):
            self._fault(path, "is not a mapping of keys to values", value)
            return {}
        for key in value:
            if allowed is not None and key not in allowed:
                self._fault((*path, key), "unknown key", key, f"known here: {', '.join(allowed)}")
        return value

    def _number_text(self, path: KeyPath, value: object) -> object:
        """A YAML number as the decimal text that stood there."""
        return str(value) if type(value) is int else self._document.decimals.get(path, value)

    def _money(self, path: KeyPath, value: object) -> int:
        try:
            return money_mils(self._number_text(path, value))
        except Unbelievable as error:
            self._fault(path, str(error), remedy='write an amount such as "1.40"')
            return 0

    def _action(self, path: KeyPath, row: object) -> Action:
        keys = self._mapping(path, row, None)
        verb = keys.get("do")
        if not isinstance(verb, str) or verb not in _VERBS:
            self._fault((*path, "do"), "is not an action", verb, f"one of {', '.join(_VERBS)}")
            return Action("disconnect")
        for key in sorted(keys.keys() - _ALLOWED[verb] - {"do", "at"}):
            self._fault((*path, key), f"unknown key for {verb}", key, f"known: {', '.join(sorted(_ALLOWED[verb]))}")
        for key in sorted(_NEEDED.get(verb, frozenset()) - keys.keys()):
            self._fault(path, f"{verb} needs the key {key}")
        at_ns, after_event = self._when((*path, "at"), keys.get("at"))
        place = self._document.place(path)
        return Action(
            verb=cast("Verb", verb),
            at_ns=at_ns,
            after_event=after_event,
            contract=self._text((*path, "contract"), keys.get("contract", "")),
            size=self._count((*path, "size"), keys.get("size")),
            type=self._type((*path, "type"), keys.get("type", "market")),
            limit=self._price((*path, "limit"), keys.get("limit")),
            stop=self._price((*path, "stop"), keys.get("stop")),
            trail_ticks=self._count((*path, "trail_ticks"), keys.get("trail_ticks")),
            name=self._text((*path, "name"), keys.get("name", "")),
            value=self._flag((*path, "value"), keys.get("value", True)),
            trade=self._number((*path, "trade"), keys.get("trade")),
            for_ns=self._span((*path, "for"), keys.get("for")),
            line=place.line if place else 0,
        )

    def _when(self, path: KeyPath, value: object) -> tuple[int | None, int | None]:
        remedy = 'write "+12.5s", an ISO time with offset, or {event: 120}'
        try:
            return moment(value, self._start_ns)
        except Unbelievable as error:
            self._fault(path, f"cannot tell when: {error}", remedy=remedy)
            return None, 0

    def _span(self, path: KeyPath, value: object) -> int | None:
        try:
            return None if value is None else span_ns(value)
        except Unbelievable as error:
            self._fault(path, str(error), remedy='write "30s", "2m" or "1h30m"')
            return None

    def _text(self, path: KeyPath, value: object) -> str:
        if not isinstance(value, str):
            self._fault(path, "is not text", value)
            return ""
        return value

    def _count(self, path: KeyPath, value: object) -> int | None:
        try:
            return None if value is None else size(value)
        except Unbelievable as error:
            self._fault(path, str(error))
            return None

    def _number(self, path: KeyPath, value: object) -> int | None:
        try:
            return None if value is None else _whole(value)
        except Unbelievable as error:
            self._fault(path, str(error))
            return None

    def _flag(self, path: KeyPath, value: object) -> bool:
        if not isinstance(value, bool):
            self._fault(path, "is neither true nor false", value)
            return True
        return value

    def _type(self, path: KeyPath, value: object) -> OrderType:
        if value not in get_args(OrderType):
            self._fault(path, "is not an order type", value, f"one of {', '.join(get_args(OrderType))}")
        return cast("OrderType", value)

    def _price(self, path: KeyPath, value: object) -> str | None:
        if value is None:
            return None
        text = self._number_text(path, value)
        try:
            decimal_e9(text)
        except Unbelievable as error:
            self._fault(path, str(error), remedy='write it in quotes: "6650.25"')
        return str(text)


def moment(value: object, start_ns: int) -> tuple[int | None, int | None]:
    """When something happens: at a time, or after so many events. `+90s` counts from the start. Raises Unbelievable."""
    if isinstance(value, dict):
        return None, _whole(value.get("event"))
    if isinstance(value, str) and value.startswith("+"):
        return start_ns + span_ns(value[1:]), None
    return time_ns(value), None


def span_ns(value: object) -> int:
    """`30s`, `12.5s`, `1h30m` in nanoseconds. Raises Unbelievable."""
    match = _SPAN.fullmatch(value) if isinstance(value, str) and value else None
    if match is None:
        raise Unbelievable(f"{shown(value)} is no span of time")
    hours, minutes, seconds, fraction = (part or "0" for part in match.groups())
    whole_s = int(hours) * 3600 + int(minutes) * 60 + int(seconds)
    return whole_s * _E9 + int(fraction.ljust(9, "0"))


def _whole(value: object) -> int:
    if type(value) is not int or value < 0:
        raise Unbelievable(f"{shown(value)} is not a whole number")
    return value
