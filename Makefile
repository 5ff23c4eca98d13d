# Tidemark. Two commands matter: `make run` and `make test`. Both set up what they need.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN_STAMP := $(VENV)/.installed
DEV_STAMP := $(VENV)/.installed-dev
STATIC_STAMP := build/.static
export OMP_NUM_THREADS ?= 1
export TF_CPP_MIN_LOG_LEVEL ?= 3

.PHONY: setup setup-dev run test check format bench lock clean

setup: $(RUN_STAMP) $(STATIC_STAMP)  ## the virtual environment with everything the product needs

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Tidemark needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) -V). Name another with PYTHON=…"; exit 1; }
	@echo "Creating the virtual environment in $(VENV) …"
	@$(PYTHON) -m venv $(VENV)

$(RUN_STAMP): requirements.txt | $(BIN)/python
	@echo "Installing the libraries (about two minutes the first time) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(STATIC_STAMP): $(RUN_STAMP) $(wildcard assets/*)
	@echo "Compressing the static files once, at the best level …"
	@$(BIN)/python -m app.static_files
	@touch $@

setup-dev: setup $(DEV_STAMP)  ## the above, and what the tests need: tools and a browser

$(DEV_STAMP): requirements-dev.txt .ci/browser $(RUN_STAMP)
	@echo "Installing the development tools …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@bash .ci/browser
	@touch $@

run: setup  ## serve the product; prepares data and the first forecast if there is none
	@exec $(BIN)/python -m app

# A file stays with one worker, so that what it sets up is made once; the longest files come first as they stand.
test: setup-dev  ## every test, the browser's included
	@$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

check: setup-dev  ## format, lint, types, import contracts
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: setup-dev  ## put the code into its standard form
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: setup-dev  ## measure: what is fast and how fast, as ratios within one run
	@bash .ci/wrk
	@$(BIN)/python -m benchmarks

lock: setup-dev  ## pin requirements*.txt from requirements*.in
	@for s in "" -dev; do $(BIN)/uv pip compile --quiet --universal --python-version 3.11 \
	  --no-emit-index-url --no-annotate --no-header requirements$$s.in -o requirements$$s.txt; done

clean:  ## remove the environment and every cache; working data under data/ stay
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
