# Everything a person or a machine does with this project begins here. `make` alone lists the targets.
#
# Each target that needs the virtual environment depends on `setup`, which says nothing when nothing changed.
# PYTHON=python3.12 chooses the interpreter that .venv is made from.

PY := .venv/bin/python
WORKERS ?= 2
PYTEST := $(PY) -m pytest -n $(WORKERS) --dist worksteal -q
export PYTHON

.DEFAULT_GOAL := help
.PHONY: help setup demo test coverage lint types unit integration smoke zoo bench sample docs docs-screens lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 } \
		END { print "\n  python run_tests.py   everything else, as a menu" }' Makefile

setup: ## make .venv with the pinned dependencies, once
	@sh scripts/setup.sh

# SESSION=NAME plays another session of data/sessions.
demo: setup ## boot, breach a limit, see the account flat: a recorded day
	@$(PY) -m runtime demo $(if $(SESSION),--session "$(SESSION)")

test: setup sample lint types ## lint, types, every test, the smoke test: what CI runs
	$(PYTEST) --cov=src --cov-report=term:skip-covered --cov-fail-under=75 --junit-xml=test_reports/junit.xml
	$(PY) run_tests.py --smoke-test-only

coverage: setup sample ## branches reached, also in every program that the tests start (20 minutes)
	$(PYTEST) --cov=src --cov-config=tests/coverage.toml --cov-report=term:skip-covered --cov-fail-under=95

lint: setup ## ruff, formatting, and who may import whom
	$(PY) -m ruff check --quiet .
	$(PY) -m ruff format --check --quiet .
	@.venv/bin/lint-imports --no-logo

types: setup ## mypy, strict
	$(PY) -m mypy

unit: setup ## the fast tests only
	$(PYTEST) tests --ignore=tests/integration --ignore=tests/replay

integration: setup ## the tests with real processes, sockets and files
	$(PYTEST) tests/integration

smoke: setup ## is a freshly started daemon alive: 0, or why not
	$(PY) run_tests.py --smoke-test-only

zoo: setup ## every bad service under the pack: exit codes due and found
	@$(PY) -m tests.zoo

bench: setup ## measure quotes, start, smoke and replay
	$(PY) benchmarks/run.py

sample: setup ## fetch 500,000 real ES trades into data/sessions
	@$(PY) -m risk_manager.sdk.sessions.sample

docs: setup ## write the generated tables of the documents anew
	@$(PY) scripts/reference.py

docs-screens: setup ## write the menu's screens into the documents (needs tmux)
	@$(PY) scripts/menu_screens.py

lock: setup ## pin every dependency anew, with hashes
	$(PY) -m venv .venv/lock
	.venv/lock/bin/python -m pip install --quiet --quiet --disable-pip-version-check uv
	.venv/lock/bin/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes \
		--no-header --no-annotate --extra dev --extra debug --output-file requirements.lock

# data/ stays, because lockouts and journals live there.
clean: ## remove .venv, caches, test reports; never data/
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage .coverage.* htmlcov \
		dist build test_reports
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
