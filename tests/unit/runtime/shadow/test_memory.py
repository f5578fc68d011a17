"""The clock on disk: kept whole, for its owner, for these two versions only, and never begun anew in silence."""

import stat
from pathlib import Path

import pytest

from runtime.shadow.cutover import CutoverClock, Moment
from runtime.shadow.memory import Identity, StateUnusable, fingerprint, load, save

S = 1_000_000_000
NOW = Moment(5 * S, 2000 * S)
WHO = Identity("live-1", "candidate-1")
NEW = CutoverClock(3600 * S, 300 * S)


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    clock = NEW.look(Moment(1, 1000 * S)).look(Moment(10 * S, 1010 * S)).look(Moment(11 * S, 1011 * S), faults=("x",))
    clock = clock.look(Moment(31 * S, 1031 * S))
    assert clock.healthy_ns == 20 * S
    path = tmp_path / "shadow" / "clock.json"
    save(path, clock, WHO)
    return path


def test_what_was_kept_comes_back_but_for_the_monotonic_clock(kept):
    clock = load(kept, NEW, WHO, NOW)
    assert clock.healthy_ns == 20 * S
    assert clock.last == Moment(None, 1031 * S)
    assert [reset.why for reset in clock.resets] == ["x"]


def test_it_is_readable_by_its_owner_only(kept):
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.parent.stat().st_mode) == 0o700
    assert [path.name for path in kept.parent.iterdir()] == ["clock.json"]


@pytest.mark.parametrize(
    ("who", "new", "why"),
    [
        (Identity("live-1", "candidate-2"), NEW, "the candidate is another one"),
        (Identity("live-2", "candidate-1"), NEW, "the live version is another one"),
        (WHO, CutoverClock(1, 300 * S), "the conditions were changed"),
    ],
)
def test_another_version_or_other_conditions_begin_anew_and_say_so(kept, who, new, why):
    clock = load(kept, new, who, NOW)
    assert (clock.healthy_ns, clock.last) == (0, None)
    assert why in clock.resets[-1].why
    assert clock.resets[-1].lost_ns == 20 * S
    assert clock.eligible_after_ns == new.eligible_after_ns


def test_no_file_is_a_new_clock(tmp_path):
    assert load(tmp_path / "none.json", NEW, WHO, NOW) == NEW


@pytest.mark.parametrize("text", ["", "{}", "{", '{"schema": 1}', "\udcff"])
def test_a_file_that_is_no_clock_is_refused_with_its_name(kept, text):
    kept.write_text(text, encoding="utf-8", errors="surrogateescape")
    with pytest.raises(StateUnusable, match=r"clock\.json"):
        load(kept, NEW, WHO, NOW)


def test_a_clock_of_another_schema_is_refused(kept):
    kept.write_text(kept.read_text().replace("runtime.shadow-clock/1", "runtime.shadow-clock/9"))
    with pytest.raises(StateUnusable, match="/9"):
        load(kept, NEW, WHO, NOW)


def test_a_directory_instead_of_the_file_is_told(tmp_path):
    with pytest.raises(StateUnusable, match="another --state"):
        load(tmp_path, NEW, WHO, NOW)


@pytest.fixture
def tree(tmp_path):
    for name, text in {"src/a.py": "A = 1", "config/service.yaml": "name: a", "config/limits.yaml": "limit: 3"}.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return tmp_path


def marked(tree, *argv, **env):
    return fingerprint(tree, tree / "config/service.yaml", argv or ("python", "run"), env)


@pytest.mark.parametrize("name", ["src/a.py", "config/service.yaml", "config/limits.yaml"])
def test_a_changed_file_makes_another_version(tree, name):
    before = marked(tree)
    assert before == marked(tree)
    (tree / name).write_text("changed")
    assert marked(tree) != before


def test_another_command_or_variable_makes_another_version(tree):
    assert len({marked(tree), marked(tree, "python", "walk"), marked(tree, A="1"), marked(tree, A="2")}) == 4


def test_a_file_that_a_variable_names_counts_with_what_is_in_it(tree, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("other") / "rules.yaml"
    elsewhere.write_text("limit: 2")
    before = marked(tree, RISK_CONFIG=str(elsewhere))
    elsewhere.write_text("limit: 4")
    assert marked(tree, RISK_CONFIG=str(elsewhere)) != before
