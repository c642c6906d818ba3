# The commands for users and developers. Each target runs the set-up that it needs.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: setup demo test test-busy azure-cli verify-azure check format lint types imports policies lock audit sbom review package docs-site terraform faults faults-wire mutants breaks bench bench-judge bench-gates clean notebooks
.DELETE_ON_ERROR:

# If Python 3.13 is available, it also runs the functions through Microsoft's own runtime.
PYTHON313 := $(firstword $(shell python3.13 -c 'import sys; print(sys.executable)' 2>/dev/null) $(lastword $(sort $(wildcard $(HOME)/.pyenv/versions/3.13.*/bin/python3.13))))

# Nothing is written outside the checkout, so there is no cache in the home directory. Errors are shown; warnings about
# this machine's pip settings are not.
PIP := pip install --quiet --quiet --no-cache-dir --disable-pip-version-check

setup: .venv/.installed .venv/runtime/.installed .serving/.installed .azurite/.installed .kusto/.installed .venv-site/.installed $(if $(PYTHON313),.venv-3.13/.installed)

# The versions that Azure gets, for every environment here. Without hashes: pip requires them for all packages or none.
PINS := sed -n 's/^\([a-z0-9.-]*==.*[^ ]\) *\\$$/\1/p' requirements.txt

.venv/.installed: pyproject.toml requirements.in requirements.txt requirements-dev.txt
	@echo "Setting up .venv: Teal, its command line and its tests (about a minute)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Teal needs Python 3.11 or newer; this is " + sys.version.split()[0])'
	@$(PYTHON) -m venv .venv
	@$(PINS) > .venv/pins.txt
	@$(BIN)/python -m $(PIP) --constraint .venv/pins.txt --editable '.[dev]'
	@touch $@

# PyPI has Microsoft's runtime only for 3.13 and newer, but nothing in it needs that, so the tests run it on this Python too.
RUNTIME := azure-functions-runtime==1.3.0 azurefunctions-extensions-base==1.2.0

.venv/runtime/.installed: .venv/.installed
	@$(BIN)/python -m $(PIP) --upgrade --no-deps --ignore-requires-python --target .venv/runtime $(RUNTIME)
	@touch $@

.venv-3.13/.installed: requirements.txt requirements-dev.txt
	@echo "Setting up .venv-3.13: the functions on Microsoft's own runtime (about a minute)"
	@$(PYTHON313) -m venv .venv-3.13
	@.venv-3.13/bin/python -m $(PIP) --require-hashes --requirement requirements.txt  # as Azure does
	@.venv-3.13/bin/python -m $(PIP) --constraint requirements-dev.txt aiohttp croniter $(RUNTIME)
	@touch $@

.serving/.installed: emulator/serving/requirements.txt
	@echo "Setting up .serving: Microsoft's inference server and scikit-learn (about half a minute)"
	@$(PYTHON) -m venv .serving
	@.serving/bin/python -m $(PIP) --requirement $<
	@touch $@

.azurite/.installed: emulator/storage/package-lock.json | .venv/.installed
	@echo "Setting up .azurite: Microsoft's storage emulator (about half a minute)"
	@$(BIN)/python -m emulator.storage

.kusto/.installed: tests/kusto/package-lock.json | .azurite/.installed
	@echo "Setting up .kusto: Microsoft's checker of queries (some seconds)"
	@$(BIN)/python -m tests.kusto

demo: setup
	@$(BIN)/teal demo $(if $(KEEP),--keep)

test: setup
	@$(BIN)/python -m tests.session $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

# The tests that depend on the clock, at low priority next to two busy loops: slower, with the same result.
BUSY ?= tests/endtoend
test-busy: setup
	@$(BIN)/python -m tests.session --busy 2 $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(BUSY)

# Scripts modelled on Azure ML's notebooks, against the emulator, including the one that is too slow for `test`.
notebooks: setup
	@NOTEBOOKS=all $(BIN)/python -m tests.session $(BIN)/python -m pytest tests/emulator/test_notebooks.py

# A small rollout in a real subscription, reported by row of docs/fidelity.md, which names the variables to set. Removes what it creates.
verify-azure: .venv/.installed
	@$(BIN)/teal verify

# Microsoft's command line against the emulator: which commands work, one per line. Not part of `check`, because it is large.
azure-cli: setup .venv-azure-cli/.installed
	@$(BIN)/python -m tests.emulator.azure_cli .venv-azure-cli/bin/az

.venv-azure-cli/.installed:
	@echo "Setting up .venv-azure-cli: Microsoft's command line (about two minutes)"
	@$(PYTHON) -m venv .venv-azure-cli
	@.venv-azure-cli/bin/python -m $(PIP) azure-cli==2.91.0
	@touch $@

