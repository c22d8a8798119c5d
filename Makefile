# A stamp file marks a finished install, so that a second `make run` starts at once.
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check --quiet
INSTALL_LOCKED := $(PIP) install --root-user-action=ignore --require-hashes -r
INSTALL_NAGARE := $(PIP) install --root-user-action=ignore --no-deps --no-build-isolation -e .
COMPILE := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header --no-annotate

.DEFAULT_GOAL := help
.PHONY: help run test check audit test-real chaos fuzz load bench lock

help: ## Show the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(VENV)/.installed ## Install the dependencies and start everything; Ctrl-C stops it
	@$(VENV)/bin/nagare up

test: $(VENV)/.installed-dev ## Run all tests that need no root and no system package; ARGS go to pytest
	$(PY) -m pytest -n auto --dist worksteal -m "not real" $(or $(ARGS),tests)

check: $(VENV)/.installed-dev ## Check format, style, types and dependencies
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m mypy
	$(PIP) check
	$(PY) -m tests.audit

audit: $(VENV)/.installed-dev ## Check the locked packages for known vulnerabilities; ARGS=--strict also fails if the advisories are unreachable
	$(PY) -m tests.audit $(ARGS)

test-real: $(VENV)/.installed-dev ## Run the tests against real systems; as root, install them first
	$(PY) -m pytest -m real $(or $(ARGS),tests/real)

chaos: $(VENV)/.installed-dev ## Kill processes at random and verify that no task and no page is lost; ARGS="--minutes 20 --seed 5 --postgresql"
	$(PY) -m tests.chaos $(ARGS)

fuzz: $(VENV)/.installed-dev ## Send the API thousands of requests in every role and check the responses against OpenAPI; ARGS go to pytest
	FUZZ_EXAMPLES=$(or $(FUZZ_EXAMPLES),120) $(PY) -m pytest -n auto --dist worksteal tests/web/test_openapi.py $(ARGS)

load: $(VENV)/.installed-dev ## Run a steady load and fail if memory, open files or another resource grows; ARGS="--minutes 60"
	$(PY) -m tests.load $(ARGS)

bench: $(VENV)/.installed-dev ## Measure nagare and its peers in the same run; ARGS="accept tasks --scale 0.1"
	$(PY) -m bench $(ARGS)

lock: ## Update the lock files (needs uv); LOCK=--upgrade selects newer versions
	$(COMPILE) $(LOCK) pyproject.toml -o requirements.txt
	$(COMPILE) $(LOCK) --extra dev -c requirements.txt pyproject.toml -o requirements-dev.txt
	$(COMPILE) $(LOCK) bench/peers/requirements.in -o bench/peers/requirements.txt

$(VENV)/.created:
	@command -v $(PYTHON) >/dev/null || { echo "nagare needs Python 3.11 or newer, and there is no $(PYTHON)."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "nagare needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) -V 2>&1)."; \
		echo "Use a newer one: make PYTHON=/path/to/python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }
	@touch $@

$(VENV)/.installed: requirements.txt pyproject.toml | $(VENV)/.created
	@echo "Installing the dependencies of nagare into $(VENV)"
	@$(INSTALL_LOCKED) requirements.txt
	@$(INSTALL_NAGARE)
	@touch $@

# The development lock file contains everything in the other one, in the same versions.
$(VENV)/.installed-dev: requirements-dev.txt requirements.txt pyproject.toml | $(VENV)/.created
	@echo "Installing the dependencies of nagare and its tests into $(VENV)"
	@$(INSTALL_LOCKED) requirements-dev.txt
	@$(INSTALL_NAGARE)
	@touch $(VENV)/.installed $@
