"""The menu's screen as lines of text: pure, ASCII only, 80 columns wide where there is room and narrower where not."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from runtime.output.junit import Totals
from runtime.output.terminal import Paint

Piece = tuple[str, Paint | None]
"""Text, and the colour that underlines what its words say."""
Line = Sequence[Piece]

WIDTH = 80
_LEFT = 40
_FOOT = 3  # the blank line, the prompt and what is typed


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the menu.

    argv: what it runs; `{python}` and `{junit}` are filled in. flag: its name for scripts. tests: a pytest run.
    An entry without argv is not there yet.
    """

    key: str
    label: str
    hint: str
    argv: tuple[str, ...] = ()
    flag: str = ""
    tests: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """What stands beside the entries. verdicts: of the last runs, then the market's line. totals: by label.

    failed: how many tests failed last time; None: not known. runs_on: what the runtime entries run against.
    """

    title: str
    about: str
    verdicts: Sequence[Piece]
    market: Piece | None
    runs_on: str = ""
    failed: int | None = None
    totals: Mapping[str, Totals | None] = field(default_factory=dict)


def screen(entries: Sequence[Entry], facts: Facts, columns: int, rows: int) -> list[Line]:
    """The menu for a window of this size: two columns, else one, else only keys and labels."""
    if columns >= WIDTH:
        return [*_head(facts, WIDTH), *_two_columns(entries, facts)]
    tall = [*_head(facts, columns), *_one_column(entries, facts)]
    lines = tall if len(tall) + _FOOT <= rows else [*_head(facts, columns), *_keys_only(entries, columns)]
    return [_cut(line, columns) for line in lines]


def _head(facts: Facts, width: int) -> list[Line]:
    left, space = f" {facts.title} - run_tests", "  "
    room = width - len(left) - len(space)
    about = facts.about if len(facts.about) <= room else _shortened(facts.about, room)
    lines: list[Line] = [[(left + about.rjust(room + len(space)) if about else left, Paint.STRONG)]]
    lines.append([(" " + "-" * (width - 1), Paint.DIM)])
    lines += _flow(facts.verdicts, width)
    if facts.market is not None:
        lines.append([(" market ", None), facts.market])
    return [*[_cut(line, width) for line in lines], []]


def _shortened(about: str, room: int) -> str:
    """From the right: the commit says most. Empty where not even that fits."""
    words = about.split("  ")
    while words and len("  ".join(words)) > room:
        words.pop(0)
    return "  ".join(words)


def _two_columns(entries: Sequence[Entry], facts: Facts) -> list[Line]:
    tests = [entry for entry in entries if entry.tests]
    others = [entry for entry in entries if not entry.tests]
    left = [_cut(_test_cell(entry, facts), _LEFT - 1) for entry in tests]
    right: list[Line] = [[(_other_cell(entry), None if entry.argv else Paint.DIM)] for entry in others]
    right.append([(f"{'  [h] help':<19}exit codes", None)])
    left += [[]] * (len(right) - len(left) - 1)
    left.append([("  [q] quit", None)])
    titles = f"{' TESTS':<18}{'tests':>5}{'took':>8}".ljust(_LEFT) + f" RUNTIME  {facts.runs_on}".rstrip()
    rows: list[Line] = [_cut([(titles, Paint.STRONG)], WIDTH)]
    for index, cell in enumerate(right):
        beside = left[index] if index < len(left) else []
        rows.append([*beside, (" " * (_LEFT - _length(beside)), None), *cell])
    return rows


def _one_column(entries: Sequence[Entry], facts: Facts) -> list[Line]:
    lines: list[Line] = [_test_cell(entry, facts) for entry in entries if entry.tests]
    lines += [[(_other_cell(entry), None if entry.argv else Paint.DIM)] for entry in entries if not entry.tests]
    return [*lines, [("  [h] help", None)], [("  [q] quit", None)]]


def _keys_only(entries: Sequence[Entry], width: int) -> list[Line]:
    cells = [(f"[{entry.key}] {entry.label}", None) for entry in entries if entry.argv]
    return _flow([*cells, ("[h] help", None), ("[q] quit", None)], width, gap=2)


def _other_cell(entry: Entry) -> str:
    return f"  [{entry.key}] {entry.label:<13}{entry.hint if entry.argv else '(not there yet)'}".rstrip()


def _test_cell(entry: Entry, facts: Facts) -> Line:
    name = f"  [{entry.key}] {entry.label:<12}"
    if entry.label not in facts.totals:  # it has no number of its own: it runs what failed
        count = "-" if facts.failed is None else str(facts.failed)
        return [(name, None), (f"{count:>5}", Paint.BAD if facts.failed else None)]
    totals = facts.totals[entry.label]
    if totals is None:
        return [(name, None), (f"{'-':>5}{'never run':>13}", Paint.DIM)]
    bad: Line = [(f"  {totals.bad} FAIL", Paint.BAD)] if totals.bad else []
    return [(f"{name}{totals.ran:>5}{'~' + _span(totals.seconds):>8}", None), *bad]


def _span(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole}s" if whole < 100 else f"{whole // 60}m{whole % 60:02d}s"  # noqa: PLR2004 -- two digits of seconds


def _flow(pieces: Iterable[Piece], width: int, gap: int = 4) -> list[Line]:
    """The pieces beside each other, as many as fit into a line."""
    lines: list[list[Piece]] = []
    for text, paint in pieces:
        if lines and _length(lines[-1]) + gap + len(text) <= width:
            lines[-1] += [(" " * gap, None), (text, paint)]
        else:
            lines.append([(" ", None), (text, paint)])
    return list(lines)


def _length(line: Line) -> int:
    return sum(len(text) for text, _ in line)


def _cut(line: Line, width: int) -> Line:
    """Never wider than the window: a wrapped menu cannot be read. Two dots say that something was left out."""
    over = _length(line) > width
    room, kept = width - 2 if over else width, []
    for text, paint in line:
        kept.append((text[:room], paint))
        room = max(0, room - len(text))
    return [*kept, ("..", Paint.DIM)] if over else kept