# Random schedules of faults against the real controller on an in-memory Azure, with every invariant checked after each step.
# A violation prints a trace and the seed that replays it with N=1.
N ?= 2000
SEED ?= 1
faults: setup
	@$(BIN)/python -m tests.faults --schedules $(N) --seed $(SEED)

# Shorter ones over HTTP: the real adapters on the emulator and Azurite, with the faults in the transport.
faults-wire: N = 100
faults-wire: setup
	@$(BIN)/python -m tests.faults --wire --schedules $(N) --seed $(SEED)

# Breaks of the core and the controller that no test notices: a random sample, for MINUTES minutes.
MINUTES ?= 30
mutants: setup
	@$(BIN)/python -m bench.mutants --minutes $(MINUTES) --seed $(SEED)

# Deliberate breaks, each on its own copy of the sources: fails if neither the random schedules nor a break's tests find it.
breaks: setup
	@$(BIN)/python -m bench.breaks --schedules $(N)

check: setup format lint types imports policies test

format:
	@$(BIN)/ruff format --check .

lint:
	@$(BIN)/ruff check .

types:
	@$(BIN)/mypy

imports:
	@$(BIN)/lint-imports

# Finds what the app would reject in Azure, including variables that policies use but the deployment does not set.
policies: setup
	@$(BIN)/teal policy check --no-estimates --settings infra/main.parameters.json policies
	@$(BIN)/teal policy check --no-estimates examples/policies

# Rewrites requirements.txt from requirements.in. Versions that are still allowed stay; `make lock UPGRADE=1` takes the newest.
lock: .venv-lock/.installed
	@.venv-lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
	  --custom-compile-command "make lock" --constraint requirements-dev.txt $(if $(UPGRADE),--upgrade) --output-file requirements.txt requirements.in

.venv-lock/.installed:
	@$(PYTHON) -m venv .venv-lock
	@.venv-lock/bin/python -m $(PIP) uv==0.13.9
	@touch $@

# Finds known vulnerabilities in what Azure installs. It queries PyPI's advisories over the network, so it is not part of `check`,
# and it fails if they cannot be reached: an audit that checked nothing must not pass.
audit: .venv-audit/.installed
	@.venv-audit/bin/pip-audit --requirement requirements.txt --require-hashes --disable-pip --strict --progress-spinner off

.venv-audit/.installed:
	@$(PYTHON) -m venv .venv-audit
	@.venv-audit/bin/python -m $(PIP) pip-audit==2.10.1
	@touch $@

# A bill of materials of what Azure installs, in CycloneDX: out/sbom.json.
sbom: .venv-sbom/.installed
	@mkdir -p out
	@PYTHONWARNINGS=ignore .venv-sbom/bin/cyclonedx-py requirements requirements.txt --pyproject pyproject.toml --mc-type application \
	  --output-reproducible --output-file out/sbom.json
	@echo "out/sbom.json"

.venv-sbom/.installed:
	@$(PYTHON) -m venv .venv-sbom
	@.venv-sbom/bin/python -m $(PIP) cyclonedx-bom==7.5.0
	@touch $@

# The archive for a deployment without azd: out/teal.zip.
package: setup
	@$(BIN)/teal package

# The templates as the Terraform module deploys them; needs `bicep`.
terraform:
	@for template in main workspace events; do \
	  bicep build infra/$$template.bicep --outfile infra/terraform/templates/$$template.json || exit 1; done

# The documents as a site: out/docs-site/html. Every warning is an error: a link or an anchor that leads nowhere, a page that is not listed.
docs-site: .venv-site/.installed
	@$(PYTHON) -m docs.site
	@NO_MKDOCS_2_WARNING=1 .venv-site/bin/mkdocs --quiet build --config-file out/docs-site/mkdocs.yml
	@echo "out/docs-site/html/README.html"

.venv-site/.installed:
	@$(PYTHON) -m venv .venv-site
	@.venv-site/bin/python -m $(PIP) mkdocs-material==9.8.2
	@touch $@

# A security review, by checkov, of everything that the templates deploy: of their snapshots, because it cannot read newer Bicep.
review: .venv-review/.installed
	@$(PYTHON) -m tests.infra.review out/review
	@.venv-review/bin/checkov --directory out/review --framework arm --compact --quiet --skip-download

.venv-review/.installed:
	@$(PYTHON) -m venv .venv-review
	@.venv-review/bin/python -m $(PIP) checkov==3.3.30
	@touch $@

bench: setup
	@$(BIN)/python -m bench.indexing
	@$(BIN)/python -m bench.bytecode
	@$(BIN)/python -m bench.calls

bench-judge: setup
	@$(BIN)/python -m bench.judge --json out/bench/judge.json --plots out/bench/judge

bench-gates: setup
	@$(BIN)/python -m bench.gates

clean:
	rm -rf .venv .venv-* .serving .azurite .kusto .state out
