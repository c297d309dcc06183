# Every task of the project. `make` lists them; `make demo` and `make test` are all that a fresh machine needs.
PYTHON ?= python3.11
ENV := .venv
BIN := $(ENV)/bin
UV := $(BIN)/uv
UV_VERSION := 0.13.9
TESTS ?= tests
TOOLS := .tools
JUDGE := .judge

.DEFAULT_GOAL := help
.PHONY: help demo test check fix bench judge docs lock tools clean

help: ## List the tasks
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 12

# The lock names packages and digests and no host, so that the packages come from
# wherever this machine's package clients are set up to look.
$(ENV)/ready: uv.lock
	@command -v git >/dev/null || { echo "gitcorpus needs git on the PATH"; exit 3; }
	@p=$$(command -v $(PYTHON) || command -v python3); \
	  "$$p" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' \
	  || { echo "gitcorpus needs Python 3.11: make PYTHON=/path/to/python3.11 ..."; exit 3; }; \
	  "$$p" -m venv --clear $(ENV)
	$(BIN)/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	$(UV) export --quiet --frozen --no-emit-project --all-extras --all-groups --output-file $(ENV)/locked.txt > /dev/null
	VIRTUAL_ENV=$(ENV) $(UV) pip install --quiet --require-hashes -r $(ENV)/locked.txt
	VIRTUAL_ENV=$(ENV) $(UV) pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(ENV)/ready ## Play the whole idea: pushes refused and accepted, a tag, a release, its verification
	$(BIN)/python examples/first-corpus/demo.py

test: $(ENV)/ready $(TOOLS)/tried ## Run the tests (TESTS=path narrows them)
	$(BIN)/pytest $(TESTS)

check: $(ENV)/ready $(TOOLS)/tried ## The whole law: lint, imports, types, spelling, tests, docs, a release built twice
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports --no-cache
	$(BIN)/mypy
	$(BIN)/codespell
	$(BIN)/deptry .
	$(BIN)/pytest
	$(MAKE) --no-print-directory docs
	.ci/rebuild

fix: $(ENV)/ready ## Format the code and mend what the linter can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(ENV)/ready ## Measure, side by side with a peer, and print ratios
	$(BIN)/python -m benchmarks.push

# torch comes first and alone: its plain build for processors is what a mirror may hold as a file.
$(JUDGE)/ready: tests/judge/requirements.txt $(ENV)/ready
	"$$(command -v $(PYTHON) || command -v python3)" -m venv --clear $(JUDGE)
	$(JUDGE)/bin/pip install --quiet --disable-pip-version-check $$(grep '^torch==' $<)
	VIRTUAL_ENV=$(JUDGE) $(UV) pip install --quiet -r $<
	@touch $@

judge: $(ENV)/ready $(JUDGE)/ready ## Let other people's programs judge a release of every view, and each find a fault (2 GB)
	rm -rf $(JUDGE)/corpus
	$(BIN)/python tests/judge/corpus.py $(JUDGE)/corpus
	$(JUDGE)/bin/python tests/judge/run.py $(JUDGE)/corpus/release --repo $(JUDGE)/corpus/corpus.git \
	  --key $(JUDGE)/corpus/server.pub --gitcorpus $(BIN)/gitcorpus

docs: $(ENV)/ready ## Build the documentation; every warning is an error
	$(BIN)/sphinx-build --quiet --fail-on-warning --nitpicky docs docs/_build

# Not part of the product, and nothing needs them: without them their tests are skipped, and say so.
$(TOOLS)/ready: tests/tools.txt $(ENV)/ready
	$(BIN)/python -m venv --clear $(TOOLS)
	grep -v '^npm:' tests/tools.txt > $(TOOLS)/wheels.txt
	VIRTUAL_ENV=$(TOOLS) $(UV) pip install --quiet -r $(TOOLS)/wheels.txt
	npm install --silent --no-audit --no-fund --ignore-scripts --prefix $(TOOLS) $$(sed -n 's/^npm://p' tests/tools.txt)
	@touch $@

tools: $(TOOLS)/ready ## Install the formatters, and mutmut, that tests run in the sandbox

$(TOOLS)/tried: tests/tools.txt .ci/packages
	@.ci/packages
	@$(MAKE) --no-print-directory tools || echo "tests of formatters and of mutation are skipped for want of .tools"
	@mkdir -p $(TOOLS) && touch $@

lock: $(ENV)/ready ## Resolve the dependencies anew into uv.lock
	rm -f uv.lock && $(UV) lock --quiet
	sed -E -i 's#registry = "https?://[^"]*"#registry = "index"#; s#url = "https?://[^"]*/([^"/]+)"#path = "\1"#' uv.lock

clean: ## Remove what the other tasks made
	rm -rf $(ENV) $(TOOLS) $(JUDGE) .mypy_cache .ruff_cache .pytest_cache .hypothesis .inline-snapshot build dist docs/_build
