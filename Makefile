# The commands of the project; `make` alone lists them.
# The virtual environment is made from requirements.lock and made again only when that or pyproject.toml changes.

PYTHON ?= python3
VENV := .venv
INSTALLED := $(VENV)/.installed
RUN := $(VENV)/bin/python -m
# one more than there are cores, since many a test waits; each takes up to 700 MB
AT_ONCE ?= $(shell cores=$$(getconf _NPROCESSORS_ONLN); echo $$((cores < 8 ? cores + 1 : 8)))

.DEFAULT_GOAL := help
.PHONY: help install demo test check contract torture accuracy bench bench-quick bench-full docs reference lock clean

help: ## list these commands
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20

install: $(INSTALLED) ## virtual environment with everything in requirements.lock

$(INSTALLED): requirements.lock pyproject.toml scripts/install
	@PYTHON="$(PYTHON)" VENV="$(VENV)" scripts/install

demo: install ## a synthetic province through the whole pipe; again for its next month
	@$(VENV)/bin/gateway demo

test: install ## every test that needs no server, on every core; ARGS="-k word" chooses
	@$(RUN) pytest -q --numprocesses $(AT_ONCE) --dist loadfile --no-loadscope-reorder $(ARGS)

check: install ## style, types, floors, and a reason for every ignore
	@$(RUN) ruff check .
	@$(RUN) ruff format --check .
	@$(RUN) mypy --strict --explicit-package-bases gateway plugins tests bench
	@$(VENV)/bin/lint-imports --no-logo
	@$(RUN) pytest -q tests/docs/test_ignores.py

contract: install ## both contracts and every event by other people's checkers, which are installed for it
	@VENV="$(VENV)" scripts/contract $(ARGS)

torture: install ## seeds of faults over every channel: SEEDS=10000; ARGS="--level site" chooses
	@$(RUN) tests.torture --seeds $(or $(SEEDS),200) $(ARGS)

bench: install ## how quick the gateway is on this machine, written to docs/performance.md; ONLY=intake for one section
	@$(RUN) bench run $(addprefix --only ,$(ONLY)) $(ARGS)

bench-quick: install ## the same in a minute: name, value, unit, ratio; nothing is written
	@$(RUN) bench quick $(ARGS)

bench-full: install ## two years of months of 15 million benefits; ARGS="--months 1" for one; hours, and see the disk it asks for
	@$(RUN) bench full $(ARGS)

accuracy: install ## how often the rules are right and wrong: 24 months of 200 000 people with known truth
	@$(RUN) bench.accuracy $(ARGS)

docs: install ## the documentation as pages in site/, to be read without a network
	@NO_MKDOCS_2_WARNING=1 $(RUN) mkdocs build --strict # not --quiet: it hides warnings from --strict too
	@echo "open site/index.html"

reference: install ## docs/reference again from the code, and what else is written from it
	@$(RUN) tests.support.reference
	@$(RUN) gateway.testing.event_schemas
	@$(RUN) gateway.testing.field_table
	@$(RUN) tests.support.rules

lock: install ## requirements.lock again from pyproject.toml; UPGRADE=1 takes the newest versions
	@VENV="$(VENV)" UPGRADE="$(UPGRADE)" scripts/lock
	@$(RUN) pytest -q tests/docs/test_lock.py

clean: ## remove the virtual environment and every cache
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info site
	@find gateway plugins tests bench -name __pycache__ -type d -prune -exec rm -rf {} +
