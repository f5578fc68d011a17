"""What the source may not contain, because it would run what somebody else wrote; found in the syntax tree."""

import ast
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SOURCES = sorted([*(ROOT / "src").rglob("*.py"), *(ROOT / "scripts").rglob("*.py"), ROOT / "run_tests.py"])
UNPICKLERS = {"pickle", "marshal", "shelve", "dill", "cPickle", "jsonpickle"}
REPLS = {"aiomonitor", "aioconsole", "code", "IPython", "pdb", "rlcompleter", "telnetlib", "xmlrpc.server"}
DEBUG_MONITOR = Path("src/runtime/tracing/debug_monitor.py")  # on request only, on loopback only: test_debug_monitor.py
SAFE_LOADERS = {"SafeLoader", "CSafeLoader"}


@cache
def tree(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def breaches(judge):
    found = []
    for path in SOURCES:
        for node in ast.walk(tree(path)):
            what = judge(node)
            if what and not (judge in {opens_a_repl, listens_on_a_network} and path.relative_to(ROOT) == DEBUG_MONITOR):
                found.append(f"{path.relative_to(ROOT)}:{node.lineno}: {what}")
    return found


def imported(node):
    if isinstance(node, ast.Import):
        return {alias.name for alias in node.names}
    return {node.module} if isinstance(node, ast.ImportFrom) and node.module else set()


def called(node):
    return ast.unparse(node.func) if isinstance(node, ast.Call) else ""


def runs_a_text(node):
    return called(node) if called(node) in {"eval", "exec", "compile", "__import__", "builtins.exec"} else None


def unpickles(node):
    return ", ".join(sorted(imported(node) & UNPICKLERS)) or None


def uses_a_shell(node):
    if called(node) in {"os.system", "os.popen", "subprocess.getoutput", "asyncio.create_subprocess_shell"}:
        return called(node)
    shell = isinstance(node, ast.keyword) and node.arg == "shell"
    return "shell=" if shell and not (isinstance(node.value, ast.Constant) and node.value.value is False) else None


def loads_yaml_unsafely(node):
    name = called(node)
    if name in {"yaml.unsafe_load", "yaml.full_load", "yaml.load_all", "yaml.unsafe_load_all", "yaml.full_load_all"}:
        return name
    if name == "yaml.load":
        given = {ast.unparse(each.value).rpartition(".")[2] for each in node.keywords if each.arg == "Loader"}
        given |= {ast.unparse(each).rpartition(".")[2] for each in node.args[1:]}
        return None if given and given <= SAFE_LOADERS else name
    return None


def names_an_unsafe_loader(node):
    unsafe = {"Loader", "UnsafeLoader", "FullLoader", "CLoader", "CUnsafeLoader", "CFullLoader"}
    return (
        ast.unparse(node)
        if isinstance(node, ast.Attribute) and ast.unparse(node) in {f"yaml.{n}" for n in unsafe}
        else None
    )


def checks_with_assert(node):
    return "assert" if isinstance(node, ast.Assert) else None


def opens_a_repl(node):
    return ", ".join(sorted(imported(node) & REPLS)) or None


def makes_a_guessable_file(node):
    return called(node) if called(node) == "tempfile.mktemp" else None


def listens_on_a_network(node):
    """A server of ours is a unix socket; one on a network needs a token, and is a decision of its own."""
    name = called(node)
    if name.endswith((".start_server", ".create_server", "HTTPServer", "TCPServer")):
        return name
    return name if name.endswith(".bind") and node.args and isinstance(node.args[0], ast.Tuple) else None


LAWS = [
    runs_a_text, unpickles, uses_a_shell, loads_yaml_unsafely, names_an_unsafe_loader, checks_with_assert,
    opens_a_repl, makes_a_guessable_file, listens_on_a_network,
]  # fmt: skip


@pytest.mark.parametrize("law", LAWS)
def test_the_source_holds_to_each_law(law):
    found = breaches(law)
    assert not found, "\n" + "\n".join(found)


@pytest.mark.parametrize(
    ("law", "bad"),
    [
        (runs_a_text, "eval(x)"),
        (unpickles, "from pickle import loads"),
        (uses_a_shell, "run(x, shell=True)"),
        (uses_a_shell, "os.system(x)"),
        (loads_yaml_unsafely, "yaml.load(x)"),
        (loads_yaml_unsafely, "yaml.load(x, Loader=yaml.FullLoader)"),
        (names_an_unsafe_loader, "yaml.UnsafeLoader"),
        (checks_with_assert, "assert x"),
        (opens_a_repl, "import aiomonitor"),
        (makes_a_guessable_file, "tempfile.mktemp()"),
        (listens_on_a_network, "asyncio.start_server(f, '0.0.0.0')"),
        (listens_on_a_network, "sock.bind(('', 80))"),
    ],
)
def test_each_law_can_be_broken(law, bad):
    assert any(law(node) for node in ast.walk(ast.parse(bad)))


def test_a_safe_loader_is_within_the_law():
    assert loads_yaml_unsafely(ast.parse("yaml.load(x, Loader=yaml.SafeLoader)", mode="eval").body) is None
