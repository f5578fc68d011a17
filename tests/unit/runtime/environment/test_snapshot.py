"""What a snapshot holds, what is a difference, how it is judged, and what is never in it."""

import json
import socket
import subprocess
import sys
import threading
from dataclasses import replace
from email.utils import formatdate
from urllib.parse import urlsplit

import msgspec
import pytest

from runtime.environment import snapshot as environment
from runtime.environment.probes import SECTIONS, files, instances, network, power, resources, sqlite, variables
from runtime.environment.probes.item import Context, State, is_secret_name, without_userinfo
from runtime.environment.snapshot import SnapshotInvalid, compare, judge, keep, keep_as_passed, load, save, take
from service_contract.exit_codes import ExitCode

CANARY = "SECRET_CANARY_4f9a1c77"


@pytest.fixture
def look(tmp_path, contract):
    """`look(env={...}, venue="real")`: the context of a small project."""
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "accounts.yaml").write_text("accounts:\n  one: {limit: -900, note: mine}\n")
    (tmp_path / ".env.example").write_text("# names\nAPI_KEY=\n# VENUE_URL=\n")

    def make(env=None, venue="simulated", salt=b"s"):
        env_file = variables.read_env_file(tmp_path)
        return Context(tmp_path, contract, None, env or {}, {"venue": venue}, salt, tmp_path / "data", env_file)

    return make


@pytest.fixture
def snap(tmp_path, contract, look):
    """`snap(env={...})`: a whole snapshot of that project."""
    look()

    def make(env=None, venue="simulated", reports=tmp_path / "reports"):
        return take(
            project=tmp_path, reports=reports, contract=contract, gate=None, environ=env or {}, chosen={"venue": venue}
        )

    return make


def by_name(items):
    return {item.name: item for item in items}


def test_a_snapshot_has_every_section_of_the_specification(snap):
    assert list(snap().sections) == [title for title, _ in SECTIONS]
    for wanted in ("System", "Dependencies", "Environment Variables", "Configuration", "Resources", "Network"):
        assert snap().sections[wanted]


def test_a_snapshot_comes_back_from_its_file_which_only_its_owner_may_read(snap, tmp_path):
    taken = snap()
    file = tmp_path / "a.json"
    save(taken, file)
    assert load(file) == taken
    assert (file.stat().st_mode & 0o777) == 0o600
    assert ((tmp_path / "reports/env/salt").stat().st_mode & 0o777) == 0o600


@pytest.mark.parametrize("text", ["", "{", "{}", '{"schema": "other"}'])
def test_a_file_that_is_no_snapshot_is_refused_with_its_name(tmp_path, text):
    file = tmp_path / "b.json"
    file.write_text(text)
    with pytest.raises(SnapshotInvalid, match=r"b\.json"):
        load(file)


def test_nothing_that_moves_by_itself_is_a_difference(snap):
    assert compare(snap(), snap()) == []


def test_a_changed_value_of_the_configuration_is_one_difference_with_its_name(snap, tmp_path):
    old = snap()
    (tmp_path / "config" / "accounts.yaml").write_text("accounts:\n  one: {limit: -800, note: mine}\n")
    (each,) = compare(old, snap())
    assert (each.section, each.name, each.old, each.new) == (
        "Configuration", "accounts.yaml accounts.one.limit", -900, -800
    )  # fmt: skip


def test_a_changed_comment_is_a_difference_of_the_file(snap, tmp_path):
    old = snap()
    with (tmp_path / "config" / "accounts.yaml").open("a") as stream:
        stream.write("# a word\n")
    (each,) = compare(old, snap())
    assert each.name == "accounts.yaml"


def test_a_changed_secret_is_a_difference_that_does_not_show_it(snap):
    differences = compare(snap({"API_KEY": CANARY}), snap({"API_KEY": CANARY[::-1]}))
    assert [each.name for each in differences] == ["API_KEY"]
    assert CANARY not in str(differences)
    assert CANARY[::-1] not in str(differences)


def test_secrets_of_two_salts_are_compared_as_set_or_not_only(snap, tmp_path):
    mine, theirs = snap({"API_KEY": "one"}), snap({"API_KEY": "two"}, reports=tmp_path / "elsewhere")
    assert mine.salt != theirs.salt
    assert compare(mine, theirs) == []
    assert [each.name for each in compare(mine, snap(reports=tmp_path / "elsewhere"))] == ["API_KEY"]


