# This needs make and Python 3.11 or newer with its venv module. Everything else is installed into .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CLIENTS := .venv-clients
WHOLE_TOPOLOGY := $(sort $(wildcard tests/deployment/test_whole_topology*.py))
PIP := $(BIN)/python -m pip -qq --disable-pip-version-check
# The hatchling that requirements-build.lock pins builds the project itself.
INSTALL_PROJECT := $(PIP) install --no-deps --no-build-isolation --editable .
COMPILE := $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" --quiet

# Python images set this variable. Each of the hundreds of processes that tests start would then compile everything that
# it imports, which takes as long as the import itself.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo up browser fonts test lint lint-github audit clients chaos topology topology-full topology-tools windows windows-tools bench bench-full bench-peers fidelity docs dist lock clean

help:
	@echo "make demo    render a batch of 24 jobs and show the results"
	@echo "make up      run the service on this machine"
	@echo "make test    linters, type checker and all tests"
	@echo "make browser install Chromium for the HTML engine and the tests of the web page (Debian, Ubuntu; as root)"
	@echo "make fonts   install Noto for text in all scripts and its tests (Debian, Ubuntu; as root)"
	@echo "make lint    ruff, codespell, pyright, import contracts, licences, Dockerfile, workflows"
	@echo "make audit   check the pinned packages for known vulnerabilities; asks PyPI"
	@echo "make clients compile generated clients in Go, Java, Rust, TypeScript and Python, if their tools are installed"
	@echo "make chaos   kill, starve and fill up every part of the service, and count what is lost"
	@echo "make topology         run the programs of docker-compose.yml without Docker, and kill each of them, in five minutes"
	@echo "make topology-full    the same with 1,000 jobs, a second Temporal and figures, in half an hour"
	@echo "make topology-tools   install and build these programs (Debian; as root; with Go)"
	@echo "make windows  run a worker on wine's Windows, with a stub of After Effects, in five minutes"
	@echo "make windows-tools    install wine and a compiler for Windows programs (Debian; as root)"
	@echo "make bench   run the benchmarks, in five minutes"
	@echo "make bench-full   the same with 1,000 jobs and 200 films, in an hour"
	@echo "make bench-peers  install the programs that they compare with (Debian, Ubuntu; as root)"
	@echo "make fidelity FOLDER=…   compare how a folder's Lottie files are drawn with lottie-web"
	@echo "make docs    build the documentation as a site, in site/"
	@echo "make dist    build the wheel and the sources of a release, in dist/"
	@echo "make lock    write the lock files from pyproject.toml"
	@echo "make clean   remove everything that these create, except reelbatch-home"

demo: $(VENV)/runtime
	@$(BIN)/reelbatch demo

up: $(VENV)/runtime
	@$(BIN)/reelbatch up

# The files keep their order. Otherwise those with few but long tests come last, and one processor waits for them.
test: lint $(CLIENTS)/installed
	@$(BIN)/python -m pytest --numprocesses=auto --dist=loadfile --no-loadscope-reorder

# Without it the tests of the web page and of HTML are skipped.
browser:
	@{ command -v chromium && command -v chromium-headless-shell; } >/dev/null || { apt-get update -qq && \
		apt-get install -y -qq --no-install-recommends chromium chromium-headless-shell >/dev/null; }

# Without them, names in many scripts are drawn as boxes, and their tests are skipped. Only tests need unicode-data.
fonts:
	@dpkg -s fonts-noto-core fonts-noto-cjk fonts-noto-color-emoji unicode-data >/dev/null 2>&1 || { \
		apt-get update -qq && apt-get install -y -qq --no-install-recommends \
		fonts-noto-core fonts-noto-cjk fonts-noto-color-emoji unicode-data >/dev/null; }

# Workers with After Effects run on Windows and macOS, so their code is type-checked for these too.
lint: lint-github $(VENV)/development
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/codespell
	@$(BIN)/pyright --pythonpath $(BIN)/python
	@$(BIN)/pyright --pythonpath $(BIN)/python --pythonplatform Windows activities api reelbatch workflows worker.py
	@$(BIN)/pyright --pythonpath $(BIN)/python --pythonplatform Darwin activities api reelbatch workflows worker.py
	@$(BIN)/lint-imports
	@$(BIN)/pip-licenses --from=mixed > /dev/null
	@! test -x $(BIN)/hadolint || $(BIN)/hadolint Dockerfile

# This is not part of `make lint`, because it asks PyPI and fails if PyPI does not respond.
audit: $(VENV)/development
	@$(BIN)/pip-audit --disable-pip --require-hashes --strict --progress-spinner=off --requirement requirements.lock

