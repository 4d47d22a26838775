# The one way in: everything a person or CI does is a target here.
PYTHON ?= python3
DATA ?= .demo
WORKERS ?= 2
SECONDS ?= 60

BIN := .venv/bin
PLATE_CARDS := plate-corners-clp plate-text-clp plate-text-ppocr4 plate-text-ppocr6
STAMPS := .venv/stamps
ROOMS := contract ground detectors models edge ingest store server tantou
PYTHON_CODE := $(ROOMS) tests scripts
CONSOLE_SOURCES := $(shell find console -path console/node_modules -prune -o -path console/dist -prune -o -type f -print 2>/dev/null)
NPM := PATH="$(CURDIR)/$(BIN):$$PATH" $(CURDIR)/$(BIN)/npm --prefix console --no-fund --no-audit --loglevel=error

.PHONY: help setup run check test bench fuzz screenshot lock console system
.DEFAULT_GOAL := help

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 14

setup: $(STAMPS)/python system $(STAMPS)/console $(STAMPS)/footage $(STAMPS)/plates ## environment, Debian packages where it may, console, demo footage, plate readers

run: setup ## the whole system on this machine with demo cameras; Ctrl-C ends it
	$(BIN)/tantou up --demo --data $(DATA)

check: $(STAMPS)/python $(STAMPS)/node ## style, types, import rules, console
	$(BIN)/ruff check $(PYTHON_CODE)
	$(BIN)/ruff format --check $(PYTHON_CODE)
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(NPM) run --silent check
	$(NPM) run --silent test

test: setup ## unit, property, house, integration and end-to-end tests
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup

bench: setup ## the measured figures beside their budgets
	$(BIN)/python -m tests.bench

fuzz: $(STAMPS)/python ## the HJ 212 decoder under hostile input; goes on where it stopped (SECONDS=60)
	$(BIN)/python -m tests.fuzz.hj212 --seconds $(SECONDS)

screenshot: setup ## docs/images/console.png from the running system
	$(BIN)/python -m scripts.screenshot

lock: $(STAMPS)/python ## locks/*.txt anew from pyproject.toml
	$(BIN)/python scripts/lock.py

console: $(STAMPS)/console ## the console's files into server/static

system: $(STAMPS)/python
	@$(BIN)/python scripts/system_packages.py

$(STAMPS)/python: locks/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11 setup" >&2; exit 2; }
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r locks/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/node: $(STAMPS)/python console/package.json console/package-lock.json
	$(NPM) ci --ignore-scripts
	@touch $@

$(STAMPS)/console: $(STAMPS)/node $(CONSOLE_SOURCES)
	$(NPM) run --silent build -- --logLevel warn
	@touch $@

# Without them a gateway goes on and says plate_reader_unavailable, so a package index that lacks them stops nobody.
$(STAMPS)/plates: $(STAMPS)/python $(wildcard models/cards/plate-*.toml)
	@for card in $(PLATE_CARDS); do \
	  $(BIN)/tantou models pull $$card > /dev/null || { echo "plates will not be read: $$card could not be pulled" >&2; exit 0; }; \
	done; touch $@

$(STAMPS)/footage: $(STAMPS)/python $(wildcard tantou/demo/*.py)
	$(BIN)/tantou demo footage --data $(DATA)
	@touch $@
