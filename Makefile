# Everything a newcomer needs: `make demo`, `make test`. Nothing here wants an activated virtual environment.
# `.ci/python` finds Python and installs; the stamps below make the second time instant.

PORT ?= 8000
DATA_DIR ?= .data
# More than two cores, since many tests wait for processes of their own.
WORKERS ?= 3
PYTEST_ARGS ?=
export PORT DATA_DIR
# Each start of a process would compile everything anew, which is two thirds of its time.
unexport PYTHONDONTWRITEBYTECODE

VENV := .venv
PY := $(VENV)/bin/python
RUN_STAMP := $(VENV)/.installed
DEV_STAMP := $(VENV)/.installed-dev

.DEFAULT_GOAL := help
.PHONY: help demo dev test test-long lint format bench lock

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' Makefile
	@echo "  PORT=$(PORT) DATA_DIR=$(DATA_DIR) WORKERS=$(WORKERS): set any of them, as in make demo PORT=9000"

demo: $(RUN_STAMP) ## everything with sample data, at http://127.0.0.1:8000/; Ctrl-C stops it
	@exec $(PY) manage.py demo

dev: $(DEV_STAMP) ## the demo, web and worker restarting when the code changes
	@exec env DEBUG=1 $(PY) manage.py demo --reload

test: $(DEV_STAMP) ## all tests, browser tests where there is a Chromium
	@$(PY) -m pytest -n $(WORKERS) $(PYTEST_ARGS)

test-long: $(DEV_STAMP) ## every fault, race and fuzz test with its full counts; the result is kept in docs/
	@TT_LONG=1 $(PY) -m pytest -n $(WORKERS) -rs -o faulthandler_timeout=3600 $(PYTEST_ARGS) > $(VENV)/test-long.log; \
	code=$$?; cat $(VENV)/test-long.log; \
	{ date -u '+%Y-%m-%d %H:%M UTC'; git rev-parse --short HEAD 2>/dev/null; tail -n 1 $(VENV)/test-long.log; } > docs/test-long.txt; \
	exit $$code

lint: $(DEV_STAMP) ## style, types, layers, templates, migrations
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(PY) -m mypy .
	$(VENV)/bin/djade --check --target-version 6.1 $$(find templates -name '*.html')
	$(VENV)/bin/lint-imports
	$(PY) -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run

format: $(DEV_STAMP) ## what lint asks for, done
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .
	$(VENV)/bin/djade --target-version 6.1 $$(find templates -name '*.html')

bench: $(DEV_STAMP) ## the benchmarks, as ratios and as a table
	@exec $(PY) manage.py bench

lock: ## the requirements anew from pyproject.toml (needs uv)
	uv pip compile pyproject.toml --universal --python-version 3.12 --generate-hashes -o requirements.txt
	uv pip compile pyproject.toml --group dev --universal --python-version 3.12 --generate-hashes \
		-c requirements.txt -o requirements-dev.txt

$(RUN_STAMP): requirements.txt
	@.ci/python $(VENV) requirements.txt
	@touch $@

# requirements-dev.txt holds requirements.txt as well.
$(DEV_STAMP): requirements.txt requirements-dev.txt
	@.ci/python $(VENV) requirements-dev.txt
	@touch $(RUN_STAMP) $@
