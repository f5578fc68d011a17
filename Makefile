# Everything a person or a machine does with this project begins here. `make` alone lists the targets.
#
# Each target that needs the virtual environment depends on `setup`, which says nothing when nothing changed.
# PYTHON=python3.12 chooses the interpreter that .venv is made from.

PY := .venv/bin/python
WORKERS ?= 2
PYTEST := $(PY) -m pytest -n $(WORKERS) --dist worksteal -q
export PYTHON

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint types unit integration smoke zoo bench sample docs docs-screens lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

setup: ## make .venv with the pinned dependencies; quiet when nothing changed
	@sh scripts/setup.sh

demo: setup ## boot the daemon on a recorded session, breach a limit, see the account flat (SESSION=NAME for another)
	@$(PY) -m runtime demo $(if $(SESSION),--session "$(SESSION)")

test: setup sample lint types ## lint, types, import law, every test with coverage, the smoke test: what CI runs
	$(PYTEST) --cov=src --cov-report=term:skip-covered --cov-fail-under=90 --junit-xml=test_reports/junit.xml
	$(PY) run_tests.py --smoke-test-only

lint: setup ## ruff, formatting, and the import law (who may import whom)
	$(PY) -m ruff check --quiet .
	$(PY) -m ruff format --check --quiet .
	@.venv/bin/lint-imports --no-logo

types: setup ## mypy, strict
	$(PY) -m mypy

unit: setup ## the fast tests only
	$(PYTEST) tests --ignore=tests/integration --ignore=tests/replay

integration: setup ## the tests with real processes, sockets and files
	$(PYTEST) tests/integration

smoke: setup ## is a freshly started daemon alive: exit code 0, or why not
	$(PY) run_tests.py --smoke-test-only

zoo: setup ## every deliberately bad service under the pack: a table of the exit codes and causes due and found
	@$(PY) -m tests.zoo

bench: setup ## measure quotes, start, smoke and replay against what they are compared with
	$(PY) benchmarks/run.py

sample: setup ## fetch 500,000 real ES trades and convert them to data/sessions/es-2013-09-01.jsonl.gz
	@$(PY) -m risk_manager.sdk.sessions.sample

docs: setup ## write the generated tables of docs/reference anew
	@$(PY) scripts/reference.py

docs-screens: setup ## type the menu's keys in tmux, write what stands on the screen into the documents
	@$(PY) scripts/menu_screens.py

lock: setup ## pin every dependency anew, with hashes, for every platform
	$(PY) -m venv .venv/lock
	.venv/lock/bin/python -m pip install --quiet --quiet --disable-pip-version-check uv
	.venv/lock/bin/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes \
		--no-header --no-annotate --extra dev --extra debug --output-file requirements.lock

clean: ## remove .venv, caches and test reports; data/ stays, because lockouts and journals live there
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage .coverage.* htmlcov \
		dist build test_reports
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
