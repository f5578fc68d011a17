"""Configuration files: are they there, valid, whose are they, how old, and what is in them, without showing texts."""

import hashlib
import re
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

from runtime.clocks import utc_now
from runtime.environment.probes.item import Context, Item, State, is_secret_name
from runtime.environment.probes.variables import example_names
from runtime.observing.foreground import read_output
from service_contract.yaml_lines import YamlFaults, load

_CONFIG_STAGE = "config"
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_MOST_FAULTS = 3
_PLAIN_WORD = re.compile(r"[a-z][a-z_-]{0,20}")


def probe(context: Context) -> Iterator[Item]:
    """Each YAML file under config/, what the service itself says of them, and .env."""
    files = sorted([*(context.project / "config").glob("*.yaml"), *(context.project / "config").glob("*.yml")])
    if not files:
        yield Item("config/", "no YAML file here", State.WARNING, cause="CFG-001")
    for file in files:
        yield from _yaml(file, context)
    yield _own_check(context)
    yield _env_file(context)


def _yaml(file: Path, context: Context) -> Iterator[Item]:
    try:
        data = file.read_bytes()
    except OSError as error:
        yield Item(file.name, "cannot be read", State.FAULT, f"cannot be read: {error.strerror}", "CFG-001")
        return
    faults: list[str] = []
    try:
        value = load(file).value
    except YamlFaults as error:
        # the places only: the words of a fault may quote a value
        value, faults = None, [f"line {fault.place.line}" if fault.place else "the file" for fault in error.faults]
    digest = hashlib.sha256(data).hexdigest()[:12]
    age = _age(utc_now().timestamp() - file.stat().st_mtime)
    if faults:
        where = ", ".join(faults[:_MOST_FAULTS])
        yield Item(file.name, digest, State.FAULT, f"❌ Exists, not valid YAML ({where})", "CFG-001")
        return
    accounts = _accounts(value)
    count = "" if accounts is None else f", {accounts} account{'' if accounts == 1 else 's'} configured"
    yield Item(file.name, digest, State.OK, f"✅ Exists, valid YAML{count}, sha256 {digest}, changed {age} ago")
    for path, leaf in _leaves(value):
        yield Item(f"{file.name} {path}", _leaf(path, leaf, context), hidden=True)


def _leaves(value: object, path: str = "") -> Iterator[tuple[str, object]]:
    """Every single value of a file, with the keys that lead to it."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _leaves(inner, f"{path}.{index}")
    else:
        yield path, value


def _leaf(path: str, value: object, context: Context) -> object:
    """Numbers and switches as they are, so that a difference names them; of a text only its fingerprint."""
    if value is None or (isinstance(value, bool | int | float) and not is_secret_name(path.rpartition(".")[2])):
        return value
    return f"fingerprint {context.fingerprint(str(value))}"


def _accounts(value: object) -> int | None:
    accounts = value.get("accounts") if isinstance(value, dict) else None
    return len(accounts) if isinstance(accounts, dict | list) else None


def _own_check(context: Context) -> Item:
    """What the service says of its configuration: the stage `config` of the gate is the command that asks it."""
    stage = context.gate.stages.get(_CONFIG_STAGE) if context.gate else None
    if stage is None or stage.kind != "command":
        return Item("The service's own check", "none", State.SKIP, "SKIP: the gate has no stage `config` to ask")
    argv = [text.replace("{python}", sys.executable) for text in stage.argv]
    fine = read_output(argv, context.project) is not None
    text = "✅ it accepts its configuration" if fine else "❌ it does not accept its configuration (its check says why)"
    return Item("The service's own check", fine, State.OK if fine else State.FAULT, text, "" if fine else "CFG-001")


def _env_file(context: Context) -> Item:
    file = context.project / ".env"
    wanted = example_names(context.project)
    try:
        mode = file.lstat().st_mode
    except OSError:
        state = State.SKIP if context.is_simulated else State.INFO
        return Item(
            ".env", "not there", state, f"not there; {context.undemanding} needs none" if context.is_simulated else ""
        )
    given = [name for name in wanted if context.env_file.get(name)]
    if stat.S_ISLNK(mode) or mode & _OTHERS:
        text = f"❌ others may read it (mode {stat.S_IMODE(mode):04o}): chmod 600 .env"
        return Item(".env", "readable by others", State.FAULT, text, "CFG-001")
    return Item(".env", sorted(given), State.OK, f"✅ Exists, {len(given)} of {len(wanted)} known names have a value")


def _age(seconds: float) -> str:
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(seconds, 0):.0f} s"
