"""`accounts.yaml`: which accounts there are, where each lives, and which rules it overrides."""

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from risk_manager.config import values
from risk_manager.config.model import AccountConfig
from risk_manager.config.values import Clash, Refused
from service_contract.yaml_lines import Fault, KeyPath

if TYPE_CHECKING:
    from pydantic import BaseModel

    from risk_manager.config.reading import Read
    from risk_manager.config.tree import Tree

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,62}")


class Accounts(NamedTuple):
    """The accounts by name, the one that is meant where none is named, and each account's raw overrides of rules.

    Of a file with faults there may be overrides only: these are judged all the same.
    """

    by_name: Mapping[str, AccountConfig]
    default: str
    overrides: Mapping[str, object]


def judge_accounts(file: "Read") -> tuple[Accounts | None, tuple[Fault, ...]]:
    """The accounts of a file that has been read, and every fault in it but those of the overrides."""
    from risk_manager.config.reading import judge

    if file.tree is None:
        return None, file.faults
    found, faults = judge(file.tree, _schema())
    faults = (*file.faults, *faults, *_numeric_names(file.tree))
    overrides = _overrides_in(file.at("accounts"))
    if found is None:
        return Accounts({}, "", overrides), faults
    by_name = {name: AccountConfig(name, account.venue) for name, account in found.accounts.items()}
    return Accounts(by_name, found.default_account, overrides), faults


def _overrides_in(accounts: object) -> Mapping[str, object]:
    if not isinstance(accounts, dict):
        return {}
    blocks = {name: each.get("rules") for name, each in accounts.items() if isinstance(each, dict)}
    return {name: rules for name, rules in blocks.items() if isinstance(rules, dict)}


def _clashes(found: Any) -> Iterator[Clash]:  # noqa: ANN401 -- a model made at run time
    default = found.default_account
    if not found.accounts:
        yield Clash(("accounts",), "has no account", "add one; the template has SIM-50K")
    elif default not in found.accounts:
        remedy = values.did_you_mean(default, found.accounts, what_is_known="accounts in this file")
        yield Clash(("default_account",), "is not an account of this file", remedy)


def _schema() -> type["BaseModel"]:
    from risk_manager.config.schema import Key, block, map_of

    venue = values.choice(("simulated", "projectx"))
    account = {
        "venue": Key(venue, says="simulated or projectx"),
        "rules": Key(_overrides, None, "rules that differ for this account"),
    }
    return block(
        "accounts file",
        {
            "default_account": Key(_name, says="the account that is meant where none is named"),
            "accounts": Key(map_of(block("account", account), key=_name), says="a block for each account"),
        },
        check=_clashes,
    )


def _name(value: object) -> str:
    if not isinstance(value, str):
        raise Refused(f"must be the name of an account, not {values.what(value)}", _quote(value))
    if not _NAME.fullmatch(value):
        raise Refused(
            "must be at most 63 letters, digits, spaces and . _ -, and begin with a letter or a digit",
            "write the account's name as the venue shows it",
        )
    return value


def _quote(value: object) -> str:
    return f'a name, never an id; if it is the name, put it in quotes: "{values.shown(value)}"'


def _overrides(value: object) -> object:
    if not isinstance(value, dict):
        raise Refused(f"must be a block of rules, not {values.what(value)}", "write it as in risk_config.yaml")
    return value  # judged joined with the rules that it overrides


def _numeric_names(tree: "Tree") -> Iterator[Fault]:
    """A name of digits only is taken for an id unless it is quoted: the two must never mix."""
    accounts = tree.at(("accounts",))
    if not isinstance(accounts, dict):
        return
    for name in accounts:
        if re.fullmatch(r"[0-9]+", name):
            path: KeyPath = ("accounts", name)
            fault = tree.fault(
                path, "must be the name of an account, not a number", remedy=_quote(int(name)), at_key=True
            )
            place = fault.place
            if place and place.text[place.column - 1 : place.column] not in {'"', "'"}:
                yield fault
