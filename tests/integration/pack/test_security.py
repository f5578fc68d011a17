"""What runs listens to nobody, shows its files to nobody, and lets no secret out: on real processes."""

import json
import os
import secrets
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from tests.integration.daemon.programs import PROJECT, World, world

REPLS = {"aiomonitor", "aioconsole", "IPython", "pdb", "rlcompleter", "telnetlib", "idlelib"}
pytestmark = pytest.mark.integration


@pytest.fixture
def it(short_tmp):
    with world(short_tmp) as made:
        yield made


@pytest.fixture
def open_umask():
    """The umask most machines have: files would be 0644."""
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.fixture
def canary():
    return f"SECRET_CANARY_{secrets.token_hex(8)}"


def on_the_network(program):
    return list(psutil.Process(program.process.pid).net_connections(kind="inet"))


def readable_by_others(*roots):
    """Every file and directory below these that anybody but its owner may do anything with."""
    found = []
    for path in [inner for root in roots for inner in (root, *root.rglob("*"))]:
        mode = path.lstat().st_mode
        if stat.S_IMODE(mode) & 0o077 and not stat.S_ISLNK(mode):
            found.append(f"{path}: {stat.S_IMODE(mode):04o}")
    return found


def holding(text, *roots):
    """Every file below these that holds the text."""
    files = [path for root in roots for path in root.rglob("*") if path.is_file()]
    assert len(files) > 3, "there is something to look at"
    return [str(path) for path in files if text.encode() in path.read_bytes()]


def test_no_process_of_ours_listens_or_talks_on_a_network(it: World):
    """Not even on loopback: the exchange, the daemon and the operator's door are unix sockets."""
    exchange = it.exchange("breach")
    daemon = it.daemon("--canary")
    daemon.heard.checkpoint(8, phase="confirmed")
    for program in (exchange, daemon):
        assert on_the_network(program) == []
    listening = [each.laddr for each in psutil.Process(exchange.process.pid).net_connections(kind="unix") if each.laddr]
    assert str(it.socket) in listening, "what listens is seen by this test"


@pytest.mark.usefixtures("open_umask")
def test_after_boot_work_and_a_crash_every_file_is_its_owners_alone(it: World):
    it.exchange("breach")
    daemon = it.daemon("--canary")
    daemon.heard.checkpoint(5)
    roots = (it.data, it.log.parent, it.root / "ex")
    assert readable_by_others(*roots) == []
    daemon.heard.checkpoint(8, phase="confirmed")
    assert {path.suffix for path in it.data.rglob("*")} >= {".db-wal", ".db-shm"}, "the store is open"
    assert readable_by_others(*roots) == []
    assert stat.S_IMODE(it.socket.stat().st_mode) & 0o077 == 0, "nobody else may connect"
    daemon.kill()
    assert readable_by_others(*roots) == []
    again = it.daemon("--canary")
    again.heard.checkpoint(5)
    again.stop()
    assert readable_by_others(*roots) == []


ROTATE = """\
import logging, sys
from pathlib import Path
from risk_manager.core import logs
logs._ROTATE_BYTES = 2000
it = logs.Logs(Path(sys.argv[1]), level=logging.INFO, to_terminal=False)
it.allow_rotation()
for n in range(100):
    logging.getLogger("risk_manager").info("line %d of something that is long enough to rotate soon", n)
it.close()
"""


@pytest.mark.usefixtures("open_umask")
def test_after_a_rotation_every_log_is_its_owners_alone(tmp_path, run_program):
    ended = run_program([sys.executable, "-c", ROTATE, tmp_path / "logs"])
    assert ended.code == 0, ended.err
    assert len(list((tmp_path / "logs").iterdir())) > 6
    assert readable_by_others(tmp_path / "logs") == []


