# make run · test · check · bench · test-long · test-faults · smoke · demo-metadata · playground · lock
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
MEDIA  ?=
MEDIA_KIND ?=
DATA   ?=
URL    ?= http://127.0.0.1:8096
ARGS   := $(if $(MEDIA),--media "$(MEDIA)") $(if $(MEDIA_KIND),--kind "$(MEDIA_KIND)") $(if $(DATA),--data "$(DATA)")
TESTS  := $(BIN)/pytest
WORKERS ?= 2

.PHONY: run test check bench test-long test-faults smoke demo-metadata playground lock format clean

run: $(VENV)/.run playground ## start everything; MEDIA=/folder adds and scans a library
	@exec $(BIN)/revenge up $(ARGS)

test: $(VENV)/.dev playground ## the whole test suite on servers it starts itself; 85 % of branches
	$(TESTS) -q --cov --cov-report= -n $(WORKERS) --dist loadfile --no-loadscope-reorder

test-long: $(VENV)/.dev ## the same with big numbers at their full size
	SCALE=full $(TESTS) -q --timeout 1800

test-faults: $(VENV)/.dev ## only what kills, stops and wipes, at full size
	SCALE=full $(BIN)/pytest -q -m faults --timeout 1800

check: $(VENV)/.dev ## formatting, lint, types, import contracts, schema, budgets
	$(BIN)/ruff format --check -q .
	$(BIN)/ruff check -q .
	$(BIN)/mypy
	$(BIN)/python -m tests.contracts --check
	$(BIN)/lint-imports --no-cache --config importlinter.toml
	$(BIN)/revenge schema | diff -u schema.graphql - > /dev/null || (echo "schema.graphql is not current: make schema" && exit 1)
	$(BIN)/pytest -q -p no:cacheprovider tests/test_architecture.py
	$(BIN)/python -m bench.budget

schema: $(VENV)/.dev ## export schema.graphql
	$(BIN)/revenge schema > schema.graphql

format: $(VENV)/.dev
	$(BIN)/ruff check -q --fix . ; $(BIN)/ruff format -q .

bench: $(VENV)/.dev ## every bench; each prints a table
	@if command -v npm > /dev/null 2>&1; then npm ci --prefix bench/graphql --no-audit --no-fund --silent; fi
	$(BIN)/python -m bench.graphql
	$(BIN)/python -m bench.scan
	$(BIN)/python -m bench.logins
	$(BIN)/python -m bench.principal
	$(BIN)/python -m bench.reads
	$(BIN)/python -m bench.cache
	$(BIN)/python -m bench.live
	$(BIN)/python -m bench.images
	$(BIN)/python -m bench.search
	$(if $(CASES),$(BIN)/python -m bench.names --cases "$(CASES)",@echo "bench.names needs CASES=folder")

demo-metadata: $(VENV)/.dev ## providers of its own, a server set up with them, and what became of its library
	@exec $(BIN)/python -m bench.metadata.demo $(if $(FILMS),--films $(FILMS)) $(if $(SHOWS),--shows $(SHOWS))

smoke: $(VENV)/.dev ## a live suite against a deployed server: URL=, SMOKE_USER=, SMOKE_PASSWORD=
	$(BIN)/pytest -q tests/smoke --smoke-url "$(URL)" -p no:cacheprovider

playground: $(VENV)/.run ## install the playground's assets (needs npm, else takes Node from a wheel)
	@if [ ! -f app/playground/node_modules/.package-lock.json ] || [ app/playground/package-lock.json -nt app/playground/node_modules/.package-lock.json ]; then \
	  if command -v npm > /dev/null 2>&1; then npm ci --prefix app/playground --no-audit --no-fund --silent; \
	  else $(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements/node.lock && PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/npm ci --prefix app/playground --no-audit --no-fund --silent; fi \
	  || echo "The playground could not be installed; everything else works."; \
	fi

$(VENV)/.venv:
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed.") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.run: $(VENV)/.venv requirements/run.lock pyproject.toml
	$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements/run.lock
	$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements/build.lock
	$(BIN)/pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.run requirements/dev.lock
	$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements/dev.lock
	@touch $@

lock: ## resolve the versions anew; uv is needed
	uv pip compile -q --universal --generate-hashes --python-version 3.11 --no-emit-index-url pyproject.toml -o requirements/run.lock
	uv pip compile -q --universal --generate-hashes --python-version 3.11 --no-emit-index-url --extra dev pyproject.toml -o requirements/dev.lock
	uv pip compile -q --universal --generate-hashes --python-version 3.11 --no-emit-index-url requirements/build.in -o requirements/build.lock
	uv pip compile -q --universal --generate-hashes --python-version 3.11 --no-emit-index-url requirements/node.in -o requirements/node.lock

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis htmlcov .coverage*
