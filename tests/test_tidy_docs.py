"""The laws of the documents: they say of the programs what the programs do, and every link leads somewhere."""

import importlib.util
import re
from pathlib import Path

import click
import pytest

from service_contract.exit_codes import ExitCode

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
ROOT_PAGES = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"]
# `--option NAME=VALUE` hands on any option by name, so it has no name of its own.
NO_VARIABLE = {"--option"}


def _load_reference():
    """scripts/reference.py, which is no package; it introspects both programs."""
    spec = importlib.util.spec_from_file_location("reference", ROOT / "scripts/reference.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def reference():
    return _load_reference()


def pages():
    return [*(ROOT / name for name in ROOT_PAGES), *sorted(DOCS.rglob("*.md"))]


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def makefile_targets():
    return set(re.findall(r"^([a-z-]+):", read("Makefile"), re.MULTILINE))


# What is generated


@pytest.mark.parametrize(
    ("page", "blocks"),
    [
        ("commands.md", {"commands"}),
        ("environment.md", {"options"}),
        ("checkpoints.md", {"checkpoints"}),
        ("rules.md", {"rules", "parameters"}),
        ("alerts.md", {"alerts", "placeholders"}),
    ],
)
def test_the_reference_says_what_the_programs_say_of_themselves(reference, page, blocks):
    """Run `make docs` after a change of a command, an option, an exit code, a checkpoint or a rule."""
    text = (DOCS / "reference" / page).read_text(encoding="utf-8")
    assert blocks <= {name for _, name, _ in reference._BLOCK.findall(text)}
    assert reference.renewed(text) == text, f"{page} is not current: make docs"


def test_every_command_is_in_the_reference_and_has_help(reference):
    text = read("docs/reference/commands.md")
    commands = list(reference.every_command())
    assert len(commands) > 5
    for path, command in commands:
        assert re.search(rf"^##+ `{re.escape(path)}[ `]", text, re.MULTILINE), f"{path} is not in commands.md"
        assert command.help, f"{path} has no help"
        assert len(command.help.split()) >= 3, f"{path}: the help is not a sentence"


def test_every_option_has_help_and_a_variable_named_after_it(reference):
    """Flag over variable over file over default, everywhere alike: RISK_<OPTION> or RUNTIME_<OPTION>."""
    faults = []
    for path, command in reference.every_command():
        prefix = {"risk-manager": "RISK_", "risk-runtime": "RUNTIME_"}[path.split()[0]]
        for option in reference.options(command):
            flag = max(option.opts, key=len)
            if not option.help:
                faults.append(f"{path} {flag}: no help")
            wanted = prefix + flag.removeprefix("--").replace("-", "_").upper()
            if wanted not in reference.variables(option) and flag not in NO_VARIABLE:
                faults.append(f"{path} {flag}: no variable {wanted}")
    assert not faults, "\n" + "\n".join(faults)


def test_the_table_of_variables_has_every_variable_and_no_other(reference):
    """Between the markers stands what the programs know; nothing in it is left from an option that is gone."""
    table = reference._BLOCK.search(read("docs/reference/environment.md"))[0]
    documented = set(re.findall(r"^\| `([A-Z_]+)`", table, re.MULTILINE))
    known = {
        variable
        for _, command in reference.every_command()
        for option in reference.options(command)
        for variable in reference.variables(option)
    }
    assert documented == known


def test_every_argument_of_a_command_comes_with_the_exit_codes_in_its_help(reference):
    """A script's author reads `--help`; each program's ends with the table of codes."""
    for program, group in reference.PROGRAMS.items():
        with click.Context(group, info_name=program) as context:
            text = group.get_help(context)
        for code in ExitCode:
            assert re.search(rf"^\s+{code.value}\s+{code.name}\s", text, re.MULTILINE), f"{program}: {code.name}"


@pytest.mark.parametrize("code", ExitCode)
def test_every_exit_code_has_a_row_that_says_what_it_means(code):
    row = re.search(rf"^\| {code.value} \| {code.name} \| (.+?) \|", read("docs/reference/exit-codes.md"), re.MULTILINE)
    assert row, f"no row for {code.value} {code.name}"
    assert row[1].strip()


# What is written by hand


def test_every_link_leads_to_a_file_that_is_there():
    broken = []
    for page in pages():
        text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            path, _, anchor = target.partition("#")
            if re.match(r"[a-z]+:", target):
                continue
            there = page if not path else (page.parent / path).resolve()
            if not there.exists():
                broken.append(f"{page.relative_to(ROOT)}: {target}")
            elif anchor and there.suffix == ".md" and anchor not in _anchors(there):
                broken.append(f"{page.relative_to(ROOT)}: {target} (no such heading)")
    assert not broken, "\n" + "\n".join(broken)


def _anchors(page):
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_page_is_reached_from_the_map():
    """A page nobody links to is a page nobody reads."""
    text = (DOCS / "index.md").read_text(encoding="utf-8")
    linked = {(DOCS / target.partition("#")[0]).resolve() for target in re.findall(r"\]\(([^)\s]+)\)", text)}
    unlinked = [
        str(page.relative_to(ROOT)) for page in DOCS.rglob("*.md") if page.name != "index.md" and page not in linked
    ]
    assert not unlinked, unlinked


def test_the_documents_stand_in_the_four_kinds_and_nowhere_else():
    """Learning, doing, looking up, understanding: a page is of one kind, or it is two pages."""
    folders = {page.relative_to(DOCS).parts[0] for page in DOCS.rglob("*.md") if page.name != "index.md"}
    assert folders == {"tutorial", "how-to", "reference", "explanation"}


@pytest.mark.parametrize("page", [*ROOT_PAGES, "docs"])
def test_every_make_command_that_a_document_names_exists(page):
    files = [ROOT / page] if page != "docs" else sorted(DOCS.rglob("*.md"))
    for file in files:
        named = set(re.findall(r"(?:`|^ *(?:\$ )?)make ([a-z-]+)", file.read_text(encoding="utf-8"), re.MULTILINE))
        assert named <= makefile_targets(), f"{file.name}: {named - makefile_targets()}"


def test_every_command_line_that_a_document_shows_is_a_command(reference):
    """`risk-manager` and `risk-runtime` lines in the pages start with words those programs know."""
    known = {path for path, _ in reference.every_command()}
    wrong = []
    for page in pages():
        for program, rest in re.findall(r"\b(risk-manager|risk-runtime) ((?:[a-z-]+ ?)*)", _code(page)):
            words = [word for word in rest.split() if not word.startswith("-")]
            if words and f"{program} {words[0]}" not in known:
                wrong.append(f"{page.relative_to(ROOT)}: {program} {words[0]}")
    assert not wrong, "\n" + "\n".join(wrong)


def _code(page):
    text = page.read_text(encoding="utf-8")
    blocks = re.findall(r"```.*?```", text, flags=re.DOTALL)
    spans = re.findall(r"`[^`\n]+`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    return "\n".join([*blocks, *spans])


def test_the_contributing_page_names_the_commands_that_ci_runs():
    text = read("CONTRIBUTING.md")
    assert "`make test`" in text
    assert "make test" in read(".ci/run")
    assert "make test" in read(".github/workflows/validate.yml")


def test_the_readme_begins_with_the_two_commands():
    text = read("README.md")
    assert -1 < text.index("make demo") < text.index("make test")


def test_the_changelog_has_a_place_for_what_is_not_released():
    text = read("CHANGELOG.md")
    assert re.search(
        r"^## \[?Unreleased\]?\n+### (Added|Changed|Fixed|Removed|Deprecated|Security)\n+- ", text, re.MULTILINE
    )


def test_the_root_holds_few_documents():
    """What does not fit there is a page under docs/."""
    assert {path.name for path in ROOT.glob("*.md")} == set(ROOT_PAGES)
