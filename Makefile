# Everything a person types. Each target does its own set-up.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: setup demo test check format lint types imports bench clean
.DELETE_ON_ERROR:

setup: .venv/.installed .serving/.installed .azurite/.installed

.venv/.installed: pyproject.toml requirements.txt requirements-dev.txt
	@echo "Setting up .venv: Teal, its command line and its tests (about a minute)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Teal needs Python 3.11 or newer; this is " + sys.version.split()[0])'
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

.serving/.installed: emulator/serving/requirements.txt
	@echo "Setting up .serving: Microsoft's inference server and scikit-learn (about half a minute)"
	@$(PYTHON) -m venv .serving
	@.serving/bin/python -m pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

.azurite/.installed: emulator/storage/package-lock.json | .venv/.installed
	@echo "Setting up .azurite: Microsoft's storage emulator (about half a minute)"
	@$(BIN)/python -m emulator.storage

demo: setup
	@$(BIN)/teal demo $(if $(KEEP),--keep)

test: setup
	@$(BIN)/python -m pytest

check: setup format lint types imports test

format:
	@$(BIN)/ruff format --check .

lint:
	@$(BIN)/ruff check .

types:
	@$(BIN)/mypy

imports:
	@$(BIN)/lint-imports

bench: setup
	@$(BIN)/python -m bench

clean:
	rm -rf .venv .venv-* .serving .azurite .state out
