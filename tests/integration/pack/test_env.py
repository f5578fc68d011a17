"""The environment snapshot as a process: what it prints, what a change of a package and of a value amounts to, and
that a secret is nowhere.
"""

import json
import os
from pathlib import Path

import jsonschema
import pytest

ROOT = Path(__file__).parents[3]
SCHEMAS = ROOT / "docs" / "reference" / "schemas"
CANARY = "SECRET_CANARY_7be10f93"
pytestmark = pytest.mark.integration


def schema(name):
    return json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))


@pytest.fixture
def installed(tiny):
    """`installed("1.0")`: a package of that version is on the path of the interpreter."""

    def install(version):
        place = tiny.root / "site"
        info = place / "somepackage.dist-info"
        info.mkdir(parents=True, exist_ok=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: somepackage\nVersion: {version}\n")
        return {"PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(place)])}

    return install


def test_the_sections_are_printed_and_taking_one_exits_0(tiny):
    ended = tiny.runtime("env")
    assert ended.code == 0
    wanted = ["=== Environment Snapshot ===", "System:", "Working Dir: ", "Dependencies:", "Environment Variables:",
              "Configuration:", "Resources:", "Memory Usage: ", "Disk Space: ", "Network:", "Internet: ",
              "=== End Snapshot ==="]  # fmt: skip
    places = [ended.out.find(text) for text in wanted]
    assert -1 not in places
    assert places == sorted(places)


def test_a_changed_package_and_a_changed_value_are_exactly_the_difference(tiny, installed):
    saved = tiny.runtime("env", "--save", "a.json", env=installed("1.0"))
    assert saved.code == 0
    jsonschema.validate(json.loads((tiny.root / "a.json").read_text()), schema("env"))
    text = (tiny.root / "config/service.yaml").read_text(encoding="utf-8")
    tiny.write("config/service.yaml", text.replace("smoke_s: 8", "smoke_s: 9"))
    ended = tiny.runtime("env", "--diff", "a.json", "--json", env=installed("2.0"))
    assert ended.code == 0
    jsonschema.validate(ended.json, schema("env-diff"))
    found = [(each["section"], each["name"], each["old"], each["new"]) for each in ended.json["differences"]]
    assert found == [
        ("Dependencies", "somepackage", "1.0", "2.0"),
        ("Configuration", "service.yaml deadlines.smoke_s", 8, 9),
    ]
    assert "Dependencies: somepackage: 1.0 -> 2.0" in ended.err


def test_the_environment_of_the_last_gate_that_passed_is_what_one_compares_with(tiny, installed):
    gate = (tiny.root / "config/gate.yaml").read_text(encoding="utf-8")
    stage = '  environment: {kind: command, argv: ["{python}", -m, runtime, env, --judge], timeout_s: 30}\n'
    text = gate.replace("stages:\n", f"stages:\n{stage}", 1).replace("[config, unit, smoke]", "[environment, unit]")
    tiny.write("config/gate.yaml", text)
    assert tiny.runtime("env", "--diff").code == 64, "nothing has passed yet"
    passed = tiny.gate("--profile", "quick", "--json", env=installed("1.0"))
    assert passed.code == 0, passed.err
    assert passed.json["stages"][0]["detail"].startswith("environment fine")
    ended = tiny.runtime("env", "--diff", "--json", env=installed("2.0"))
    assert [each["name"] for each in ended.json["differences"]] == ["somepackage"]
    judged = tiny.runtime("env", "--judge", "--json", env=installed("2.0"))
    assert judged.code == 0
    assert "ENV-001  Dependencies: somepackage: 1.0 -> 2.0" in judged.err
    assert [each["name"] for each in judged.json["since_last_pass"]] == ["somepackage"]
    jsonschema.validate(judged.json, schema("env"))


def test_a_broken_configuration_is_3_when_judged_and_0_when_only_taken(tiny):
    tiny.write("config/other.yaml", "a: [1\n")
    assert tiny.runtime("env").code == 0
    judged = tiny.runtime("env", "--judge", "--json")
    assert (judged.code, judged.json["verdict"]) == (3, "FAIL")
    assert "CFG-001" in judged.err


@pytest.mark.parametrize("arguments", [("a.json",), ("--diff", "nowhere.json"), ("--diff", "a", "b", "c")])
def test_files_that_cannot_be_compared_are_wrong_usage(tiny, arguments):
    assert tiny.runtime("env", *arguments).code == 64


def test_a_canary_is_in_no_output_no_saved_file_and_no_report(tiny):
    """In the environment, in .env, in a URL, in the configuration, and in the configuration's check that fails."""
    tiny.write(".env.example", "API_KEY=\nVENUE_URL=\n")
    tiny.write(".env", f"API_KEY={CANARY}\nVENUE_URL=https://me:{CANARY}@127.0.0.1:1\n")
    (tiny.root / ".env").chmod(0o600)
    tiny.write("config/other.yaml", f"token: {CANARY}\nnote: {CANARY}\n")
    tiny.write("check.py", f"import sys; sys.exit('{CANARY}')")
    secrets = {"API_KEY": CANARY, "OTHER_TOKEN": CANARY, "RUNTIME_CANARY": CANARY, "HTTPS_PROXY": f"http://{CANARY}@x"}
    runs = [
        tiny.runtime("env", *more, env=secrets)
        for more in ((), ("--json", "--save", "a.json"), ("--judge",), ("--diff", "a.json"), ("--judge", "--json"))
    ]
    for ended in runs:
        assert CANARY not in ended.out + ended.err
    written = [path for path in (tiny.root / "data").rglob("*") if path.is_file()]
    assert len(written) >= 5
    for path in [*written, tiny.root / "a.json"]:
        assert CANARY.encode() not in path.read_bytes(), path
        assert (path.stat().st_mode & 0o777) == 0o600, path
