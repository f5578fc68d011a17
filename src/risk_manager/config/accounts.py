"""`accounts.yaml`: which accounts there are, where each lives, and which rules it overrides."""

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from risk_manager.config import values
from risk_manager.config.model import AccountConfig, VenueName
from risk_manager.config.values import Refused
from service_contract.yaml_lines import Fault, KeyPath

if TYPE_CHECKING:
    from pydantic import BaseModel

    from risk_manager.config.reading import Read

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,62}")


class Accounts(NamedTuple):
    """The accounts by name, the one that is meant where none is named, and each account's raw overrides of rules."""

    by_name: Mapping[str, AccountConfig]
    default: str
    overrides: Mapping[str, object]


def judge_accounts(file: "Read") -> tuple[Accounts | None, tuple[Fault, ...]]:
    """The accounts of a file that has been read, and every fault in it but those of the overrides."""
    from risk_manager.config.reading import judge

    if file.tree is None:
        return None, file.faults
    found, faults = judge(file.tree, _schema())
    more = (*file.faults, *faults, *_numeric_names(file))
    if found is None:
        return None, more
    return _accounts(found, file, more)


def _accounts(found: Any, file: "Read", faults: tuple[Fault, ...]) -> tuple[Accounts | None, tuple[Fault, ...]]:  # noqa: ANN401 -- a model made at run time
    if file.tree is None:
        return None, faults
    by_name, more = {}, list(faults)
    for name, account in found.accounts.items():
        by_name[name] = AccountConfig(name, account.venue, _options(account))
        more += _venue_faults(file, name, account.venue)
    if not by_name:
        more.append(file.tree.fault(("accounts",), "has no account", remedy="add one; the template has SIM-50K"))
    elif found.default_account not in by_name:
        remedy = values.did_you_mean(found.default_account, by_name, what_is_known="accounts in this file")
        more.append(
            file.tree.fault(
                ("default_account",), "is not an account of this file", value=found.default_account, remedy=remedy
            )
        )
    overrides = {name: account.rules for name, account in found.accounts.items() if account.rules is not None}
    return (None if more else Accounts(by_name, found.default_account, overrides)), tuple(more)


def _schema() -> type["BaseModel"]:
    from risk_manager.config.schema import Key, block, map_of

    venue = values.choice(("simulated", "projectx"))
    account = {
        "venue": Key(venue, says="simulated or projectx"),
        "starting_balance": Key(values.money("positive"), None, "balance with which the simulated account opens"),
        "rules": Key(_overrides, None, "rules that differ for this account"),
    }
    return block(
        "accounts file",
        {
            "default_account": Key(_name, says="the account that is meant where none is named"),
            "accounts": Key(map_of(block("account", account), key=_name), says="a block for each account"),
        },
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


def _numeric_names(file: "Read") -> Iterator[Fault]:
    """A name of digits only is taken for an id unless it is quoted: the two must never mix."""
    accounts = file.at("accounts")
    if file.tree is None or not isinstance(accounts, Mapping):
        return
    for name in accounts:
        if re.fullmatch(r"[0-9]+", str(name)):
            path: KeyPath = ("accounts", name)
            fault = file.tree.fault(
                path, "must be the name of an account, not a number", remedy=_quote(name), at_key=True
            )
            place = fault.place
            if place and place.text[place.column - 1 : place.column] not in {'"', "'"}:
                yield fault


def _options(account: Any) -> Mapping[str, int]:  # noqa: ANN401 -- a model made at run time
    return {} if account.starting_balance is None else {"starting_balance_mils": account.starting_balance}


def _venue_faults(file: "Read", name: str, venue: VenueName) -> Iterator[Fault]:
    """What one venue needs, another does not know."""
    if file.tree is None:
        return
    path: KeyPath = ("accounts", name, "starting_balance")
    given = file.at(*path) is not None
    if venue == "simulated" and not given:
        yield file.tree.fault(path, "is missing", remedy="add it: a simulated account opens with it", at_key=True)
    if venue != "simulated" and given:
        message = f"is not known for venue {venue}"
        yield file.tree.fault(path, message, remedy="remove it: the venue says what the balance is", at_key=True)
