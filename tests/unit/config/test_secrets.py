"""Credentials come from the environment or a strict `.env`, and are never shown."""

import pickle
from pathlib import Path

import pytest

from risk_manager.config.secrets import NAMES, REQUIRED, Secret, load_secrets, read_env_file
from risk_manager.errors import ConfigInvalid

CANARY = "CANARY-4f1d"
TEMPLATE = Path(__file__).resolve().parents[3] / ".env.example"


def env_file(tmp_path: Path, text: str, mode: int = 0o600) -> Path:
    file = tmp_path / ".env"
    file.write_text(text)
    file.chmod(mode)
    return file


def complete(**other: str) -> dict[str, str]:
    return {name: f"{CANARY}-{name}" for name in REQUIRED} | other


def test_the_environment_alone_is_enough_and_wins_over_the_file(tmp_path: Path) -> None:
    file = env_file(tmp_path, "PROJECT_X_USERNAME=from the file\nPROJECTX_API_URL=https://gateway.example\n")
    found = load_secrets(file, complete(PROJECT_X_USERNAME="from outside"))
    assert found.username.reveal() == "from outside"
    assert found.api_url == "https://gateway.example"
    assert found.user_hub_url is None
    assert load_secrets(tmp_path / "none", complete()).account_name == f"{CANARY}-PROJECT_X_ACCOUNT_NAME"


def test_nothing_that_is_printed_holds_a_secret(tmp_path: Path) -> None:
    found = load_secrets(tmp_path / "none", complete())
    for text in (repr(found), str(found.api_key), f"{found.username}", repr([found.api_key])):
        assert CANARY not in text.replace(found.account_name, "")
    with pytest.raises(TypeError, match="not written"):
        pickle.dumps(Secret(CANARY))


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("PROJECT_X_API_KEY=abc", "abc"),
        ("export PROJECT_X_API_KEY=abc", "abc"),
        ("PROJECT_X_API_KEY=abc # mine", "abc"),
        ("PROJECT_X_API_KEY=a#b=c", "a#b=c"),
        ('PROJECT_X_API_KEY="a b # c"', "a b # c"),
        ("PROJECT_X_API_KEY='$HOME `id`' # not expanded", "$HOME `id`"),
        ("PROJECT_X_API_KEY=$HOME", "$HOME"),
    ],
)
def test_a_line_is_read_as_it_is_written(tmp_path: Path, line: str, value: str) -> None:
    assert read_env_file(env_file(tmp_path, f"# comment\n\n{line}\n")) == ({"PROJECT_X_API_KEY": value}, [])


def test_every_fault_of_the_file_is_told_without_its_values(tmp_path: Path) -> None:
    file = env_file(
        tmp_path,
        f"PROJECT_X_APIKEY={CANARY}\nPATH=/x\nPROJECT_X_API_KEY='{CANARY}\nnonsense {CANARY}\n"
        f"PROJECTX_API_URL={CANARY}\nPROJECTX_API_URL={CANARY}\n",
    )
    with pytest.raises(ConfigInvalid) as caught:
        load_secrets(file, complete())
    assert [(fault.place.line, fault.message) for fault in caught.value.faults if fault.place] == [
        (1, "is not a known name"),
        (2, "is not a known name"),
        (3, "has a quote that is not closed"),
        (4, "is not NAME=value"),
        (6, "is set twice"),
    ]
    assert "did you mean PROJECT_X_API_KEY?" in str(caught.value)
    assert CANARY not in str(caught.value)


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid) as caught:
        load_secrets(tmp_path / ".env", {"PROJECT_X_API_KEY": CANARY})
    assert [fault.key for fault in caught.value.faults] == ["PROJECT_X_USERNAME", "PROJECT_X_ACCOUNT_NAME"]
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_file_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    with pytest.raises(ConfigInvalid, match="may be read by others") as caught:
        load_secrets(env_file(tmp_path, "PROJECT_X_API_KEY=abc\n", mode), complete())
    assert "chmod 600" in str(caught.value)


def test_a_link_a_directory_and_a_foreign_encoding_are_refused(tmp_path: Path) -> None:
    real = env_file(tmp_path, "PROJECT_X_API_KEY=abc\n")
    link, latin = tmp_path / "link", tmp_path / "latin"
    link.symlink_to(real)
    latin.write_bytes(b"PROJECT_X_USERNAME=J\xfcrgen\n")
    latin.chmod(0o600)
    for file, says in ((link, "cannot be read"), (latin, "is not UTF-8"), (tmp_path, "cannot be read")):
        _, faults = read_env_file(file)
        assert says in faults[0].message


def test_the_template_names_every_variable_and_holds_no_value(tmp_path: Path) -> None:
    text = TEMPLATE.read_text()
    assert all(name in text for name in NAMES)
    found, faults = read_env_file(env_file(tmp_path, text))
    assert faults == []
    assert set(found.values()) == {""}
