"""Shell completion: the script of each shell, and what the program answers when the shell asks."""

import pytest

pytestmark = pytest.mark.integration


@pytest.mark.parametrize(
    ("shell", "word"), [("bash", "complete -o nosort"), ("zsh", "#compdef"), ("fish", "complete --")]
)
def test_each_shell_gets_a_script_that_asks_the_program(tiny, shell, word):
    ended = tiny.runtime("completion", shell)
    assert ended.code == 0
    assert word in ended.out
    assert f"_RISK_RUNTIME_COMPLETE={shell}_complete" in ended.out


def test_an_unknown_shell_is_wrong_usage(tiny):
    assert tiny.runtime("completion", "powershell").code == 64


@pytest.mark.parametrize(
    ("words", "position", "fits"),
    [
        ("risk-runtime so", "1", "soak"),
        ("risk-runtime smoke --sc", "2", "--scenario"),
        ("risk-runtime completion f", "2", "fish"),
    ],
)
def test_the_program_answers_with_what_fits(tiny, words, position, fits):
    asked = {"_RISK_RUNTIME_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": position}
    ended = tiny.runtime(env=asked)
    assert ended.code == 0
    assert fits in [line.partition(",")[2] for line in ended.out.splitlines()]