def test_what_appeared_and_what_is_gone_are_differences(snap, tmp_path):
    old = snap()
    (tmp_path / "config" / "new.yaml").write_text("a: 1\n")
    gone, came = compare(snap(), old), compare(old, snap())
    assert {(each.name, each.old is None) for each in came} == {("new.yaml", True), ("new.yaml a", True)}
    assert {(each.name, each.new is None) for each in gone} == {("new.yaml", True), ("new.yaml a", True)}


@pytest.mark.parametrize(
    "name", ["API_KEY", "SOME_TOKEN", "VENUE_URL", "ANIMAL_SCENARIO", "ANIMAL_OTHER", "PATH", "HOME"]
)
def test_a_canary_in_any_variable_is_nowhere(snap, name):
    assert CANARY not in msgspec.json.encode(snap({name: CANARY})).decode()


@pytest.mark.parametrize("name", ["VENUE_URL", "LANG", "RUNTIME_SERVICE"])
def test_a_canary_in_a_url_is_nowhere(snap, name):
    text = msgspec.json.encode(snap({name: f"https://me:{CANARY}@venue.example/x"})).decode()
    assert CANARY not in text


def test_a_canary_in_a_file_is_nowhere(snap, tmp_path):
    (tmp_path / ".env").write_text(f"API_KEY={CANARY}\nOTHER={CANARY}\n")
    (tmp_path / ".env").chmod(0o600)
    (tmp_path / "config" / "accounts.yaml").write_text(f"accounts: {{one: {{password: {CANARY}, pin: 91827364}}}}\n")
    (tmp_path / "config" / "broken.yaml").write_text(f"a: [{CANARY}\n b: {CANARY}: {CANARY}\n")
    taken = snap()
    text = msgspec.json.encode(taken).decode()
    assert CANARY not in text
    assert "91827364" not in text
    assert by_name(taken.sections["Configuration"])["broken.yaml"].state == "fault"
    assert by_name(taken.sections["Environment Variables"])["API_KEY"].value.startswith("in .env, fingerprint ")


def test_a_canary_in_the_name_of_a_directory_is_taken_out(tmp_path, contract):
    project = tmp_path / CANARY
    (project / "config").mkdir(parents=True)
    taken = take(
        project=project, reports=tmp_path / "r", contract=contract, gate=None, environ={"MY_TOKEN": CANARY}, chosen={}
    )
    assert CANARY not in msgspec.json.encode(taken).decode()


@pytest.mark.parametrize("name", ["PROJECT_X_API_KEY", "db_password", "GITHUB_TOKEN", "LOGIN", "X_AUTH"])
def test_names_that_sound_like_a_secret_are_known(name):
    assert is_secret_name(name)
    assert not is_secret_name("LANG")


def test_userinfo_is_taken_out_of_a_url():
    assert without_userinfo("wss://me:pw@host:1/x and http://plain") == "wss://***@host:1/x and http://plain"


def test_a_known_choice_of_an_option_is_shown_and_any_other_value_is_not(look):
    shown = by_name(variables.probe(look({"ANIMAL_SCENARIO": "calm"})))["ANIMAL_SCENARIO"].value
    assert shown == "calm"
    assert by_name(variables.probe(look({"ANIMAL_SCENARIO": "x"})))["ANIMAL_SCENARIO"].value.startswith("set, finger")


def test_an_env_file_that_others_may_read_is_a_fault(look, tmp_path):
    (tmp_path / ".env").write_text("API_KEY=x\n")
    (tmp_path / ".env").chmod(0o640)
    item = by_name(files.probe(look()))[".env"]
    assert (item.state, item.cause) == (State.FAULT, "CFG-001")


def test_the_number_of_accounts_is_told(look):
    assert "1 account configured" in by_name(files.probe(look()))["accounts.yaml"].text


@pytest.mark.parametrize(
    ("version", "faulty"),
    [
        ("3.6.23", False), ("3.7.0", True), ("3.40.1", True), ("3.44.5", True), ("3.44.6", False), ("3.50.4", True),
        ("3.50.7", False), ("3.51.2", True), ("3.51.3", False), ("3.54.1", False),
    ],
)  # fmt: skip
def test_the_versions_of_sqlite_with_the_wal_reset_fault_are_known(version, faulty):
    assert sqlite.has_wal_reset_fault(tuple(map(int, version.split(".")))) is faulty


def test_a_data_directory_that_cannot_be_written_is_a_fault(tmp_path):
    (tmp_path / "file").write_text("")
    item = resources.fsync(tmp_path / "file" / "data")
    assert (item.state, item.cause) == (State.FAULT, "DISK-001")
    assert resources.fsync(tmp_path / "data").state is not State.FAULT
    assert list((tmp_path / "data").iterdir()) == []


