"""The laws of this tree that no linter knows, each with the reason it stands. A law names file and line of each breach.

Laws about imports are in pyproject.toml (`make lint` holds them); laws about documents in test_tidy_docs.py.
"""

import ast
import re
import subprocess
import tomllib
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from importlib.metadata import version
from itertools import chain
from pathlib import Path

import pytest
import yaml

from risk_manager import errors
from risk_manager.checkpoints import EIGHT
from risk_manager.rules import BY_KEY, RULES
from service_contract.dependencies import REQUIRED, _numbers

ROOT = Path(__file__).resolve().parent.parent
PURE = ("src/risk_manager/domain/", "src/risk_manager/rules/")
IMPURE_MODULES = {
    "apsw", "asyncio", "builtins", "concurrent", "ctypes", "datetime", "decimal", "fractions", "io", "logging",
    "loguru", "multiprocessing", "os", "pathlib", "random", "secrets", "select", "selectors", "shutil", "signal",
    "socket", "sqlite3", "ssl", "subprocess", "sys", "tempfile", "threading", "time", "uuid", "zoneinfo",
}  # fmt: skip
IMPURE_CALLS = {"open", "print", "input", "exec", "eval", "__import__", "float", "round"}

# Where an error of any kind is caught on purpose; the reason stands on the line itself.
BROAD_EXCEPT_FILES = {
    "src/risk_manager/domain/decide.py",  # a rule that fails is an unknown answer
    "src/risk_manager/core/engine.py",  # a broken observer must not hurt the engine
    "src/risk_manager/core/alerts/courier.py",  # whatever a channel does wrong must not end its thread
    "src/risk_manager/core/alerts/observer.py",  # it looks beside the engine, whose service would end with it
    "src/risk_manager/core/alerts/pager.py",  # nobody would be paged any more if its thread ended
    "src/risk_manager/sdk/simulated/server.py",  # asyncio would drop what a callback raises; it stops the exchange
    "src/runtime/checks/__init__.py",  # a check that fails proves nothing, and the run goes on
    "src/runtime/tracing/debug_dumps.py",  # as server.py
    "src/runtime/tracing/server.py",  # a look at a moving process may fail anywhere, and must not hurt it
    "src/runtime/observing/session.py",  # what was started is killed before the interruption goes on
}
MAX_FILE_LINES = 350
MAX_FUNCTION_LINES = 60

Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def tracked() -> tuple[str, ...]:
    """Every file that is or would be committed."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.check_output(command, cwd=ROOT, text=True).split("\0")
    return tuple(sorted({name for name in listed if name and (ROOT / name).is_file()}))


@cache
def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8", errors="replace")  # some fixtures are broken on purpose


def texts() -> Iterator[str]:
    """Tracked files that people write; recorded sessions and databases are not text."""
    kinds = {".py", ".sh", ".md", ".yml", ".yaml", ".toml", ".lock", ".json", ".cfg", ".example", ".service", ""}
    return (name for name in tracked() if Path(name).suffix in kinds)


@cache
def tree(name: str) -> ast.Module:
    return ast.parse(text(name), name)


def python(*folders: str) -> list[str]:
    return [name for name in tracked() if name.endswith(".py") and name.startswith(folders)]


def breaches(names: Iterable[str], judge: Callable[[ast.AST], str | None]) -> list[str]:
    """`file:line: what` for each node that the judge complains about."""
    found = []
    for name in names:
        for node in ast.walk(tree(name)):
            what = judge(node)
            if what:
                found.append(f"{name}:{getattr(node, 'lineno', 1)}: {what}")
    return found


def expect_none(found: Iterable[object]) -> None:
    """Fails with every breach on a line of its own."""
    listed = [f"{each}: {found[each]}" if isinstance(found, dict) else str(each) for each in found]
    assert not listed, "\n" + "\n".join(listed)


def imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module] if isinstance(node, ast.ImportFrom) and node.module else []


def called(node: ast.AST) -> str:
    return ast.unparse(node.func) if isinstance(node, ast.Call) else ""


def functions(names: Iterable[str]) -> Iterator[tuple[str, Function]]:
    for name in names:
        for node in ast.walk(tree(name)):
            if isinstance(node, Function):
                yield name, node


# The pure core


def test_the_pure_core_holds_no_float_and_divides_nothing_into_one():
    """Prices are ticks and money is mils; one float among them and two replays may differ by a cent."""

    def judge(node):
        if isinstance(node, ast.Constant) and isinstance(node.value, float):
            return f"float constant {node.value!r}"
        if isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div):
            return "true division gives a float: use //"
        if isinstance(node, ast.arg | ast.AnnAssign) and node.annotation is not None:
            return "annotated float" if "float" in ast.unparse(node.annotation) else None
        return None

    expect_none(breaches(python(*PURE), judge))


def test_the_pure_core_imports_no_clock_no_chance_and_no_input_or_output():
    """What decides must give the same answer in a replay, so it may know nothing but its arguments."""

    def judge(node):
        foreign = [module for module in imported(node) if module.split(".")[0] in IMPURE_MODULES]
        return f"imports {foreign[0]}" if foreign else None

    expect_none(breaches(python(*PURE), judge))


def test_the_pure_core_waits_for_nothing_and_says_nothing():
    """No await, no print, no file: acting on a decision is somebody else's job."""

    def judge(node):
        if isinstance(node, ast.AsyncFunctionDef | ast.Await | ast.AsyncFor | ast.AsyncWith):
            return "asynchronous"
        return f"calls {called(node)}" if called(node) in IMPURE_CALLS else None

    expect_none(breaches(python(*PURE), judge))


