"""Causes and exit codes are documented: every one has its page, everywhere the same."""

import ast
import importlib.util
import re
from pathlib import Path

import pytest

from risk_manager.domain.invariants import CATALOGUE
from runtime.causes.catalogue import CAUSES
from runtime.causes.pages import PAGES, page
from runtime.causes.texts.invariants import INVARIANTS
from runtime.cli.explain import find
from runtime.settings import WrongUsage
from service_contract.exit_codes import ExitCode

ROOT = Path(__file__).parents[4]
DOCS = ROOT / "docs"
NO_CAUSES = {"SHA-256"}


def _reference():
    """scripts/reference.py, which is no package."""
    spec = importlib.util.spec_from_file_location("reference", ROOT / "scripts/reference.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_cause_has_a_page_and_every_page_a_cause():
    """Write a block in src/runtime/causes/texts for a new cause."""
    assert set(PAGES) == set(CAUSES)


@pytest.mark.parametrize("cause", CAUSES)
def test_every_page_says_what_it_means_what_shows_it_and_what_to_do(cause):
    found = page(cause)
    assert found.means.endswith(".")
    assert found.evidence
    assert found.to_do
    assert all(re.match(r"risk-(runtime|manager) [a-z]", line) for line in found.commands)


def test_every_id_that_a_finding_or_an_alert_carries_has_a_page():
    """An id in a log must lead somewhere: every text in the source of both packages that has one counts."""
    ids = set()
    for path in [*(ROOT / "src").rglob("*.py"), ROOT / "run_tests.py"]:
        module = ast.parse(path.read_text(encoding="utf-8"))
        docstrings = {id(node.value) for node in ast.walk(module) if isinstance(node, ast.Expr)}  # may give an example
        for node in ast.walk(module):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
                ids |= set(re.findall(r"\b[A-Z]{2,9}-\d{3}\b", node.value))
    ids -= NO_CAUSES
    assert {"FEED-003", "INV-001", "STATE-004"} <= ids, "ids of both packages are seen by this test"
    assert ids <= set(CAUSES), f"no page for {sorted(ids - set(CAUSES))}"


def test_the_pages_of_invariants_say_what_the_daemon_means_by_them():
    """The pack does not import the daemon, so the table stands twice."""
    assert [tuple(each) for each in INVARIANTS] == [
        (each.id, each.name, each.says, each.implies, each.operator) for each in CATALOGUE
    ]
    assert all(each.says in page(each.id).means for each in CATALOGUE)


def test_the_alert_of_a_rule_is_explained_by_the_rules_name():
    assert find("RULE-daily_realized_loss").id == "RULE-010"
    assert find("RULE-000").id == "RULE-000"


@pytest.mark.parametrize("name", ["reference/causes.md", "how-to/troubleshooting.md"])
def test_the_pages_about_causes_are_made_from_the_same_table_as_explain(name):
    """Run `make docs` after a change of a cause or of service.yaml."""
    text = (DOCS / name).read_text(encoding="utf-8")
    assert "<!-- generated: " in text
    assert _reference().renewed(text) == text, f"{name} is not current: make docs"
    assert name != "reference/causes.md" or all(f"\n## {cause}\n" in text for cause in CAUSES)


def test_an_id_is_found_however_it_is_written():
    assert find(" feed_003 ").id == "FEED-003"


@pytest.mark.parametrize(("typed", "meant"), [("FEED-03", "FEED-003"), ("feed", "FEED-003"), ("ENF003", "ENF-003")])
def test_an_unknown_id_is_answered_with_those_that_look_like_it(typed, meant):
    with pytest.raises(WrongUsage, match=rf"did you mean .*{meant}"):
        find(typed)


def test_an_id_that_looks_like_nothing_is_answered_with_the_list():
    with pytest.raises(WrongUsage, match="lists all"):
        find("QQQQQQQQ")


def test_every_exit_code_is_in_the_reference():
    text = (DOCS / "reference" / "exit-codes.md").read_text(encoding="utf-8")
    for code in ExitCode:
        assert f"| {code.value} | {code.name} |" in text


def test_every_id_on_the_way_through_the_troubleshooting_page_can_be_explained():
    text = (DOCS / "how-to" / "troubleshooting.md").read_text(encoding="utf-8")
    ids = set(re.findall(r"\b[A-Z]{3,8}-\d{3}\b", text))
    assert len(ids) > 20
    assert ids <= set(CAUSES)
