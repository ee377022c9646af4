# `make help` lists what there is.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# One more than there are cores, since many tests wait for servers and processes.
WORKERS := $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)
export DO_NOT_TRACK := 1
export KEDRO_DISABLE_TELEMETRY := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export NO_MKDOCS_2_WARNING := 1

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev run test lint format bench bench-quality lineage docs lock clean

help: ## Say what each command does
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 18

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: pyproject.toml requirements.lock | $(BIN)/python
	$(BIN)/python -m pip install --quiet --no-compile --constraint requirements.lock --editable .
	@touch $@

$(VENV)/.dev: pyproject.toml requirements.lock | $(BIN)/python
	$(BIN)/python -m pip install --quiet --no-compile --constraint requirements.lock --editable ".[dev]"
	@touch $@ $(VENV)/.run

setup: $(VENV)/.run ## Make the virtual environment with locked packages

setup-dev: $(VENV)/.dev ## The same, with what tests, AWS and kedro-viz need

run: setup ## Set up, then map the demo region: data/08_reporting/demo/report.html
	$(BIN)/kedro run
	@echo "Open data/08_reporting/demo/report.html"

test: lint ## Lint, then every test
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder -q

lint: setup-dev ## ruff, mypy strict, import-linter
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup-dev ## Format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: setup-dev ## Speed and scale beside the peers, as ratios from one run
	$(BIN)/python benchmarks/training.py
	$(BIN)/python benchmarks/prediction.py
	$(BIN)/python benchmarks/scheduling.py

bench-quality: setup-dev ## Scores and uncertainty judged on several regions: docs/benchmarks.md (hours; resumes)
	$(BIN)/python benchmarks/quality.py
	$(BIN)/python benchmarks/deposits.py
	$(BIN)/python benchmarks/uncertainty.py
	$(BIN)/python benchmarks/publish.py

lineage: setup-dev ## Every dataset and node with previews, as a static site: build/index.html
	$(BIN)/kedro viz build --include-previews
	@sed -i.online '/fonts.g[a-z]*.com/d' build/index.html && rm build/index.html.online
	@echo "Serve it, for instance with: $(BIN)/python -m http.server --directory build"

docs: setup-dev ## Build the documentation: site/index.html, which needs no network
	$(BIN)/python -m mkdocs build --strict
	@echo "Open site/index.html; with search: $(BIN)/python -m http.server --directory site"

lock: setup-dev ## Write requirements.lock from what is installed
	$(BIN)/python -m pip freeze --exclude-editable | sed -E 's/^(torch==[0-9.]+).*/\1/; s/^torch @ .*torch-([0-9.]+).*/torch==\1/' > requirements.lock

clean: ## Remove what the pipelines made; raw data and the environment stay
	rm -rf data/02_intermediate data/03_primary data/05_model_input data/06_models data/07_model_output data/08_reporting
