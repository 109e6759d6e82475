# Everything runs in .venv, which is made from requirements-dev.txt and made again when that or
# requirements.txt changes. It needs make and Python 3.11 or newer. PYTHON=... names another one,
# which gets an environment of its own: .venv-3.12.1.

PYTHONS := python3.14 python3.13 python3.12 python3.11 python3 python
VERSION  = $(shell $(PYTHON) -c "import sys; print('%d.%d.%d' % sys.version_info[:3])" 2>/dev/null)
VENV    := .venv$(if $(PYTHON),-$(or $(VERSION),none))
READY   := $(VENV)/.ready
RUN     := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)/python
# Some tests wait for processes and servers: one more than two cores could do.
PYTEST  := $(RUN) -m pytest -n 3
EACH_STASH := $(RUN) -m tools.each_stash

# Every process that the tests start would compile everything again.
unexport PYTHONDONTWRITEBYTECODE

# What the tests under a Windows Python need and this system lacks. apt-get can get Wine.
found    = $(shell command -v $(1) 2>/dev/null)
LACKING  = $(strip $(foreach tool,mvn x86_64-w64-mingw32-gcc,$(if $(call found,$(tool)),,$(tool))) \
             $(if $(call found,wine)$(call found,apt-get),,wine))

# What runs on Windows, or for its tests; the other tests use names that Windows lacks.
ON_WINDOWS := PlexSync.py process_queue.py hooks tasks worker sync_queue stash plex validation \
              simulators tools tests/windows

.PHONY: help demo demo-setup test check bench soak test-windows test-stash test-page pictures \
        settings package audit clean FORCE
.DELETE_ON_ERROR:

help:  ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1 - \2/p' Makefile

demo: $(READY)  ## Edits in a simulated Stash travel to a simulated Plex
	@$(RUN) -m simulators.demo

demo-setup: $(READY)  ## Signing in with a simulated plex.tv, step by step in a shell
	@$(RUN) -m simulators.demo_setup

test: $(READY)  ## The tests, in about two minutes; make check runs the slow ones too
	@$(PYTEST)

check: $(READY)  ## Lint, types, spelling, every test, and the branches that they reach
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy
	$(RUN) -m mypy --platform darwin --cache-dir .mypy_cache/darwin
	$(RUN) -m mypy --platform win32 --cache-dir .mypy_cache/win32 $(ON_WINDOWS)
	$(RUN) -m codespell_lib
	$(RUN) -m tools.words
	$(PYTEST) -m "not soak and not stash and not page" --hypothesis-profile new --timeout 300 \
	    --cov --cov-fail-under=95 --cov-report=term-missing:skip-covered

bench: $(READY)  ## The numbers of docs/: hook, queue, whole libraries
	@for file in benchmarks/*.py; do echo "== $$file"; $(RUN) $$file || exit 1; done

soak: $(READY)  ## The long forms of the tests: hundreds of kills
	@$(PYTEST) -m soak --timeout 3600

test-windows: $(if $(LACKING),,$(READY))  ## The tests under a Windows Python in Wine (WINDOWS=3.11 to 3.14)
	@if [ -n "$(LACKING)" ]; then \
	    echo "There is no $(LACKING): the tests under a Windows Python are skipped."; \
	else $(RUN) -m tools.windows $(WINDOWS); fi

test-stash: $(if $(STASH_BIN),$(READY))  ## The end-to-end tests against each Stash of STASH_BIN
	@if [ -n "$$STASH_BIN" ]; then $(EACH_STASH) $(PYTEST) -n 0 -m stash --timeout 600; \
	else echo "STASH_BIN names no Stash: the tests against a real one are skipped."; fi

test-page: $(if $(STASH_BIN),$(READY))  ## The page in each real Stash of STASH_BIN, driven by Chromium
	@if [ -z "$$STASH_BIN" ]; then \
	    echo "STASH_BIN names no Stash: the tests of the page in a real one are skipped."; \
	elif ! command -v "$${CHROMIUM_BIN:-chromium}" >/dev/null; then \
	    echo "There is no chromium (CHROMIUM_BIN): the tests of the page are skipped."; \
	else \
	    $(RUN) -m pip install --quiet --disable-pip-version-check "playwright>=1.50,<2" && \
	    $(EACH_STASH) $(PYTEST) -n 0 -m page --timeout 600 $(PAGE_TESTS); \
	fi

pictures:  ## The page's three pictures in docs/, as make test-page sees them
	@PAGE_PICTURES=docs $(MAKE) --no-print-directory test-page PAGE_TESTS="tests/page/test_pictures.py"

settings: $(READY)  ## Write the settings into PlexSync.yml and docs/config.md
	@$(RUN) -m tools.settings

package: $(READY)  ## dist/: PlexSync.zip, and index.yml for Stash's Add Source
	@$(RUN) -m tools.package

audit: $(READY)  ## Known vulnerabilities of the packages that PlexSync installs
	@$(RUN) -m pip install --quiet --disable-pip-version-check "pip-audit>=2.9,<3"
	@$(RUN) -m pip_audit --strict --disable-pip --require-hashes --requirement requirements.lock

clean:  ## Remove what make made; data/ stays
	rm -rf .venv* .windows dist .pytest_cache .ruff_cache .mypy_cache .hypothesis .coverage .coverage.*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A virtual environment whose Python is gone, or that was never finished, is made again.
$(READY): requirements.txt requirements-dev.txt $(if $(wildcard $(RUN)),,FORCE)
	@for python in $(or $(PYTHON),$(PYTHONS)); do \
	    if $$python -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' \
	        2>/dev/null; then found=$$python; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
	    echo "Python 3.11 or newer with venv is needed (Debian, Ubuntu: apt install python3-venv)."; \
	    exit 1; \
	fi; \
	echo "Making $(VENV) with $$($$found --version)."; \
	$$found -m venv --clear $(VENV)
	@$(RUN) -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@
