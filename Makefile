# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Everything made here lands in .build; `make clean` takes it away again.

PYTHON ?= python3
# Every target is a session of noxfile.py
START := env PYTHONPYCACHEPREFIX=.build/cache/pycache $(PYTHON) tests/tools/start.py
# In the shell's place, so that who stops make stops it
NOX := exec $(START)
AUDIT := .build/nox/audit/bin
# What nox tells when all is well is nothing to whoever asked for an audit or a story
READY = mkdir -p .build/log && { test -d .build/nox/audit || echo "setup    .build/nox/audit"; } && { $(START) audit > .build/log/ready.log 2>&1 || { cat .build/log/ready.log; exit 1; }; }

.DEFAULT_GOAL := help
.PHONY: help setup audit test unit live eda molecule sanity lint docs-check bench bursts kernels matrix build clean

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 20

setup: ## install what the tests need: Debian packages, and environments in .build/nox
	@$(NOX) setup

audit: ## tell what binds each listening socket of this host (ARGS= takes more options of ansible-playbook)
	@$(READY)
	@mkdir -p audit .build/log && rm -f audit/report.txt audit/report.html audit/report.json
	@$(AUDIT)/ansible-playbook playbooks/audit.yml -e '{"audit_hosts": "localhost", "audit_directory": "$(CURDIR)/audit"}' $(ARGS) \
		> .build/log/audit.log 2>&1 || { cat .build/log/audit.log audit/report.txt 2> /dev/null; exit 1; }
	@cat audit/report.txt

test: ## what lint, docs-check, unit, live, eda and sanity run, and the scenario default of molecule
	@$(NOX) test

unit: ## pure functions and readers of files: oldest and newest Python, no root, no Ansible
	@$(NOX) unit

live: ## real SYNs, listeners and daemons in network namespaces: root, newest ansible-core and 2.17
	@$(NOX) live

eda: ## a real flood, ansible-rulebook, mitigated, restored: root and Java
	@$(NOX) eda

molecule: ## the role on hosts: every scenario of extensions/molecule, in namespaces and in containers, as root; default also by pytest-ansible
	@$(NOX) molecule

sanity: ## ansible-test sanity of the newest ansible-core
	@$(NOX) sanity

lint: ## ruff, yamllint, mypy, reuse, antsibull-changelog, ansible-lint
	@$(NOX) lint

docs-check: ## antsibull-docs lint-collection-docs
	@$(NOX) docs-check

bench: ## measure, as root, and write docs/performance.md (ROWS=role,fleet: only these; BENCH=ci: misses count twice, no page)
	@$(NOX) bench $(if $(BENCH),--$(BENCH)) $(if $(ROWS),--rows $(ROWS))

bursts: ## bursts into nginx, redis and node once a minute for three minutes, watched: root (SERVER=redis: only this one)
	@export BURSTS=$(or $(SERVER),all); $(NOX) bursts

kernels: ## the modules inside virtual machines with Debian's kernels 5.10, 6.1, 6.12 and newest, and write docs/kernels.md
	@$(NOX) kernels

matrix: ## every ansible-core from 2.17 on, every Python from 3.7 on
	@$(NOX) matrix

build: ## build the collection into .build/dist
	@$(NOX) build

.PHONY: dev refresh release release-check release-file
dev: ## set up for changing the collection: linters, nox and pre-commit in .build, and the hook before each commit
	@$(NOX) dev

refresh: ## pin all test tools anew, as their newest versions, in tests/requirements/locked
	@$(NOX) refresh

release: ## prepare a release, VERSION=1.0.0: version, changelog, file in .build/dist, all checked
	@$(NOX) release "$(VERSION)"

release-check: ## the same in a copy; the checkout stays as it is
	@$(NOX) release-check

release-file: ## build and check the file of a version that is prepared already
	@$(NOX) release --file

clean: ## remove all that the other targets made
	rm -rf .build .ansible audit tests/output

.PHONY: fleet
fleet: ## N hosts (100) over real ssh in namespaces, as root: audited, tuned, audited beside the first time; the page is left in .build/fleet
	@$(NOX) fleet $(if $(N),$(N),100)

.PHONY: screenshots
screenshots: ## the pictures of the README, of a fleet of 60 hosts, in docs
	@$(START) fleet 60 && $(NOX) fleet screenshots

.PHONY: fleet-many
fleet-many: ## what the report of 10,000 hosts costs, made of those that `make fleet` left; fails where a bound is missed
	@$(NOX) fleet many

# ---------------------------------------------------------------- the manual

.PHONY: story

story: ## play a story of docs/my-server-drops-connections.md with real packets, as root: N=1, 2, 3 or 4
	@$(READY)
	@PYTHONPATH=.collections $(AUDIT)/python -m ansible_collections.linuxnet.tcp.tests.stories $(N)

.PHONY: docs

docs: ## build the manual as a site into .build/docs/site
	@$(NOX) docs

# ---------------------------------------------------------------- proof

.PHONY: fuzz mutants

fuzz: ## mutated samples into every parser and the findings: SECONDS=300, SEED= repeats a run, ONLY='part of a name'
	@$(NOX) fuzz --seconds $(or $(SECONDS),300) $(if $(SEED),--seed $(SEED)) $(if $(ONLY),--only "$(ONLY)")

mutants: ## would the unit tests see a slip of the hand? N=200 mutants of the pure rooms, SEED= repeats a sample, ONLY=part of a path
	@$(NOX) mutants --number $(or $(N),200) $(if $(SEED),--seed $(SEED)) $(if $(ONLY),--only "$(ONLY)")
