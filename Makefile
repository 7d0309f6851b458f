# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Everything made here lands in .build; `make clean` takes it away again.

PYTHON ?= python3
TOOLS := PYTHONPYCACHEPREFIX=.build/cache/pycache $(PYTHON) tests/tools
AUDIT := .build/venv/audit/bin/ansible-playbook

.DEFAULT_GOAL := help
.PHONY: help setup audit test unit live eda molecule sanity lint docs-check bench bursts kernels matrix build clean

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 20

setup: ## install what the tests need: Debian packages, and venvs in .build
	@$(TOOLS)/suites.py --setup lint docs-check sanity unit live eda molecule-default

audit: ## tell what binds each listening socket of this host (ARGS= takes more options of ansible-playbook)
	@$(TOOLS)/audit_venv.py && mkdir -p audit .build/log && rm -f audit/report.txt audit/report.html audit/report.json
	@$(AUDIT) playbooks/audit.yml -e '{"audit_hosts": "localhost", "audit_directory": "$(CURDIR)/audit"}' $(ARGS) \
		> .build/log/audit.log 2>&1 || { cat .build/log/audit.log audit/report.txt 2> /dev/null; exit 1; }
	@cat audit/report.txt

# The order in which they start: what takes longest first, so that the short ones fill up the end
test: ## run every suite below except bench and matrix, and of molecule the scenario default
	@$(TOOLS)/suites.py eda lint docs-check live sanity molecule-default unit

unit: ## pure functions and readers of files: oldest and newest Python, no root, no Ansible
	@$(TOOLS)/suites.py unit

live: ## real SYNs, listeners and daemons in network namespaces: root, newest ansible-core and 2.17
	@$(TOOLS)/suites.py live

eda: ## a real flood, ansible-rulebook, mitigated, restored: root and Java
	@$(TOOLS)/suites.py eda

molecule: ## the role on hosts: every scenario of extensions/molecule, in namespaces and in containers, as root
	@$(TOOLS)/suites.py molecule

sanity: ## ansible-test sanity of the newest ansible-core
	@$(TOOLS)/suites.py sanity

lint: ## ruff, yamllint, mypy, reuse, antsibull-changelog, ansible-lint
	@$(TOOLS)/suites.py lint

docs-check: ## antsibull-docs lint-collection-docs
	@$(TOOLS)/suites.py docs-check

bench: ## measure, as root, and write docs/performance.md (ROWS=role,fleet: only these; BENCH=ci: misses count twice, no page)
	@$(TOOLS)/bench.py $(if $(BENCH),--$(BENCH)) $(if $(ROWS),--rows $(ROWS))

bursts: ## bursts into nginx, redis and node once a minute for three minutes, watched: root (SERVER=redis: only this one)
	@BURSTS=$(or $(SERVER),all) $(TOOLS)/suites.py bursts

kernels: ## the modules inside virtual machines with Debian's kernels 5.10, 6.1, 6.12 and newest, and write docs/kernels.md
	@$(TOOLS)/kernels.py

matrix: ## every ansible-core from 2.17 on, every Python from 3.7 on
	@$(TOOLS)/suites.py matrix

build: ## build the collection into .build/dist
	@$(TOOLS)/audit_venv.py
	@.build/venv/audit/bin/ansible-galaxy collection build --force --output-path .build/dist

.PHONY: dev release release-check release-file
dev: ## set up for changing the collection: linters, nox and pre-commit in .build/venv, and the hook before each commit
	@$(TOOLS)/dev.py

release: ## prepare a release, VERSION=1.0.0: version, changelog, file in .build/dist, all checked
	@$(TOOLS)/release.py "$(VERSION)"

release-check: ## the same in a copy; the checkout stays as it is
	@$(TOOLS)/release.py --check

release-file: ## build and check the file of a version that is prepared already
	@$(TOOLS)/release.py --file

clean: ## remove all that the other targets made
	rm -rf .build .ansible audit tests/output

.PHONY: fleet
fleet: ## N hosts (100) over real ssh in namespaces, as root: audited, tuned, audited beside the first time; the page is left in .build/fleet
	@$(TOOLS)/fleet.py $(if $(N),$(N),100)

.PHONY: screenshots
screenshots: ## the pictures of the README, of a fleet of 60 hosts, in docs
	@$(TOOLS)/fleet.py 60 && $(TOOLS)/fleet.py screenshots

.PHONY: fleet-many
fleet-many: ## what the report of 10,000 hosts costs, made of those that `make fleet` left; fails where a bound is missed
	@$(TOOLS)/fleet.py many

# ---------------------------------------------------------------- the manual

.PHONY: story

story: ## play a story of docs/my-server-drops-connections.md with real packets, as root: N=1, 2, 3 or 4
	@$(TOOLS)/audit_venv.py
	@PYTHONPATH=.collections .build/venv/audit/bin/python -m ansible_collections.linuxnet.tcp.tests.stories $(N)

.PHONY: docs

docs: .build/venv/docs/made ## build the manual as a site into .build/docs/site
	@.build/venv/docs/bin/python docs/docsite/build_site.py

.build/venv/docs/made: tests/requirements/docs.txt
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 12) else "make docs needs Python 3.12 or newer: make docs PYTHON=python3.13")'
	@$(PYTHON) -m venv .build/venv/docs
	@.build/venv/docs/bin/pip install --quiet --disable-pip-version-check -r tests/requirements/docs.txt
	@touch $@

# ---------------------------------------------------------------- proof

.PHONY: fuzz mutants

fuzz: ## mutated samples into every parser and the findings: SECONDS=300, SEED= repeats a run, ONLY='part of a name'
	@$(TOOLS)/fuzz.py --seconds $(or $(SECONDS),300) $(if $(SEED),--seed $(SEED)) $(if $(ONLY),--only "$(ONLY)")

mutants: ## would the unit tests see a slip of the hand? N=200 mutants of the pure rooms, SEED= repeats a sample, ONLY=part of a path
	@$(TOOLS)/mutants.py --number $(or $(N),200) $(if $(SEED),--seed $(SEED)) $(if $(ONLY),--only "$(ONLY)")
