"""Scripts gate on these numbers, so the numbers are repeated here by hand."""

import subprocess
import sys

import pytest

from service_contract.exit_codes import ExitCode, help_table

NUMBERS = {
    "SUCCESS": 0,
    "EXCEPTION": 1,
    "STALLED": 2,
    "CONFIG_ERROR": 3,
    "API_ERROR": 4,
    "DEPENDENCY_ERROR": 5,
    "USAGE": 64,
    "INTERRUPTED": 130,
}


def test_the_numbers_never_change():
    assert {code.name: code.value for code in ExitCode} == NUMBERS


@pytest.mark.parametrize("code", ExitCode)
def test_each_code_ends_a_process_with_its_number(code, run_program):
    script = f"from service_contract.exit_codes import ExitCode; raise SystemExit(ExitCode.{code.name})"
    assert run_program([sys.executable, "-c", script]).code == NUMBERS[code.name]


@pytest.mark.parametrize("code", ExitCode)
def test_the_help_names_number_name_and_meaning_of_each_code(code):
    row = next(line for line in help_table().splitlines() if f" {code.name} " in line)
    assert row.split()[0] == str(NUMBERS[code.name])
    assert f"{code.value} {code.name} {code.meaning}" in " ".join(help_table().split())
    assert len(code.meaning.split()) >= 3, "a meaning is a sentence"


def test_the_table_fits_into_80_columns_also_where_it_is_indented():
    assert max(map(len, help_table().splitlines())) <= 78


def test_exit_codes_and_findings_need_nothing_but_the_standard_library():
    """They must work on a machine where every package is missing: python -S -I sees no site-packages at all."""
    source = subprocess.check_output(
        [sys.executable, "-c", "import service_contract as s; print(s.__path__[0])"], text=True
    )
    script = (
        f"import sys; sys.path.insert(0, {source.strip()!r} + '/..')\n"
        "import service_contract.exit_codes, service_contract.findings, service_contract.dependencies\n"
        "print(sorted(set(sys.modules) & {'msgspec', 'yaml', 'click', 'pydantic'}))\n"
    )
    assert subprocess.check_output([sys.executable, "-S", "-I", "-c", script], text=True).strip() == "[]"