def test_the_pure_core_keeps_nothing_between_calls():
    """All memory is in the account's state, so that it is persisted and replayed: no global is ever assigned."""

    def judge(node):
        return "global or nonlocal" if isinstance(node, ast.Global | ast.Nonlocal) else None

    expect_none(breaches(python(*PURE), judge))


# Time, chance, processes


@pytest.mark.parametrize(
    ("package", "reader"),
    [("src/risk_manager/", "src/risk_manager/clock.py"), ("src/runtime/", "src/runtime/clocks.py")],
)
def test_only_one_file_of_each_package_reads_a_clock(package, reader):
    """Time is handed in, so that a replay and a test can hand in another."""

    def judge(node):
        if "time" in imported(node):
            return "imports time"
        clock = called(node).endswith((".now", ".utcnow", ".today"))
        return f"reads a clock: {called(node)}" if clock else None

    expect_none(breaches([name for name in python(package) if name != reader], judge))


def test_no_source_draws_from_the_shared_random_generator():
    """Chance is a `Random` made from a printed seed, or `secrets` for names that must not be guessed."""

    def judge(node):
        shared = re.fullmatch(r"random\.(?!Random\b)\w+", called(node))
        return f"draws without a seed: {called(node)}" if shared else None

    expect_none(breaches(python("src/", "benchmarks/", "tests/"), judge))


def test_only_the_files_made_for_it_start_programs():
    """Reaping, deadlines and killing whole groups are hard to get right; `make sample` calls pip, alerts a program."""
    starters = {
        "src/runtime/observing/process.py",
        "src/runtime/observing/foreground.py",
        "src/risk_manager/sdk/sessions/sample.py",
        "src/risk_manager/core/alerts/command.py",
    }

    def judge(node):
        starts = re.search(
            r"(^|\.)(create_subprocess_\w+|Popen|check_output|posix_spawn|os\.system|fork)$", called(node)
        )
        return f"starts a program: {called(node)}" if starts or called(node).startswith("subprocess.") else None

    expect_none(breaches([name for name in python("src/") if name not in starters], judge))


def test_the_pack_cannot_emit_what_it_checks():
    """A checker that can send a checkpoint can prove anything."""

    def judge(node):
        name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
        names = [name, *(alias.name for alias in node.names)] if isinstance(node, ast.ImportFrom) else [name]
        emitters = [each for each in names if each.startswith("encode_")]
        return f"uses {emitters[0]}" if emitters else None

    expect_none(breaches(python("src/runtime/"), judge))


# Errors


def test_an_error_of_any_kind_is_caught_only_where_it_is_listed_and_why_is_said():
    """A broad except hides the next bug; the list only ever shrinks without a discussion."""
    found = set()
    for name in python("src/", "benchmarks/", "scripts/", "run_tests.py"):
        lines = text(name).splitlines()
        for node in ast.walk(tree(name)):
            if isinstance(node, ast.ExceptHandler) and _is_broad(node):
                line = lines[node.lineno - 1]
                assert re.search(r"#.*\w+ \w+ \w+", line), f"{name}:{node.lineno}: no reason on the line: {line}"
                found.add(name)
    assert found == BROAD_EXCEPT_FILES, found ^ BROAD_EXCEPT_FILES