# Checks workflows, forms and pins, without a network.
lint-github: $(VENV)/development
	@$(BIN)/zizmor --quiet --offline --no-progress --strict-collection .
	@$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-workflows .github/workflows/*.yml
	@$(BIN)/check-jsonschema --quiet --builtin-schema vendor.dependabot .github/dependabot.yml
	@$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-issue-config .github/ISSUE_TEMPLATE/config.yml
	@$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-issue-forms \
		$(filter-out %/config.yml,$(wildcard .github/ISSUE_TEMPLATE/*.yml))

# Only the clients that need a compiler or Java; the others are part of `make test`.
clients: $(VENV)/development $(CLIENTS)/installed
	@$(BIN)/python -m pytest tests/api/openapi/test_generated_clients.py -m long

# A release contains the sources, and the wheel that is built only from them.
dist: $(VENV)/development
	@rm -rf dist
	@$(BIN)/uv build --quiet --no-build-isolation --python $(BIN)/python

# This takes at most ten minutes; tests that run longer are killed.
chaos: $(VENV)/development
	@mkdir -p chaos-output
	@REELBATCH_CHAOS_FIGURES=chaos-output/figures.json \
		timeout --kill-after=10 600 $(BIN)/python -m pytest tests/chaos -m "long or not long"
	@cat chaos-output/figures.json

# If programs are missing, it names them and is skipped. It stops at the first failure, because later tests would wait
# for programs that the failed one left dead.
topology: $(VENV)/development
	@$(BIN)/python -m pytest -x $(WHOLE_TOPOLOGY) -m "topology and not long"

topology-full: $(VENV)/development
	@rm -rf topology-output
	@$(BIN)/python -m pytest -x $(WHOLE_TOPOLOGY) -m topology
	@cat topology-output/*

# PostgreSQL and Prometheus are installed into the system. The policy keeps their services from starting, because they
# would use the tests' ports. Go builds the other programs in the user's cache folder in ten minutes, and is stopped after 20.
POLICY := /usr/sbin/policy-rc.d
topology-tools: $(VENV)/development
	@command -v go >/dev/null || { echo "Go is missing; install Go 1.26 or newer." >&2; exit 1; }
	@{ ls /usr/lib/postgresql/*/bin/initdb && command -v prometheus; } >/dev/null 2>&1 || { apt-get update -qq && \
		{ test -e $(POLICY) || { trap 'rm -f $(POLICY)' EXIT && trap 'exit 1' INT TERM && \
			printf '#!/bin/sh\nexit 101\n' >$(POLICY) && chmod +x $(POLICY); }; } && \
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql prometheus >/dev/null; }
	@$(BIN)/python -m tests.deployment.programs

# If programs are missing, it names them and is skipped.
windows: $(VENV)/development
	@$(BIN)/python -m pytest -x tests/windows -m windows

windows-tools:
	@{ command -v wine && command -v x86_64-w64-mingw32-gcc; } >/dev/null || { apt-get update -qq && \
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
		wine wine64 gcc-mingw-w64-x86-64 >/dev/null; }

bench: $(VENV)/runtime
	@$(BIN)/python -m bench

bench-full: $(VENV)/runtime
	@$(BIN)/python -m bench --full

# Debian or Ubuntu, as root. The service does not use these programs; the benchmarks compare it with them.
bench-peers: $(VENV)/development
	@apt-get update -qq && apt-get install -y -qq --no-install-recommends > /dev/null \
		chromium ffmpeg librlottie0-1 redis-server $$(command -v npm > /dev/null || echo nodejs npm)
	@mkdir -p bench-output/peers
	@npm install --silent --no-audit --no-fund --prefix bench-output/peers \
		lottie-web@5.13.0 @nexrender/server@1.38.0
	@$(PYTHON) -m venv bench-output/peers/venv
	@bench-output/peers/venv/bin/pip -qq --disable-pip-version-check install 'celery[redis]==5.7.0'

# Compares with lottie-web, which `make bench-peers` installs.
FOLDER ?= examples/templates
fidelity: $(VENV)/development
	@$(BIN)/python -m bench.fidelity $(FOLDER)

# The variable turns off the theme's advertisement for another program.
docs: $(VENV)/development
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	@echo "Written to site/index.html."

lock: $(VENV)/development
	@$(COMPILE) pyproject.toml --extra server --extra embedded --output-file requirements.lock
	@$(COMPILE) pyproject.toml --extra server --constraint requirements.lock \
		--output-file requirements-server.lock
	@$(COMPILE) pyproject.toml --extra dev --constraint requirements.lock \
		--output-file requirements-dev.lock
	@$(COMPILE) --group clients --output-file requirements-clients.lock
	@echo hatchling | $(COMPILE) - --constraint requirements-dev.lock --output-file requirements-build.lock

clean:
	rm -rf $(VENV) $(CLIENTS) build dist demo-output chaos-output topology-output site *.egg-info .pytest_cache .ruff_cache .import_linter_cache
	find . -name __pycache__ -prune -exec rm -rf {} +

# Modules are not compiled in advance: compiling all takes longer than compiling those that are used.
$(VENV)/runtime: requirements.lock requirements-build.lock pyproject.toml | $(BIN)/python
	@echo "Installing the dependencies into $(VENV) …"
	@$(PIP) install --no-compile --require-hashes --requirement requirements.lock \
		--requirement requirements-build.lock
	@$(INSTALL_PROJECT)
	@touch $@

$(VENV)/development: requirements-dev.lock requirements-build.lock pyproject.toml | $(BIN)/python
	@echo "Installing the dependencies and the development tools into $(VENV) …"
	@$(PIP) install --no-compile --require-hashes --requirement requirements-dev.lock \
		--requirement requirements-build.lock
	@$(INSTALL_PROJECT)
	@touch $(VENV)/runtime $@

# Generators of clients need other versions of packages than the service and its tools.
$(CLIENTS)/installed: requirements-clients.lock | $(VENV)/development
	@echo "Installing generators of clients into $(CLIENTS) …"
	@$(BIN)/python -m venv --clear --without-pip $(CLIENTS)
	@$(PIP) --python $(CLIENTS)/bin/python install --no-compile --require-hashes --requirement $<
	@touch $@

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is missing; install Python 3.11 \
	or newer, or name another one: make PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is \
	older than Python 3.11; name a newer one: make PYTHON=/path/to/python3" >&2; exit 1; }
	@echo "Making $(VENV) …"
	@$(PYTHON) -m venv $(VENV)
