"""YAML is read with the place of every value, and never silently changed."""

import os
from pathlib import Path

import pytest
import yaml

from service_contract import yaml_lines
from service_contract.yaml_lines import Fault, Place, YamlFaults, examine, examine_text, load, loads

ALL = """\
text: plain words
quoted: "NO"
date: 2025-11-18
int: -12
float: -900.50
flag: true
nothing:
list: [a, {b: 1}]
"""


def messages(text: str) -> list[str]:
    return [str(fault) for fault in examine_text(text)[1]]


def test_values_are_plain_and_dates_stay_text() -> None:
    assert loads(ALL).value == {
        "text": "plain words",
        "quoted": "NO",
        "date": "2025-11-18",
        "int": -12,
        "float": -900.5,
        "flag": True,
        "nothing": None,
        "list": ["a", {"b": 1}],
    }


def test_every_value_and_key_knows_its_place() -> None:
    document = loads(ALL)
    assert document.place(("float",)) == Place(5, 8, "float: -900.50")
    assert document.key_place(("float",)) == Place(5, 1, "float: -900.50")
    assert document.place(("list", 1, "b")) == Place(8, 15, "list: [a, {b: 1}]")


def test_what_is_not_there_is_placed_at_the_nearest_thing_that_is() -> None:
    document = loads("a:\n  b:\n    c: 1\n  d:\n    - e: 1\n")
    assert document.place(("a", "b", "x", "y")) == Place(3, 5, "    c: 1")
    assert document.key_place(("a", "b", "x")) == Place(2, 3, "  b:")
    assert document.key_place(("a", "d", 0, "x")) == Place(5, 7, "    - e: 1")


def test_a_decimal_remembers_how_it_was_written() -> None:
    assert loads("x: -900.50\ny: 1e3\n").decimals == {("x",): "-900.50", ("y",): "1e3"}


@pytest.mark.parametrize("loader", ["CSafeLoader", "SafeLoader"])
def test_libyaml_and_pyyaml_give_the_same(loader: str, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = loads(ALL)
    monkeypatch.setattr(yaml_lines, "_FAST_LOADER", getattr(yaml, loader))
    assert loads(ALL) == expected


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("NO", "true or false"),
        ("off", "true or false"),
        ("y", "true or false"),
        ("1:30", "base 60"),
        ("08:30:00", "base 60"),
        ("0777", "octal"),
        ("0x1F", "not a plain decimal number"),
        (".nan", "not a finite number"),
        ("-.inf", "not a finite number"),
        ("1e999", "not a finite number"),
        ("1_000", "underscores"),
        ("9" * 31, "a number of 31 characters"),
    ],
)
def test_a_trap_is_refused_where_it_stands_and_accepted_in_quotes(text: str, says: str) -> None:
    (message,) = messages(f"a:\n  b: {text}\n")
    assert message.startswith("<text>:2:6: a.b: ")
    assert says in message
    assert loads(f'a: "{text}"').value == {"a": text}


def test_digits_of_other_scripts_are_text_and_not_numbers() -> None:
    assert loads("a: \N{ARABIC-INDIC DIGIT ONE}\nb: \N{FULLWIDTH DIGIT TWO}\n").value == {
        "a": "\N{ARABIC-INDIC DIGIT ONE}",
        "b": "\N{FULLWIDTH DIGIT TWO}",
    }


def test_all_faults_are_found_at_once_in_order_and_the_rest_is_still_there() -> None:
    document, faults = examine_text("a: 1\nb: NO\na: 2\nc: {d: 0777, e: 5}\n")
    assert [(fault.key, fault.place.line) for fault in faults if fault.place] == [("b", 2), ("a", 3), ("c.d", 4)]
    assert document is not None
    assert document.value == {"a": 1, "b": None, "c": {"d": None, "e": 5}}
    assert document.refused == {("b",), ("c", "d")}


def test_load_gives_nothing_where_anything_is_wrong(tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_text("a: 1\nb: NO\n")
    with pytest.raises(YamlFaults) as caught:
        load(file)
    assert str(caught.value).startswith(f"{file}:2:4: b: ")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: &x 1\nb: *x\n", "anchors and aliases"),
        ("a: !!python/object:os.system x\n", "tags"),
        ("%YAML 1.1\n---\na: 1\n", "directives"),
        ("[" * 5000, "nested deeper"),
        ("- " * 5000, "nested deeper"),
        ("a: b: c\n", "not valid YAML"),
        ("a: 1\n---\nb: 2\n", "a single document"),
        ("? [a, b]\n: 1\n", "a key must be plain text"),
        ("a:\n\tb: 1\n", "cannot start any token"),
        ("a: \0\n", "U+0000"),
        ("", "is empty"),
        ("# only\n", "is empty"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_one_line(text: str, says: str) -> None:
    found = messages(text)
    assert any(says in message for message in found)
    assert not any("\n" in message for message in found)


def test_the_caret_stands_under_the_column_also_behind_tabs_and_in_very_long_lines() -> None:
    assert Place(1, 3, "\tab").pointed_at() == ("\tab", "\t ^")
    text, caret = Place(1, 5001, "x" * 5000 + "y" + "z" * 5000).pointed_at()
    assert text[caret.index("^")] == "y"
    assert len(text) < 200


def test_no_fault_breaks_a_line_or_repaints_the_terminal() -> None:
    fault = Fault(Path("f"), Place(1, 1, "\x1b[31mred"), "a\nb", "m\r", "v\x1b[0m", "r\n")
    explained = fault.explain()
    assert "\x1b" not in explained
    assert "\r" not in explained
    assert len(explained.splitlines()) == 4


def test_a_file_that_cannot_be_had_says_why(tmp_path: Path) -> None:
    def says(path: Path) -> str:
        document, faults = examine(path, max_bytes=100, template="config/x.yaml")
        assert document is None
        return "\n".join(fault.explain() for fault in faults)

    big, latin, fifo = tmp_path / "big.yaml", tmp_path / "latin.yaml", tmp_path / "fifo"
    big.write_text("a: " + "x" * 200)
    latin.write_bytes(b"a: 1\nb: f\xfcr\n")
    os.mkfifo(fifo)
    assert "copy config/x.yaml from the distribution" in says(tmp_path / "none.yaml")
    assert "is a directory" in says(tmp_path)
    assert "is larger than 100 bytes" in says(big)
    assert f"{latin}:2:5: is not UTF-8" in says(latin)
    assert "is not a plain file" in says(fifo)
    assert "cannot be read" in says(big / "inside.yaml")


def test_a_byte_order_mark_is_not_part_of_the_first_key(tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_bytes(b"\xef\xbb\xbfa: 1\n")
    assert load(file).value == {"a": 1}
