# make demo: set up .venv and run the demo        make test: set up .venv and run all checks
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: demo test lint setup clean

demo: $(VENV)/.installed
	snakemake
	snakemake --configfile config/experiments/demo_meg.yaml
	@echo "The reports: results/demo/report.html and results/demo_meg/report.html"

test: $(VENV)/.installed-dev lint
	pytest -n 2 --dist loadfile

lint: $(VENV)/.installed-dev
	ruff check .
	ruff format --check .
	snakefmt --check Snakefile workflow
	snakemake --lint
	mypy
	lint-imports
	python -m afterimage document --check

setup: $(VENV)/.installed-dev

$(VENV)/.created:
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if v == (3, 11) else f"error: Afterimage needs Python 3.11, {sys.executable} is {v[0]}.{v[1]}.\nInstall it, or name it: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)")'
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo 'error: this Python cannot make environments.'; echo 'On Debian: apt-get install python3-venv'; exit 1; }
	$(PYTHON) -m venv $(VENV)
	touch $@

$(VENV)/.installed: $(VENV)/.created pyproject.toml requirements.lock
	$(BIN)/pip install --quiet --constraint requirements.lock --editable .
	$(BIN)/python -m compileall -q src
	touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(BIN)/pip install --quiet --constraint requirements.lock --editable '.[dev]'
	touch $@

clean:
	rm -rf $(VENV)
