"""Whatever stands in the files: a configuration, or faults that each say where and what; never another error."""

import copy
import tempfile
from pathlib import Path

import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from risk_manager.config.calendars import build
from risk_manager.config.loader import bind, load_config
from risk_manager.errors import ConfigInvalid
from risk_manager.rules.example import MORNING_NS

SHIPPED = Path(__file__).resolve().parents[3] / "config"
NAMES = ("risk_config.yaml", "accounts.yaml", "instruments.yaml", "holidays.yaml")
TEXTS = {name: (SHIPPED / name).read_text() for name in NAMES}
FILES = {name: yaml.safe_load(text) for name, text in TEXTS.items()}

LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**12), 10**12),
    st.floats(allow_nan=True, allow_infinity=True),
    st.sampled_from(
        ["", "none", "simulated", "mon", "day", "equity", "ES", "5s", "17:00", "2025-11-18", "America/Chicago"]
    ),
    st.text(max_size=8),
)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
)


def paths_in(value: object, path: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(deeper for key, child in children for deeper in paths_in(child, (*path, key)))]


PATHS = [(name, path) for name in NAMES for path in paths_in(FILES[name])]


def put(tree: object, path: tuple[object, ...], value: object) -> object:
    if not path:
        return value
    tree = copy.deepcopy(tree)
    holder = tree
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = value
    return tree


def load_or_faults(texts: dict[str, str]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        for name, text in texts.items():
            (Path(directory) / name).write_text(text, encoding="utf-8", errors="surrogatepass")
        try:
            config = load_config(Path(directory) / "risk_config.yaml")
        except ConfigInvalid as error:
            faults = error.faults
        else:
            assert bind(config, build(config, MORNING_NS))
            return
    assert faults
    for fault in faults:
        assert fault.message
        assert fault.remedy
        assert len(str(fault).splitlines()) == 1


@settings(max_examples=80)
@given(where=st.sampled_from(PATHS), value=VALUES)
@example(where=("risk_config.yaml", ("sessions", "day", "days")), value=[{}])
@example(where=("risk_config.yaml", ("holidays",)), value="\0")
@example(where=("risk_config.yaml", ("holidays",)), value="x" * 300)
@example(where=("accounts.yaml", ("accounts", "SIM-50K", "rules")), value={"daily_realized_loss": {"enabled": []}})
@example(where=("accounts.yaml", ("accounts", "SIM-50K", "rules")), value={"daily_realized_loss": []})
@example(where=("risk_config.yaml", ("rules",)), value=[[]])
def test_any_value_anywhere_gives_a_configuration_or_faults(
    where: tuple[str, tuple[object, ...]], value: object
) -> None:
    name, path = where
    load_or_faults({**TEXTS, name: yaml.safe_dump(put(FILES[name], path, value), allow_unicode=True)})


@settings(max_examples=50)
@given(name=st.sampled_from(NAMES), data=st.data())
def test_any_damage_to_the_text_gives_a_configuration_or_faults(name: str, data: st.DataObject) -> None:
    text = TEXTS[name]
    at = data.draw(st.integers(0, len(text)))
    until = data.draw(st.integers(at, min(at + 20, len(text))))
    junk = data.draw(
        st.text(st.characters(codec="utf-8"), max_size=5)
        | st.sampled_from(["\t", "- ", "[", '"', "&a ", "*a", "!!x ", ": ", "\0"])
    )
    load_or_faults({**TEXTS, name: text[:at] + junk + text[until:]})
