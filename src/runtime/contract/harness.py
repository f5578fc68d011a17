"""Reads the `harness` section of a service.yaml, strictly."""

from runtime.contract.expand import PLACEHOLDERS as EVERYWHERE
from runtime.contract.expand import placeholders_in
from runtime.harness.plan import PLACEHOLDERS, Agreement, HarnessPlan, Reading
from runtime.yaml_fields import Reader
from service_contract.yaml_lines import KeyPath

_PATH: KeyPath = ("harness",)
_ARGV = ("venue", "status", "ledger", "script", "carry", "hold", "import", "export", "journal")
_REQUIRED = ("venue", "held", "ended", "breach", "events", "status", "ledger", "agree")
_OPTIONAL = ("script", "carry", "hold", "import", "export", "journal", "keeps")
_READING = ("key", "value", "where", "total", "counts", "time", "since", "until")


def read_harness(reader: Reader) -> HarnessPlan | None:
    """The plan; None for a service that is not run on carried state."""
    if not reader.has(_PATH):
        return None
    reader.mapping(_PATH, required=_REQUIRED, optional=_OPTIONAL)
    argv = {name: _argv(reader, (*_PATH, name)) for name in _ARGV}
    paths = reader.items((*_PATH, "agree"), least=1)
    return HarnessPlan(
        venue=argv["venue"],
        held=reader.text((*_PATH, "held")),
        ended=reader.text((*_PATH, "ended")),
        breach=reader.text((*_PATH, "breach")),
        events=_pointer(reader, (*_PATH, "events")),
        status=argv["status"],
        ledger=argv["ledger"],
        agree=tuple(_agreement(reader, path) for path in paths),
        script=argv["script"],
        carry=argv["carry"],
        hold=argv["hold"],
        take_over=argv["import"],
        hand_on=argv["export"],
        journal=argv["journal"],
        keeps=tuple(_pointer(reader, path) for path in reader.items((*_PATH, "keeps"))),
    )


def _argv(reader: Reader, path: KeyPath) -> tuple[str, ...]:
    if not reader.has(path):
        return ()
    argv = reader.texts(path, least=1)
    for index, text in enumerate(argv):
        for name in placeholders_in(text):
            if name not in EVERYWHERE and name not in PLACEHOLDERS:
                remedy = f"known here: {', '.join((*EVERYWHERE, *PLACEHOLDERS))}"
                reader.fault((*path, index), f"unknown placeholder {{{name}}}", value=text, remedy=remedy)
    return argv


def _agreement(reader: Reader, path: KeyPath) -> Agreement:
    reader.mapping(path, required=("name", "service", "ledger"))
    return Agreement(
        reader.text((*path, "name")), _reading(reader, (*path, "service")), _reading(reader, (*path, "ledger"))
    )


def _reading(reader: Reader, path: KeyPath) -> Reading:
    reader.mapping(path, required=("at",), optional=_READING)
    ways = [way for way in ("key", "total", "counts") if reader.has((*path, way))]
    if len(ways) > 1:
        reader.fault(path, f"{' and '.join(ways)}: a reading is a mapping, a sum or a count, not several of them")
    for one, other in (("key", "value"), ("time", "since"), ("time", "until")):
        if reader.has((*path, one)) != reader.has((*path, other)):
            reader.fault(path, f"`{one}` and `{other}` belong together", at_key=True)
    return Reading(
        at=_pointer(reader, (*path, "at")),
        key=reader.text((*path, "key")) or None,
        value=reader.text((*path, "value")) or None,
        where={key: reader.raw((*path, "where", key)) for key in reader.keys((*path, "where"))},
        total=reader.text((*path, "total")) or None,
        counts=reader.boolean((*path, "counts"), default=False),
        time=reader.text((*path, "time")) or None,
        since=_pointer(reader, (*path, "since")) or None,
        until=_pointer(reader, (*path, "until")) or None,
    )


def _pointer(reader: Reader, path: KeyPath) -> str:
    text = reader.text(path)
    if text and not text.startswith("/"):
        reader.fault(path, "must be a JSON pointer", value=text, remedy="for example /positions")
    return text