@pytest.mark.usefixtures("open_umask")
def test_what_the_pack_leaves_is_its_owners_alone(short_tmp, run_program):
    places = ("--reports-dir", short_tmp / "r", "--log-dir", short_tmp / "l")
    smoke = run_program([sys.executable, "-m", "runtime", "smoke", *places])
    assert smoke.code == 0, smoke.out + smoke.err
    env = run_program([sys.executable, "-m", "runtime", "env", *places[:2], "--save", short_tmp / "r" / "a.json"])
    assert env.code == 0, env.err
    assert readable_by_others(short_tmp / "r", short_tmp / "l") == []


def secret_environment(canary):
    return {
        "PROJECT_X_API_KEY": canary,
        "PROJECT_X_USERNAME": canary,
        "PROJECT_X_ACCOUNT_NAME": canary,
        "PROJECTX_API_URL": f"https://user:{canary}@127.0.0.1:1/",
        "PROJECTX_USER_HUB_URL": f"wss://{canary}:x@127.0.0.1:1/",
        "SOME_TOKEN": canary,
    }


def command_lines(pids):
    return [" ".join(psutil.Process(pid).cmdline()) for pid in pids]


def test_a_secret_of_the_daemons_environment_and_configuration_is_nowhere(it: World, canary):
    """Environment, a URL's userinfo, a comment of the configuration; logs, journal, ledger, words, /proc, messages."""
    config = it.root / "config"
    shutil.copytree(PROJECT / "config", config)
    with (config / "risk_config.yaml").open("a") as stream:
        stream.write(f"# {canary}\n")
    environ = secret_environment(canary)
    exchange = it.exchange("breach")
    daemon = it.daemon("--canary", "--config", config / "risk_config.yaml", env=environ)
    daemon.heard.checkpoint(8, phase="confirmed")
    assert canary not in " ".join(command_lines([daemon.process.pid, exchange.process.pid]))
    code, out, err = daemon.stop()
    assert code == 0
    assert canary not in out + err + str(daemon.heard.all)
    # what was applied is kept as it was written, comments and all: a copy of the file, in the private state
    elsewhere = [path for path in holding(canary, it.data, it.log.parent, it.root / "ex") if "/applied/" not in path]
    assert elsewhere == []
    assert readable_by_others(it.data) == []
    for command in (("journal", "--data-dir", it.data), ("journal", "--decisions", "--data-dir", it.data)):
        assert canary not in "".join(map(str, it.start(*command, env=environ).end()))


def test_a_secret_in_a_configuration_that_is_refused_is_not_repeated(it: World, canary):
    """A key that was put into YAML by mistake: the fault names the place, and the daemon's files do not hold it."""
    config = it.root / "config"
    shutil.copytree(PROJECT / "config", config)
    with (config / "accounts.yaml").open("a") as stream:
        stream.write(f"api_key: {canary}\n")
    code, out, err = it.daemon("--config", config / "risk_config.yaml", env=secret_environment(canary)).end()
    assert code == 3
    assert "api_key" in out + err
    assert canary not in out + err
    assert not [
        path
        for path in it.root.rglob("*")
        if path.is_file() and "config" not in path.parts and canary.encode() in path.read_bytes()
    ]


def test_a_daemon_that_crashes_leaves_no_secret_in_its_trace(it: World, canary):
    it.exchange("crash")
    code, out, err = it.daemon(env=secret_environment(canary)).end()
    assert code == 1
    assert '"CRITICAL"' in (it.log.parent / "events.jsonl").read_text(), "there is an error to look at"
    assert canary not in out + err
    assert holding(canary, it.data, it.log.parent) == []


@pytest.mark.parametrize("scenario", ["breach", "crash"])
def test_a_secret_is_in_no_report_and_no_word_of_the_pack(short_tmp, run_program, canary, scenario):
    places = ("--reports-dir", short_tmp / "r", "--log-dir", short_tmp / "l")
    environ = {
        **secret_environment(canary),
        "GITHUB_ACTIONS": "true",
        "GITHUB_STEP_SUMMARY": str(short_tmp / "r" / "s.md"),
    }
    (short_tmp / "r").mkdir()
    commands = (
        ("smoke", "--json", *places, "--scenario", scenario),
        ("env", "--json", "--judge", *places[:2], "--save", short_tmp / "r" / "env.json"),
        ("logs", "--json", *places[2:]),
    )
    for command in commands:
        ended = run_program([sys.executable, "-m", "runtime", *command], env=environ)
        assert canary not in ended.out + ended.err, command[0]
        json.loads(ended.out)
    assert holding(canary, short_tmp) == []