def test_on_the_simulated_venue_nothing_outside_is_asked_and_the_reason_is_said(look):
    for item in (*network.probe(look()), *power.probe(look())):
        assert item.state is State.SKIP
        assert item.text.startswith("SKIP: ")


def test_without_an_address_the_venue_is_unknown_and_never_fine(look):
    found = by_name(network.probe(look(venue="real")))
    assert found["Venue"].state is State.UNKNOWN
    assert found["Clock offset"].state is State.UNKNOWN


class Venue:
    """Answers one HEAD on loopback with a clock that is so many seconds off."""

    def __init__(self, off_s):
        self.server = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://me:{CANARY}@127.0.0.1:{self.server.getsockname()[1]}/"
        self.off_s = off_s
        self.thread = threading.Thread(target=self.answer)
        self.thread.start()

    def answer(self):
        now_s = environment.utc_now().timestamp()
        with self.server, self.server.accept()[0] as stream:
            stream.recv(1000)
            stream.sendall(f"HTTP/1.1 200 OK\r\nDate: {formatdate(now_s + self.off_s, usegmt=True)}\r\n\r\n".encode())


@pytest.mark.parametrize(("off_s", "state"), [(0, State.OK), (90, State.FAULT)])
def test_the_configured_venue_is_reached_and_the_clock_compared_with_its_own(look, off_s, state):
    venue = Venue(off_s)
    found = by_name(network.probe(look({"VENUE_URL": venue.url}, venue="real")))
    venue.thread.join()
    assert found["Venue 127.0.0.1"].state is State.OK
    assert found["Clock offset"].state is state
    assert CANARY not in str(found)


def test_a_venue_that_does_not_answer_is_a_fault(look):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    found = by_name(network.probe(look({"VENUE_URL": f"https://127.0.0.1:{port}"}, venue="real")))
    assert (found["Venue 127.0.0.1"].state, found["Venue 127.0.0.1"].cause) == (State.FAULT, "NET-001")


@pytest.mark.parametrize("address", ["file:///etc/passwd", "nonsense", "ftp://127.0.0.1"])
def test_only_addresses_of_a_venue_are_contacted(address):
    with pytest.raises(ValueError, match="not an address of a venue"):
        network.ask(urlsplit(address))


def test_another_instance_is_found_by_its_program_and_its_arguments_stay_hidden(look, contract):
    words = ("-c", "import signal; signal.pause()", "run")
    running = replace(contract, argv=("{python}", *words, "--token", CANARY))
    assert instances.signature(running) == list(words)
    assert instances.instances(running) == []
    process = subprocess.Popen([sys.executable, *words, "--token", CANARY])
    try:
        context = replace(look(venue="real"), contract=running)
        found = by_name(instances.probe(context))["Instances"]
        assert (found.value, found.state, found.cause) == (1, State.FAULT, "INST-001")
        assert f"pid {process.pid} " in found.text
        assert CANARY not in found.text
    finally:
        process.kill()
        process.wait()


def test_a_program_that_cannot_be_told_from_others_has_no_instances(contract):
    assert instances.signature(contract) == []
    assert instances.instances(contract) == []


def item(state, cause="", value="x"):
    return environment.SavedItem("thing", value, state, "", cause)


@pytest.mark.parametrize(
    ("items", "code"),
    [
        ([], ExitCode.SUCCESS),
        ([item("ok"), item("warning", "SQL-007"), item("skip")], ExitCode.SUCCESS),
        ([item("unknown", "NET-001")], ExitCode.STALLED),
        ([item("unknown", "NET-001"), item("fault", "CFG-001")], ExitCode.CONFIG_ERROR),
        ([item("fault", "NET-001")], ExitCode.API_ERROR),
        ([item("fault", "DEP-002")], ExitCode.DEPENDENCY_ERROR),
        ([item("fault", "DISK-001")], ExitCode.EXCEPTION),
    ],
)
def test_a_fault_fails_what_cannot_be_told_is_unknown_and_a_warning_is_only_told(snap, items, code):
    assert judge(msgspec.structs.replace(snap(), sections={"S": items})).code is code


def test_the_snapshot_under_which_the_gate_passed_is_kept(snap, tmp_path):
    reports = tmp_path / "reports"
    assert keep_as_passed(reports) is False
    first = snap()
    keep(first, reports)
    assert keep_as_passed(reports)
    assert load(reports / environment.LAST_PASS) == first
    assert json.loads((reports / "env" / first.run / "result.json").read_text())["schema"] == environment.SCHEMA
    assert [each.name for each in (reports / "env" / first.run).iterdir()] == ["result.json"]
