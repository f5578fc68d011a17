"""Loads a whole configuration, or says everything that is wrong with all of its files at once."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from risk_manager.config import values
from risk_manager.config.accounts import Accounts, judge_accounts
from risk_manager.config.alert_templates import Template, judge_template
from risk_manager.config.alerts import alerts_of, template_names
from risk_manager.config.holidays import judge_holidays
from risk_manager.config.instruments import judge_instruments
from risk_manager.config.model import Calendar, DailyReset, HolidayGroup, RiskConfig, RuleConfig
from risk_manager.domain.instruments import Instruments
from risk_manager.errors import ConfigInvalid
from risk_manager.rules import RULES
from risk_manager.rules.definition import RuleDefinition
from service_contract.yaml_lines import Fault, KeyPath

if TYPE_CHECKING:
    from risk_manager.config.reading import Read
    from risk_manager.config.tree import Tree

_TEMPLATE = "template "
"""What the name of a template stands behind, among the files that were read."""

__all__ = ["RiskConfig", "bind", "load_config"]


class _Judged(NamedTuple):
    """The files after each was judged; None stands for what has faults."""

    config: "Read"
    accounts: Accounts | None
    instruments: Instruments | None
    groups: Mapping[str, HolidayGroup] | None
    templates: Mapping[str, Template]
    faults: list[Fault]
    reads: "dict[str, Read]"


def load_config(
    config_path: Path,
    *,
    accounts_path: Path | None = None,
    instruments_path: Path | None = None,
    account: str | None = None,
    rules: Sequence[RuleDefinition] = RULES,
) -> RiskConfig:
    """Load and check everything for one account; `default_account` where none is named.

    accounts.yaml and instruments.yaml stand beside the configuration unless they are named; the holidays file is named
    in it. Raises ConfigInvalid with every fault of every file.
    """
    from risk_manager.config.reading import read  # pydantic is heavy: it loads where a file is read

    reads = {
        "config": read(config_path, template="risk_config.yaml"),
        "accounts": read(accounts_path or config_path.parent / "accounts.yaml", template="accounts.yaml"),
        "instruments": read(instruments_path or config_path.parent / "instruments.yaml", template="instruments.yaml"),
    }
    holidays = reads["config"].at("holidays")
    if isinstance(holidays, str) and holidays.strip():
        reads["holidays"] = read(config_path.parent / holidays, template="holidays.yaml")
    for name in template_names(reads["config"].at("alerts")):
        reads[f"{_TEMPLATE}{name}"] = read(config_path.parent / name, template=name)
    judged = _judge_files(reads)
    found, base_rules, faults = _judge_rules(judged, rules)
    name, more = _choose_account(judged, account)
    everything = _ordered([*judged.faults, *faults, *more], [each.file for each in reads.values()])
    if everything or judged.accounts is None or judged.instruments is None:
        raise ConfigInvalid(everything)
    return RiskConfig(
        account=judged.accounts.by_name[name],
        rules=base_rules[name],
        instruments=judged.instruments,
        daily_reset=DailyReset(found.daily_reset.time, found.daily_reset.timezone),
        sessions=_sessions(found),
        holidays=judged.groups or {},
        on_rule_error=found.on_rule_error,
        enforcement_deadline_ns=found.enforcement.deadline,
        breaker=_breaker(found),
        tolerance=_tolerance(found),
        alerts=alerts_of(found.alerts, judged.templates),
        config_hash=_hash(reads, name),
        files=tuple(each.file for each in reads.values()),
    )


def bind(config: RiskConfig, calendar: Calendar) -> tuple[tuple[RuleDefinition, Any], ...]:
    """The enabled rules with their parameters, in order of precedence."""
    return tuple((rule.definition, rule.params(calendar)) for rule in config.rules if rule.enabled)


def _judge_files(reads: "dict[str, Read]") -> _Judged:
    """Judge every file that stands alone; the rules need all the others."""
    accounts, account_faults = judge_accounts(reads["accounts"])
    instruments, instrument_faults = judge_instruments(reads["instruments"])
    groups, holiday_faults = judge_holidays(reads["holidays"]) if "holidays" in reads else (None, ())
    faults = [*reads["config"].faults, *account_faults, *instrument_faults, *holiday_faults]
    templates = {}
    for role, each in reads.items():
        if role.startswith(_TEMPLATE):
            template, template_faults = judge_template(each)
            faults += template_faults
            if template is not None:
                templates[role.removeprefix(_TEMPLATE)] = template
    return _Judged(reads["config"], accounts, instruments, groups, templates, faults, reads)


def _judge_rules(
    judged: _Judged, rules: Sequence[RuleDefinition]
) -> tuple[Any, dict[str, tuple[RuleConfig, ...]], list[Fault]]:
    """The risk configuration, and each account's rules: the file's own, joined with what the account overrides."""
    from risk_manager.config.reading import judge, names_in
    from risk_manager.config.risk_file import rule_configs, schema
    from risk_manager.config.schema import Known

    tree = judged.config.tree
    if tree is None:
        return None, {}, []
    symbols = [one.symbol for one in judged.instruments] if judged.instruments else None
    model = schema(rules, Known(symbols, names_in(tree.at(("sessions",))), judged.groups))
    found, some = judge(tree, model)
    faults = list(some)
    base = rule_configs(found.rules, rules) if found is not None else ()
    by_account = dict.fromkeys(judged.accounts.by_name if judged.accounts else (), base)
    for name, own in _with_overrides(judged, tree):
        each, some = judge(own, model)
        faults += some
        by_account[name] = rule_configs(each.rules, rules) if each is not None else ()
    return found, by_account, faults


def _with_overrides(judged: _Judged, tree: "Tree") -> Iterator[tuple[str, "Tree"]]:
    """For each account that overrides rules, the configuration as it is for that account."""
    source = judged.reads["accounts"].tree
    if judged.accounts is None or source is None:
        return
    for name, override in judged.accounts.overrides.items():
        of: KeyPath = ("accounts", name, "rules")
        yield name, tree.with_override(source.document, override, at=("rules",), of=of)


def _breaker(found: Any) -> Any:  # noqa: ANN401 -- a model made at run time
    from risk_manager.config.risk_file import breaker_of

    return breaker_of(found)


def _tolerance(found: Any) -> Any:  # noqa: ANN401 -- a model made at run time
    from risk_manager.config.reconciliation import tolerance_of

    return tolerance_of(found.reconciliation)


def _sessions(found: Any) -> Any:  # noqa: ANN401 -- a model made at run time
    from risk_manager.config.risk_file import session_hours

    return session_hours(found)


def _choose_account(judged: _Judged, asked: str | None) -> tuple[str, list[Fault]]:
    if judged.accounts is None or not judged.accounts.by_name:
        return "", []  # the file's own faults say why
    name = judged.accounts.default if asked is None else asked
    source = judged.reads["accounts"].tree
    if name in judged.accounts.by_name or source is None or asked is None:
        return name, []
    remedy = values.did_you_mean(name, judged.accounts.by_name, what_is_known="accounts")
    fault = source.fault(("accounts",), "has no account of the name that was asked for", value=name, remedy=remedy)
    return name, [fault]


def _ordered(faults: Sequence[Fault], files: Sequence[Path]) -> list[Fault]:
    """Each fault once, file by file, from top to bottom: an override repeats what is wrong in the base."""
    position = {file: index for index, file in enumerate(files)}

    def order(fault: Fault) -> tuple[int, int, int]:
        line, column = (fault.place.line, fault.place.column) if fault.place else (0, 0)
        return position.get(fault.file, len(files)), line, column

    return sorted(dict.fromkeys(faults), key=order)


def _hash(reads: "dict[str, Read]", account: str) -> str:
    """What was configured, as a number: the same values give the same hash, however the files are laid out."""
    content = {role: _canonical(each.tree.value) if each.tree else None for role, each in reads.items()}
    text = json.dumps({"account": account, **content}, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _canonical(value: object) -> object:
    """The value as plain JSON in which -900 and -900.00 are the same, and a number is never the same as a text."""
    if isinstance(value, dict):
        return {key: _canonical(child) for key, child in value.items()}
    if isinstance(value, list):
        return [_canonical(child) for child in value]
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return {"number": str(Fraction(value))}
    return value