def _is_broad(handler: ast.ExceptHandler) -> bool:
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(each is None or ast.unparse(each) in {"Exception", "BaseException"} for each in caught)


def test_no_error_is_swallowed():
    """An except block that only passes on loses the one sentence that would have explained the failure."""

    def judge(node):
        if isinstance(node, ast.ExceptHandler) and all(isinstance(each, ast.Pass | ast.Continue) for each in node.body):
            return f"except {ast.unparse(node.type) if node.type else ''}: nothing"
        if called(node) in {"suppress", "contextlib.suppress"} and any(
            ast.unparse(each) in {"Exception", "BaseException"} for each in node.args
        ):
            return "suppresses every error"
        return None

    expect_none(breaches(python("src/", "scripts/", "run_tests.py"), judge))


def test_no_source_checks_with_assert():
    """`python -O` removes assertions; a check that matters raises."""

    def judge(node):
        return "assert" if isinstance(node, ast.Assert) else None

    expect_none(breaches(python("src/"), judge))


def test_every_error_class_stands_in_the_tree_at_the_top_of_its_file_with_its_exit_code():
    drawn = dict(re.findall(r"(?:├──|└──) (\w+)\s+(\d+)", errors.__doc__))
    classes = {
        name: str(int(each.exit_code))
        for name, each in vars(errors).items()
        if isinstance(each, type) and issubclass(each, errors.RiskManagerError) and each is not errors.RiskManagerError
    }
    assert drawn == classes


def test_every_error_class_stands_under_its_base_in_the_tree():
    stack: list[str] = []
    for line in errors.__doc__.splitlines():
        found = re.match(r"(?P<indent>[│ ]*)(?:├──|└──) (?P<name>\w+)", line)
        if not found:
            continue
        depth = len(found["indent"]) // 4
        stack[depth:] = [found["name"]]
        base = stack[depth - 1] if depth else "RiskManagerError"
        assert getattr(errors, found["name"]).__bases__ == (getattr(errors, base),), found["name"]


def test_no_package_of_ours_raises_a_bare_exception():
    """The class of an error is its policy: retry or not, and which exit code."""

    def judge(node):
        if isinstance(node, ast.Raise) and node.exc is not None:
            name = called(node.exc) or ast.unparse(node.exc)
            return f"raises {name}" if name in {"Exception", "BaseException"} else None
        return None

    expect_none(breaches(python("src/"), judge))


# Registries


@pytest.mark.parametrize("key", BY_KEY)
def test_every_rule_has_a_file_a_test_a_row_in_the_reference_and_a_block_in_the_configuration(key):
    """What a new rule consists of; this names whichever part is missing."""
    missing = [
        name for name in (f"src/risk_manager/rules/{key}.py", f"tests/unit/rules/test_{key}.py") if not exists(name)
    ]
    page = "docs/reference/rules.md"
    if not exists(page) or not any(f"| `{key}` |" in line for line in text(page).splitlines()):
        missing.append(f"a row in {page}")
    shipped = "config/risk_config.yaml"
    if not exists(shipped) or key not in (yaml.safe_load(text(shipped)).get("rules") or {}):
        missing.append(f"a block in {shipped}")
    expect_none(missing)


def test_every_rule_file_is_in_the_registry():
    """A rule that is not registered looks like protection and is none."""
    modules = {each.check.__module__.rpartition(".")[2] for each in RULES}
    files = {Path(name).stem for name in python("src/risk_manager/rules/") if "RULE = RuleDefinition(" in text(name)}
    assert files == modules
    assert [each.key for each in RULES] == list(BY_KEY), "keys are unique"
    assert len({each.number for each in RULES}) == len(RULES), "numbers are unique"


def test_the_configuration_names_no_rule_that_does_not_exist():
    assert set(yaml.safe_load(text("config/risk_config.yaml"))["rules"]) == set(BY_KEY)


