# make demo and make test each set up everything first; a second call does not install again.
#
#   make demo                     compile, verify, fit and sample the napkin query
#   make test                     the tests; ARGS="-k napkin" narrows them
#   make lint | format            style, types and import directions | rewrite to the style
#   make bench                    every benchmark; BENCH="identify lower" narrows them
#   make docs                     the documentation site, in build/docs
#   make studio                   the page that runs in a browser alone, in build/studio
#   make coverage                 the tests with the share of lines and branches that they reach
#   make mutants                  change the compiler in one place at a time: which changes no test notices
#   make clean                    remove the environment and everything generated
#
# PYTHON=/path/to/python3.12 chooses the interpreter; PIP_ARGS is handed to pip.

VENV  := .venv
BIN   := $(VENV)/bin
STAMP := $(VENV)/.installed

PYTHON   ?=
PIP_ARGS ?=
ARGS     ?=
JOBS     ?= auto
BENCH    ?= all

.PHONY: demo test lint format bench docs studio coverage mutants install clean
.DEFAULT_GOAL := test

demo: $(STAMP)
	$(BIN)/idgen demo napkin

test: $(STAMP)
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal $(ARGS)

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(STAMP)
	$(BIN)/python -m tests.benchmarks $(BENCH) --write

# -E reads every page anew: a page's drawings depend on the compiler, which Sphinx does not watch.
docs: $(STAMP)
	$(BIN)/python -m sphinx -E -W --keep-going -q -b html docs build/docs
	@echo "open build/docs/index.html"

studio: $(STAMP)
	$(BIN)/idgen studio --build build/studio

coverage: $(STAMP)
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal --cov=idgen_compiler --cov-branch --cov-report=term-missing:skip-covered $(ARGS)

mutants: $(STAMP)
	$(BIN)/python -m tests.mutants

install: $(STAMP)

# setuptools comes first and from the constraints, so that the build, too, uses the pinned one.
$(STAMP): pyproject.toml constraints.txt $(BIN)/python
	$(BIN)/python -m pip install --disable-pip-version-check -q $(PIP_ARGS) -c constraints.txt setuptools
	$(BIN)/python -m pip install --disable-pip-version-check -q $(PIP_ARGS) -c constraints.txt \
		--no-build-isolation -e '.[all,dev,docs]'
	@touch $@

$(BIN)/python:
	@for python in $(or $(PYTHON),python3 python3.13 python3.12 python3.11 python); do \
		if "$$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
			echo "creating $(VENV) with $$("$$python" --version)"; \
			exec "$$python" -m venv $(VENV); \
		fi; \
	done; \
	echo "make: no usable Python found: need 3.11 or newer with the venv module (on Debian: apt install python3-venv)." >&2; \
	echo "make: tried $(or $(PYTHON),python3 python3.13 python3.12 python3.11 python). Choose one with PYTHON=/path/to/python3." >&2; \
	exit 1

clean:
	rm -rf $(VENV) build dist out *.egg-info htmlcov .coverage
	rm -rf .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
