# Doorstep's commands. `make` alone lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup up down status logs demo replay test test-dates test-compose fuzz faults bench lint format lock docs clean \
  secrets images bundle preflight

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.doorstep-setup
# Much of a test is waiting for another process: three keep two processors busy.
W ?= 3
# Each of them has a broker and a database of its own; a file's tests share what they start, so they stay together.
SIDE_BY_SIDE = -n $(W) --dist loadfile --no-loadscope-reorder

help: ## show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /|/' | awk -F'|' '{printf "  make %-12s %s\n", $$1, $$2}'

setup: ## install what is missing: Debian packages (root or sudo) and the locked Python packages
	@PYTHON="$(PYTHON)" VENV="$(VENV)" STAMP="$(STAMP)" deploy/setup.sh

up: setup ## start everything on this machine; returns when all is healthy
	@$(BIN)/doorstep native up

down: ## stop everything that `make up` or `make demo` started
	@if [ -x $(BIN)/doorstep ]; then $(BIN)/doorstep native down; else echo "Doorstep is not set up."; fi

status: setup ## show every part and whether it is healthy
	@$(BIN)/doorstep native status

logs: setup ## show the end of the logs: make logs S=tickets (F=1 to follow)
	@$(BIN)/doorstep native logs --service "$(S)" $(if $(F),--follow)

demo: setup ## start everything, load a county and play a day of it on the accelerated clock
	@$(BIN)/doorstep native up --demo
	@$(BIN)/doorstep demo

test: lint ## lint, then all tests against real parts but containers (K= to choose, as pytest's -k; W= how many side by side)
	@$(BIN)/python -m pytest tests --ignore=tests/compose $(SIDE_BY_SIDE) $(if $(K),-k "$(K)")

test-dates: setup ## the tests on four other dates, each whole (AT=2028-02-29T09:00 for one, local; K= as above)
	@$(BIN)/python -m tests.dates -n $(W) $(if $(AT),--at "$(AT)") $(if $(K),-k "$(K)")

test-compose: setup ## build the images, start them with docker-compose, test what runs (root; K= to choose)
	@$(BIN)/python -m pytest tests/compose -n 2 --dist loadfile --no-loadscope-reorder $(if $(K),-k "$(K)")

secrets: ## make the secrets that docker-compose.yml mounts, and .env; what is there stays as it is
	@deploy/make-secrets.sh

images: ## build every image from Debian and PyPI where no registry is reachable (root; GRAFANA=its tarball, FRESH=1)
	@deploy/images/build.sh $(if $(FRESH),--fresh) $(if $(GRAFANA),--grafana "$(GRAFANA)")

bundle: ## everything for a machine without network in one file, under dist/
	@deploy/bundle/build.sh $(if $(GRAFANA),--grafana "$(GRAFANA)")

preflight: ## can this machine carry the containers? looks, changes nothing
	@sh deploy/preflight.sh

replay: setup ## play a real month over HTTP on the stepped clock: make replay FILE=requests.csv.gz (O="--limit 500" for options)
	@$(if $(FILE),,echo 'which file? make replay FILE=requests.csv.gz'; exit 2)
	@$(BIN)/doorstep native up --demo
	@$(BIN)/doorstep replay "$(FILE)" $(O)

fuzz: setup ## send generated input to every route in every role (N=50 inputs a route, SEED= to repeat)
	@seed="$(or $(SEED),$$RANDOM)"; echo "seed $$seed"; FUZZ_SEED="$$seed" FUZZ_INPUTS="$(or $(N),20)" \
	  $(BIN)/python -m pytest tests/integration/security/test_fuzz.py -q

faults: setup ## kill, pause, cut and starve every part under traffic, then ask whether anything was lost (SEED=, O=--help)
	@$(BIN)/python -m tests.faults $(if $(SEED),--seed "$(SEED)") $(O)

bench: setup ## measure against baselines on this machine, into bench/ (B="relay filing" to choose; stop the rest first)
	@$(BIN)/python -m bench $(B)

lint: setup ## ruff, mypy --strict, import rules, hadolint, shellcheck, tests that are collected alike each time
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/hadolint deploy/Dockerfile deploy/images/*.Dockerfile
	@$(BIN)/shellcheck doorstep.sh deploy/*.sh deploy/*/*.sh .ci/run
	@$(BIN)/python -m tests.dates.collecting

format: setup ## let ruff put code into form
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format .

LOCK := env -u PIP_FIND_LINKS -u PIP_CONSTRAINT PIP_CONFIG_FILE=/dev/null CUSTOM_COMPILE_COMMAND="make lock" \
	$(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host

lock: ## pin all Python packages anew after a change of pyproject.toml (U=1: to the newest allowed)
	@$(LOCK) $(if $(U),--upgrade) --output-file requirements.lock pyproject.toml
	@$(LOCK) $(if $(U),--upgrade) --extra native --extra dev --output-file requirements-dev.lock pyproject.toml

docs: setup ## write docs/openapi.json and docs/asyncapi.json from the code
	@$(BIN)/doorstep docs

clean: down ## stop, then delete the data folder, the venv and all caches
	@rm -rf .doorstep $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis *.egg-info