def test_the_eight_checkpoints_are_the_same_in_the_daemon_and_in_the_contract_of_the_pack():
    """The pack judges by service.yaml; the daemon emits by checkpoints.py; neither may import the other."""
    declared = yaml.safe_load(text("config/service.yaml"))["checkpoints"]
    assert [(each["n"], each["name"]) for each in declared] == [(each.n, each.name) for each in EIGHT]
    assert [each.n for each in EIGHT] == list(range(1, 9))
    for contract, emitted in zip(declared, EIGHT, strict=True):
        fixed = emitted.line.partition("{")[0].strip()
        assert contract["log"].partition("{")[0].strip() == fixed, emitted.name


def exists(name: str) -> bool:
    return (ROOT / name).is_file()


# Dependencies


def test_the_program_checks_for_exactly_the_packages_that_pyproject_requires():
    """The check must work without any of them, so the table is written twice."""
    required = tomllib.loads(text("pyproject.toml"))["project"]["dependencies"]
    table = dict(re.fullmatch(r"([\w.-]+)>=([\d.]+)(?:,<.+)?", each).groups() for each in required)
    assert table == REQUIRED


def test_the_lock_pins_every_package_with_its_hashes_and_names_no_host():
    """Whoever installs chooses the index; the hashes say that it gave what was meant."""
    lock = text("requirements.lock")
    assert "://" not in lock
    assert "--index" not in lock
    assert "--find-links" not in lock
    entries = re.split(r"\n(?=\S)", lock.strip())
    unpinned = [entry.splitlines()[0] for entry in entries if not re.match(r"[\w.\[\]-]+==\S+", entry)]
    expect_none(unpinned)
    expect_none([entry.splitlines()[0] for entry in entries if "--hash=sha256:" not in entry])


def test_the_lock_holds_every_dependency_that_pyproject_names_new_enough():
    project = tomllib.loads(text("pyproject.toml"))["project"]
    named = [*project["dependencies"], *chain(*project["optional-dependencies"].values())]
    pinned = {
        name.lower(): pin for name, pin in re.findall(r"^([\w.-]+)==([\w.]+)", text("requirements.lock"), re.MULTILINE)
    }
    for entry in named:
        name, least = re.match(r"([\w.-]+)(?:>=([\d.]+))?", entry).groups()
        assert name.lower() in pinned, f"{name}: run make lock"
        assert _numbers(pinned[name.lower()]) >= _numbers(least or "0"), f"{name}: run make lock"


def test_the_version_is_the_same_wherever_it_stands():
    declared = tomllib.loads(text("pyproject.toml"))["project"]["version"]
    assert re.search(r'^VERSION = "(.+)"', text("src/risk_manager/version.py"), re.MULTILINE)[1] == declared
    assert version("risk-manager") == declared


# Shape


def test_no_source_file_is_longer_than_one_thing_needs():
    long = {name: len(text(name).splitlines()) for name in python("src/", "scripts/", "benchmarks/", "run_tests.py")}
    expect_none({name: lines for name, lines in long.items() if lines > MAX_FILE_LINES})


def test_no_function_is_too_long_to_be_seen_at_once():
    everything = functions(python("src/", "scripts/", "benchmarks/", "tests/", "run_tests.py"))
    lengths = {f"{name}:{node.lineno} {node.name}": node.end_lineno - node.lineno + 1 for name, node in everything}
    expect_none({where: lines for where, lines in lengths.items() if lines > MAX_FUNCTION_LINES})


def test_every_python_file_says_in_its_first_line_what_it_is():
    sources = python("src/", "scripts/", "benchmarks/", "tests/", "run_tests.py")
    expect_none([name for name in sources if text(name).strip() and not ast.get_docstring(tree(name))])


def test_every_package_has_a_map():
    """A package's `__init__.py` tells a newcomer what is in it."""
    packages = {str(Path(name).parent) for name in python("src/")}
    unmapped = [each for each in sorted(packages) if not exists(f"{each}/__init__.py")]
    expect_none(unmapped)


def test_no_stub_stands_in_for_work_that_was_not_done():
    """`return True` as a whole body is a check that cannot fail; a NotImplementedError is a promise."""

    def judge(node):
        if not isinstance(node, Function):
            return None
        body = [each for each in node.body if not (isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant))]
        only = ast.unparse(body[0]) if len(body) == 1 else ""
        is_property = any(ast.unparse(each) == "property" for each in node.decorator_list)  # a fact about the class
        if only.startswith("raise NotImplementedError"):
            return f"{node.name} is a stub"
        return f"{node.name} is always true" if only == "return True" and not is_property else None

    expect_none(breaches(python("src/"), judge))


