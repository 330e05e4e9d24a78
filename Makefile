# The two commands: make demo, make test. Everything else is below them.
PYTHON ?= python3
PORT ?= 8000
CONCURRENCY ?= 16
VENV := .venv
BIN := $(VENV)/bin
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes

.PHONY: help demo test setup setup-dev run worker check format bench compat lock clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

demo: setup ## set up, generate with the offline demo model, serve at http://127.0.0.1:$(PORT)
	$(BIN)/python manage.py demo --port $(PORT)

test: setup-dev ## set up and run the whole test suite (PYTEST= passes arguments on)
	$(BIN)/python -m pytest -n 2 $(PYTEST)

setup: $(VENV)/.installed ## virtual environment and dependencies

setup-dev: $(VENV)/.installed-dev ## setup, and what tests and checks need

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Tracewright needs Python 3.11 or newer: make PYTHON=python3.11"; exit 2; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.lock | $(VENV)/bin/python
	$(PIP_INSTALL) -r requirements.lock
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed
	$(PIP_INSTALL) -r requirements-dev.lock
	@touch $@

run: setup ## the web server of a team's deployment (migrates first)
	$(BIN)/python manage.py migrate --noinput
	$(BIN)/python -m granian --interface wsgi --host $${HOST:-127.0.0.1} --port $(PORT) --workers 2 --blocking-threads 8 studio.wsgi:application

worker: setup ## a worker of a team's deployment; start as many as you like
	$(BIN)/python -m celery --app studio worker --pool threads --concurrency $(CONCURRENCY) --hostname "worker-$$$$@%h" --without-mingle --without-gossip --loglevel WARNING

check: setup-dev ## lint, format, types, import contracts, migrations
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python manage.py check --fail-level WARNING
	git ls-files -z 'templates/*.html' | xargs -0 --no-run-if-empty $(BIN)/djade --target-version 5.2 --check

format: setup-dev ## apply the formatters
	$(BIN)/ruff check --fix --select I .
	$(BIN)/ruff format .
	git ls-files -z 'templates/*.html' | xargs -0 --no-run-if-empty $(BIN)/djade --target-version 5.2

bench: setup-dev ## benchmarks (never timed tests)
	$(BIN)/python -m tests.load

compat: .venv-compat/.installed ## other projects' readers, for the contract tests of the exports

# Without dependencies on purpose: of DeepFabric and TRL only one module and the chat templates are used.
.venv-compat/.installed: tests/contract/requirements-readers.txt
	$(PYTHON) -m venv .venv-compat
	.venv-compat/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $<
	@touch $@

lock: setup-dev ## write the lock files anew from pyproject.toml (needs uv)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header --extra team --extra mcp pyproject.toml --output-file requirements.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header --extra team --extra mcp --group dev pyproject.toml --output-file requirements-dev.lock

clean: ## remove what was built; data in var/ stays
	rm -rf $(VENV) .venv-compat .mypy_cache .ruff_cache .pytest_cache .hypothesis
