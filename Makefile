# Two commands do everything: `make demo` and `make test`. Both need Python 3.11 or newer and make, nothing else.

PYTHON ?= python3
FRAMEWORK ?= flask
# Every Python that pyenv has is tried, beside those on the PATH.
PYTHONS := $(wildcard $(or $(PYENV_ROOT),$(HOME)/.pyenv)/versions/3.1[1-9].*/bin/python)
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test lint clean

demo: $(VENV)/demo.installed
	$(BIN)/invoice-portal demo --framework $(FRAMEWORK) $(if $(PORT),--port $(PORT))

test: $(VENV)/tox.installed
	tools/install-test-programs.sh
	$(BIN)/tox run $(if $(PYTHONS),--discover $(PYTHONS)) $(if $(ENV),-e $(ENV)) $(if $(ARGS),-- $(ARGS))

lint: $(VENV)/tox.installed
	$(BIN)/tox run -e lint

$(VENV)/demo.installed: pyproject.toml $(BIN)/python
	@echo "Installing the portal and the demo's packages …"
	@$(BIN)/pip install --quiet --editable '.[demo]'
	@touch $@

$(VENV)/tox.installed: $(BIN)/python
	@$(BIN)/pip install --quiet 'tox>=4.25'
	@touch $@

$(BIN)/python:
	tools/make-venv.sh $(PYTHON) $(VENV)

clean:
	rm -rf $(VENV) .tox .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist
