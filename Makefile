# make demo    sets everything up and runs the main job on the bundled incident
# make test    sets everything up and passes the whole gate
# Needed: Python 3.11 or newer with venv, git, make. Everything else goes into .venv.

PYTHON  ?= python3
# How far hypothesis looks: dev, ci or deep.
PROFILE ?= dev
VENV    := .venv
BIN     := $(VENV)/bin
UV      := $(BIN)/uv
PIN     := --constraints constraints.txt --build-constraints constraints.txt
INSTALL  = $(UV) pip install --quiet --python $(BIN)/python $(PIN) --editable .

# Trust the certificates that this machine trusts; uv would bring its own list.
export UV_SYSTEM_CERTS := true

# A search path from the caller's shell would shadow what is installed here.
unexport PYTHONPATH MYPYPATH VIRTUAL_ENV

.DEFAULT_GOAL := help
.PHONY: help install install-dev demo test lint format types contract docs unit slow bench clean

help:
	@echo 'make demo      the bundled incident, recorded, replayed, verified, and one byte flipped'
	@echo 'make test      lint, types, contract, docs and unit, as CI runs them'
	@echo 'make lint      ruff: rules and format        make format    mend what ruff can'
	@echo 'make types     mypy, strict                  make contract  which room may import which'
	@echo 'make docs      the pages, no warning allowed make unit      the tests'
	@echo 'make slow      the long tests                make bench     the benchmarks'
	@echo 'make clean     remove .venv and all that was built'

$(UV): constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo 'claimledger needs Python 3.11 or newer: name one, as in  make PYTHON=python3.12 $(MAKECMDGOALS)' >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo 'this Python has no venv: install it (Debian and Ubuntu: apt-get install python3-venv), or name another Python, as in  make PYTHON=python3.12 $(MAKECMDGOALS)' >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt uv
	@touch $@

# Both take a moment when nothing changed: uv compares the keys in pyproject.toml and relinks only when they differ.
install: $(UV)
	@$(INSTALL)

install-dev: $(UV)
	@$(INSTALL) --group dev --group docs

demo: install
	$(BIN)/claimledger demo demo/

test: lint types contract docs unit

lint: install-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: install-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: install-dev
	.ci/types $(BIN)/mypy

contract: install-dev
	$(BIN)/lint-imports --no-cache

docs: install-dev
	$(BIN)/sphinx-build -W --keep-going -q -b html docs docs/_build/html

unit: install-dev
	$(BIN)/pytest -n 2 --hypothesis-profile=$(PROFILE)

slow: install-dev
	$(BIN)/pytest -n 2 --hypothesis-profile=$(PROFILE) -m slow

bench: install-dev
	for file in tests/benchmarks/bench_*.py; do $(BIN)/python "$$file" || exit 1; done

clean:
	rm -rf $(VENV) build dist demo docs/_build *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
