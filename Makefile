# Everything a newcomer or a CI machine does. `make demo` and `make test` need Python 3.11 or later
# and nothing else; the rest is installed into .venv, once per change of pyproject.toml.
#
#   PYTHON=/path/to/python   the interpreter to make .venv with
#   PIP_ARGS="..."           more arguments for pip: --index-url, --find-links, --no-index
#   PYTEST_ARGS="..."        more arguments for pytest

SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --disable-pip-version-check --quiet $(PIP_ARGS)
PYTEST := $(BIN)/python -m pytest --quiet

DEMO := build/digits

.PHONY: help demo test test-slow test-cuda fuzz lint format types docs bench image-check clean
.DELETE_ON_ERROR:

help:
	@echo 'make demo         certify and verify a real data set (scikit-learn digits), under build/'
	@echo 'make test         the fast tests'
	@echo 'make test-slow    the slow tests: fresh environments, kills, millions of draws'
	@echo 'make test-cuda    the tests that need a CUDA device'
	@echo 'make fuzz         coverage-guided fuzzing with atheris, FUZZ_SECONDS for each target'
	@echo 'make lint types   ruff, mypy --strict'
	@echo 'make docs         the documentation as a site, under build/site'
	@echo 'make bench        learners against a plain loop; verifier; sandbox; forgeries caught'
	@echo 'make image-check  build and run the verifier container image (Debian, as root)'
	@echo 'make clean        remove build/ and .venv'

# --- environments ---------------------------------------------------------------------------------

$(BIN)/python:
	@python=$$(PYTHON='$(PYTHON)' scripts/find-python) || exit 1; \
	echo "Making $(VENV) with $$python"; \
	"$$python" -m venv $(VENV)

# The stamps are newer than pyproject.toml exactly when what it names is installed.
$(VENV)/.run: pyproject.toml | $(BIN)/python
	@echo 'Installing auditor[run] into $(VENV): a few minutes the first time, most of it PyTorch'
	@$(PIP) -e '.[run]'
	@touch $@

$(VENV)/.dev: pyproject.toml $(VENV)/.run
	@echo 'Installing the test and lint tools into $(VENV)'
	@$(PIP) -e '.[run,dev]'
	@touch $@

# --- the two commands of the README ---------------------------------------------------------------

demo: $(VENV)/.run
	@mkdir -p build
	$(BIN)/audit run examples/digits/recipe.toml --out $(DEMO) $(if $(wildcard $(DEMO)),--overwrite)
	$(BIN)/audit verify $(DEMO) --key $(DEMO).pub --replay all
	@echo
	@echo 'What you have: an ensemble that tells handwritten 1s from 7s, and a signed certificate'
	@echo 'that says for each test image how many training images and which changes of the image'
	@echo 'itself could not have altered its answer. The second command checked the signature and'
	@echo 'the arithmetic of every claim and cast all votes again, as somebody who does not trust'
	@echo 'you would.'
	@echo
	@echo 'Open $(DEMO)/report.html in a browser.'

test: $(VENV)/.dev
	$(PYTEST) -m 'not slow' -n auto --maxprocesses=4 $(PYTEST_ARGS)

# --- the rest -------------------------------------------------------------------------------------

test-slow: $(VENV)/.dev
	$(PYTEST) -m slow -n auto --maxprocesses=2 $(PYTEST_ARGS)

test-cuda: $(VENV)/.dev
	$(PYTEST) -m cuda $(PYTEST_ARGS)

docs: $(VENV)/.dev
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	@echo 'Open build/site/index.html in a browser.'

FUZZ_SECONDS := 300
FUZZ_TARGETS := parser strangers_input strangers_folder liars_release

fuzz: $(VENV)/.dev
	@$(PIP) atheris
	@for target in $(FUZZ_TARGETS); do \
		$(BIN)/python -m tests.fuzz.guided $$target -max_total_time=$(FUZZ_SECONDS) || exit 1; \
	done

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: $(VENV)/.dev
	$(BIN)/mypy

bench: $(VENV)/.run
	$(BIN)/python -m benchmarks.learners
	$(BIN)/python -m benchmarks.verify
	$(BIN)/python -m benchmarks.sandbox
	$(BIN)/python -m benchmarks.evidence forgery

image-check:
	tests/image/check.sh

clean:
	rm -rf build .venv