# Words


def test_nothing_names_a_machines_path_or_a_package_host():
    """What is committed must mean the same on every machine."""
    hosts = "|".join(("pyp" + "i", "pythonhosted", "npm" + "js", "debian"))
    places = re.compile(rf"/(?:work|farm|tmp|root)/[a-z]|https?://[a-z0-9.-]*(?:{hosts})\.", re.IGNORECASE)
    expect_none(_lines_matching(places))


def test_nothing_is_left_for_later_in_a_comment():
    later = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK")) + r")\b")
    expect_none(_lines_matching(later, except_in={"pyproject.toml"}))


def test_every_silenced_warning_says_why():
    silencer = re.compile(r"#\s*(?:type:\s*ignore|noqa|pragma: no cover|nosec)\b(?!.*(?:--|  #|: ).*\w+ \w+)")
    expect_none([line for line in _lines_matching(silencer) if ".py:" in line])


def test_no_command_is_made_unable_to_fail():
    ignored = re.compile(r"\|\|\s*(?:true|:)(?:\s|$)|continue-on-error: true|--exit-zero")
    expect_none([line for line in _lines_matching(ignored) if not line.startswith(("tests/", "docs/"))])


def _lines_matching(pattern: re.Pattern[str], *, except_in: Iterable[str] = ()) -> list[str]:
    return [
        f"{name}:{number}: {line.strip()[:100]}"
        for name in texts()
        if name not in except_in
        for number, line in enumerate(text(name).splitlines(), 1)
        if pattern.search(line)
    ]


def test_every_shell_script_parses():
    scripts = [name for name in tracked() if name.endswith(".sh") or name == ".ci/run"]
    assert ".ci/run" in scripts
    for name in scripts:
        subprocess.run(["bash", "-n", name], cwd=ROOT, check=True)
        only_hands_over = text(name).rstrip().splitlines()[-1].startswith("exec ")
        assert only_hands_over or re.search(r"^set -[a-z]*e[a-z]*u", text(name), re.MULTILINE), f"{name}: set -eu first"


# Tests


def _tests() -> Iterator[tuple[str, Function]]:
    return ((name, node) for name, node in functions(python("tests/")) if node.name.startswith("test_"))


def test_every_test_states_a_claim():
    """A name of four words or more, or a sentence: what must hold, not which function is called."""
    silent = [
        f"{name}:{node.lineno} {node.name}"
        for name, node in _tests()
        if len(node.name.removeprefix("test_").split("_")) < 4 and not ast.get_docstring(node)
    ]
    expect_none(silent)


def test_every_test_asks_something():
    """Itself, or through a helper of its own file that does."""
    helpers = {(name, node.name) for name, node in functions(python("tests/")) if _asks(node)}
    silent = [
        f"{name}:{node.lineno} {node.name}"
        for name, node in _tests()
        if not _asks(node) and not any((name, called(each)) in helpers for each in ast.walk(node))
    ]
    expect_none(silent)


def _asks(function: Function) -> bool:
    for node in ast.walk(function):
        words = called(node).rpartition(".")[2]
        if isinstance(node, ast.Assert) or re.match(r"raises|warns|assert|check|expect|fail$|must", words):
            return True
    return False


def test_no_test_is_skipped_sleeps_or_measures_time():
    """A skipped test claims nothing, a sleeping one is slow and wrong on another day: wait for a condition instead."""

    def judge(node):
        name = called(node) or (ast.unparse(node) if isinstance(node, ast.Attribute) else "")
        if re.search(r"(^|\.)(skip|xfail|skipif)$", name) or name == "pytest.importorskip":
            return name
        zero = isinstance(node, ast.Call) and node.args and ast.unparse(node.args[0]) == "0"
        return name if called(node) in {"time.sleep", "asyncio.sleep"} and not zero else None

    # the zoo holds services that are slow on purpose; they are watched, not tests
    expect_none(breaches([name for name in python("tests/") if not name.startswith("tests/zoo/")], judge))
