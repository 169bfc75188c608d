# Infloo: `make help` lists what there is.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/pip install --quiet --disable-pip-version-check

.PHONY: help run test soak lint bench openapi screenshots lock

help: ## show this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):[^#]*## /  make \1\t/' | expand -t 20

run: $(VENV)/runtime ## set up, fill an empty database with demo people (unless DEMO=0), serve on 127.0.0.1:8000 (or PORT=)
	@exec $(BIN)/python -m config.run

test: $(VENV)/development ## set up and run the tests on SQLite; ARGS= goes to pytest
	$(BIN)/python -m pytest $(ARGS)

soak: $(VENV)/development ## what CI repeats only a few times, many times
	SOAK=on $(BIN)/python -m pytest tests/e2e/test_start_and_stop.py tests/e2e/clients tests/e2e/test_guessing.py \
		tests/e2e/test_sqlite_writers.py tests/e2e/crashes/test_many.py tests/deploy/test_layout.py \
		tests/core/reading/test_same_answers.py $(ARGS)

lint: $(VENV)/development ## style, types, import contracts, missing migrations, OpenAPI drift
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tests.drift

bench: $(VENV)/development ## measure speed and cost; ARGS= names parts; benchmarks/README.md explains
	$(BIN)/python -m benchmarks $(ARGS)

openapi: $(VENV)/development ## write docs/openapi.json and docs/staff/roles.md anew
	$(BIN)/python -m tests.drift --write

screenshots: $(VENV)/development ## take the pictures in docs/images anew (needs Chromium)
	$(BIN)/python -m tests.screenshots

lock: $(VENV)/development ## pin requirements*.in into requirements*.txt, with hashes; ARGS=--upgrade takes newer versions
	for name in requirements requirements-dev; do \
		$(BIN)/uv pip compile $(ARGS) --universal --python-version 3.11 --generate-hashes --quiet \
			--no-emit-index-url --no-emit-find-links --no-header $$name.in -o $$name.txt; done

$(VENV)/runtime: requirements.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(INSTALL) --require-hashes -r requirements.txt
	@touch $@

$(VENV)/development: requirements-dev.txt $(VENV)/runtime
	$(INSTALL) --require-hashes -r requirements-dev.txt
	@touch $@