def sockets_of(*programs):
    """Every unix socket on which one of these listens."""
    found = [each.laddr for one in programs for each in psutil.Process(one.process.pid).net_connections(kind="unix")]
    return {Path(address) for address in found if address and Path(address).is_socket()}


def test_every_door_is_its_owners_alone_and_what_comes_out_of_it_holds_no_secret(it: World, run_program, canary):
    """The exchange's two, the operator's, the agent's; and the dumps of ASYNC_DEBUG, a trace, and their log."""
    environ = {**secret_environment(canary), "ASYNC_DEBUG": "1", "XDG_RUNTIME_DIR": str(it.root)}
    exchange = it.exchange("breach", "--observer-socket", it.root / "o.sock")
    daemon = it.daemon(env=environ)
    daemon.heard.checkpoint(5)
    doors = sockets_of(exchange, daemon)
    agent = it.root / f"rm-agent-{os.getuid()}" / f"{daemon.process.pid}.sock"
    assert {it.socket, it.root / "o.sock", agent} < doors, "and the operator's"
    both = doors | {path.parent for path in doors}
    assert {path: oct(path.stat().st_mode) for path in both if path.stat().st_mode & 0o077} == {}
    trace = run_program(
        [sys.executable, "-m", "runtime", "trace", daemon.process.pid, "--json", "--log-dir", it.log.parent],
        env=environ,
    )
    assert json.loads(trace.out)["services"][0]["snapshot"] is not None
    _, out, err = daemon.stop()
    assert "=== Async Task Dump" in err
    assert (it.log.parent / "runtime_trace.log").is_file()
    assert canary not in out + err + trace.out + trace.err
    assert holding(canary, it.data, it.log.parent, it.root / "ex") == []


def test_a_secret_is_in_no_page_of_a_soak_and_in_no_word_of_a_watch(short_tmp, run_program, canary):
    places = ("--reports-dir", short_tmp / "r", "--log-dir", short_tmp / "l")
    environ = secret_environment(canary)
    for command in (("soak", "--duration", "2"), ("watch", "--duration", "1", "--state-dir", short_tmp / "s")):
        ended = run_program([sys.executable, "-m", "runtime", *command, "--json", *places], env=environ)
        assert canary not in ended.out + ended.err, command[0]
        assert json.loads(ended.out)["schema"] == f"runtime.{command[0]}/1"
    assert list((short_tmp / "r").rglob("*.html")), "there is a page to look at"
    assert holding(canary, short_tmp) == []
    assert readable_by_others(short_tmp / "r", short_tmp / "l", short_tmp / "s") == []


@pytest.mark.parametrize("module", ["risk_manager", "runtime.agent"])
def test_no_repl_is_loaded_by_default(tmp_path, module):
    """Everything that a replay from boot to its end imports, also under the trace agent."""
    launcher = ["-m", "runtime.agent", "-m", "risk_manager"] if module == "runtime.agent" else ["-m", module]
    replay = PROJECT / "data" / "sessions" / "demo-calm.jsonl.gz"
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *launcher, "run", "--replay", replay, "--data-dir", tmp_path / "d",
         "--log-dir", tmp_path / "l"],
        cwd=PROJECT, env={**os.environ, "RISK_MANAGER_VENV_ENTERED": "1"}, capture_output=True, text=True, check=False,
        timeout=50,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if line.startswith("import time:")}
    assert "risk_manager.core.manager" in imported, "the imports are seen by this test"
    assert {name.partition(".")[0] for name in imported} & REPLS == set()
    assert Path(tmp_path / "l" / "risk_manager.log").is_file()
