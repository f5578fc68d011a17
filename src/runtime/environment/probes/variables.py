"""Environment variables: an allow-list is shown, secrets only as set or not with a fingerprint, nothing else at all."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from runtime.environment.probes.item import Context, Item, is_secret_name, without_userinfo

# Harmless by what they are for. Paths to programs and modules are not among them: people put tokens there.
SHOWN = (
    "ASYNC_DEBUG", "BOOT_TIMEOUT_S", "CI", "COLUMNS", "DRY_RUN_MODE", "FORCE_COLOR", "GITHUB_ACTIONS", "LANG", "LC_ALL",
    "LOG_LEVEL", "NO_COLOR", "PYTHONASYNCIODEBUG", "PYTHONHASHSEED", "PYTHONOPTIMIZE", "PYTHONUTF8", "TERM", "TZ",
)  # fmt: skip
_ALWAYS = ("DRY_RUN_MODE", "ASYNC_DEBUG")
_PLAIN = re.compile(r"[A-Za-z0-9_.,:/+ -]{0,40}")
_EXAMPLE_LINE = re.compile(r"#?\s*(?:export\s+)?([A-Z][A-Z0-9_]*)=")


def probe(context: Context) -> Iterator[Item]:
    """The options of the service, the allow-list, and the names that .env.example asks for."""
    choices = {option.env: option.choices for option in context.contract.options.values()} if context.contract else {}
    secrets = set(example_names(context.project))
    prefixes = {"RUNTIME_", *(f"{name.partition('_')[0]}_" for name in choices)}
    ours = {name for name in context.environ if name.startswith(tuple(prefixes))}
    shown = {name for name in SHOWN if name in context.environ or name in _ALWAYS}
    for name in sorted({*choices, *ours, *shown, *secrets}):
        yield Item(name, _value(name, context, choices, secrets))


def _value(name: str, context: Context, choices: Mapping[str, tuple[str, ...]], secrets: set[str]) -> str:
    value = context.environ.get(name)
    if name in secrets or is_secret_name(name):
        in_file = context.env_file.get(name)
        if not value and in_file:
            return f"in .env, fingerprint {context.fingerprint(in_file)}"
        return context.set_to(value)
    if value is None:
        return "not set"
    known = value in choices.get(name, ()) or (name in SHOWN and _PLAIN.fullmatch(value))
    return without_userinfo(value) if known else context.set_to(value)


def example_names(project: Path) -> list[str]:
    """The names in .env.example, in its order; none where there is no such file."""
    try:
        lines = (project / ".env.example").read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return []
    return [match[1] for line in lines if (match := _EXAMPLE_LINE.match(line))]


def read_env_file(project: Path) -> dict[str, str]:
    """The names and values of .env, for fingerprints only."""
    try:
        lines = (project / ".env").read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return {}
    pairs = (line.strip().removeprefix("export ").partition("=") for line in lines if not line.lstrip().startswith("#"))
    return {name.strip(): value.strip() for name, _, value in pairs if value.strip()}
