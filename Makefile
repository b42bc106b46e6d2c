# fact-figures. The two commands: `make run` and `make test`. Each sets up .venv first, once.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: help install run test check format ui bench audit lock docs clean
.DEFAULT_GOAL := help

help: ## List these commands
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

install: $(STAMP) ## Install everything into .venv (exact versions, checked by hash)

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; ok = (3, 11) <= sys.version_info < (3, 14); sys.exit(0 if ok else "Python 3.11, 3.12 or 3.13 is needed, and " + sys.executable + " is " + sys.version.split()[0] + ". Name another one: make PYTHON=python3.12 ...")'
	@echo "Setting up .venv (once; about a minute) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --disable-pip-version-check --progress-bar on --no-deps --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m pip check
	@touch $(STAMP)

run: $(STAMP) ## Read the examples and publish a release of their figures
	@$(BIN)/figures run

test: $(STAMP) ## Run the tests
	@$(BIN)/python -m pytest --numprocesses auto --dist loadfile

check: $(STAMP) ## Lint, formatting and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

format: $(STAMP) ## Put the code into the project's format
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

ui: $(STAMP) ## Open the Dagster UI, with its schedules running
	@$(BIN)/dg dev

.venv-peers/.installed: benchmarks/peers.lock
	@echo "Setting up .venv-peers, the extractors to measure beside ..."
	@test -x .venv-peers/bin/python || $(PYTHON) -m venv .venv-peers
	@.venv-peers/bin/python -m pip install --disable-pip-version-check --quiet --no-deps --require-hashes -r benchmarks/peers.lock
	@touch .venv-peers/.installed

bench: $(STAMP) .venv-peers/.installed ## Accuracy of linking; accuracy and speed beside other extractors
	@$(BIN)/python -m benchmarks

.venv-audit/.installed:
	@$(PYTHON) -m venv .venv-audit
	@.venv-audit/bin/python -m pip install --disable-pip-version-check --quiet "pip-audit>=2.10,<3"
	@touch $@

audit: .venv-audit/.installed ## Look up known weaknesses of the locked packages (asks pypi.org)
	@.venv-audit/bin/pip-audit --strict --disable-pip --require-hashes --requirement requirements.lock

docs: $(STAMP) ## Write the data dictionary from the schemas
	@$(BIN)/python -m pipeline.data_dictionary > docs/data-dictionary.md

lock: ## Resolve the ranges of pyproject.toml into requirements.lock (needs uv)
	@uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes \
		--no-header --no-annotate --no-emit-index-url --no-emit-find-links --quiet --output-file requirements.lock
	@uv pip compile benchmarks/peers.in --universal --python-version 3.11 --generate-hashes \
		--no-header --no-annotate --no-emit-index-url --no-emit-find-links --quiet --output-file benchmarks/peers.lock

clean: ## Remove what was made, except .venv and the data
	@rm -rf .dagster .hypothesis .mypy_cache .pytest_cache .ruff_cache build *.egg-info
