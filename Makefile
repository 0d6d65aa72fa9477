# Every door of Hearth has a name here; `make help` lists them.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON := .venv/bin/python
PYTEST := $(PYTHON) -m pytest
SETUP := image/build/with-python.sh -m image.build.setup

.PHONY: help
help: ## show this list
	@grep --extended-regexp --no-filename '^[a-z-]+:.*## ' $(MAKEFILE_LIST) \
		| while IFS=: read -r name about; do printf '  make %-15s %s\n' "$$name" "$${about#*## }"; done

.PHONY: setup
setup: ## install what running Hearth needs: Debian packages, Python packages, engine, models
	@$(SETUP)

.PHONY: run
run: setup ## run Hearth on this host and say where its page is; Ctrl-C ends it
	@exec .venv/bin/hearth run --config build/places.toml $(ARGUMENTS)

.PHONY: setup-test
setup-test:
	@$(SETUP) test

.PHONY: setup-graphics
setup-graphics: ## build the module for graphics cards, with its drivers; `make setup` does so by itself where it finds a card
	@$(SETUP) graphics

.PHONY: setup-image
setup-image:
	@$(SETUP) test image

.PHONY: test
test: ## run every test: check, journeys, browser, mesh, image, graphics, boot, fresh
	@image/build/with-python.sh -m image.build.stages

.PHONY: check
check: setup-test ## run the fast tests: unit tests, and style, types and import rules in tests/test_project.py
	$(PYTEST) --numprocesses auto --dist loadfile -m 'not journey and not browser and not mesh and not boot and not pair and not fresh and not graphics'

.PHONY: test-journeys
test-journeys: setup-test ## run the real daemons on this host and live the product's stories
	$(PYTEST) -m journey

.PHONY: test-browser
test-browser: setup-test ## drive a real browser against the real daemons
	$(PYTEST) -m browser

.PHONY: test-nodes
test-nodes: setup-test ## run several nodes in network namespaces, let them join, and break what can break; takes root
	$(PYTEST) --numprocesses 2 -m mesh

.PHONY: test-mesh
test-mesh: test-nodes ## the same, and two booted PCs that become one mesh where the image is built (`make image` builds it)
	@if compgen -G 'build/hearth_*.raw' > /dev/null; \
	then $(MAKE) test-pair; \
	else echo 'The two booted PCs were left out, since there is no image; `make image test-mesh` builds one first.'; fi

.PHONY: test-graphics
test-graphics: ## compute on a graphics card that the processor plays, and take such a card away
	@$(SETUP) test graphics
	$(PYTEST) -m graphics

.PHONY: test-boot
test-boot: image ## boot the image in QEMU, two PCs at a time, and use it from outside
	$(PYTHON) -m image.build_update --version 0.999 --alone
	$(PYTEST) --numprocesses 2 --maxschedchunk 1 -m boot

.PHONY: test-pair
test-pair: image ## boot two PCs that become one mesh, compute one model and update each other; `make test` has no time for it yet
	$(PYTHON) -m image.build_update --version 0.999 --alone
	$(PYTEST) -m pair

.PHONY: test-fresh
test-fresh: setup-test ## make a fresh Debian 12 and 13 and follow the README in each
	$(PYTEST) -m fresh

DATA ?= ../shared/eval

.PHONY: eval
eval: setup-test ## ask the questions of DATA=… (../shared/eval) and write build/eval.json
	$(PYTHON) -m tests.eval $(DATA)

.PHONY: bench-mesh
bench-mesh: setup-test ## measure joining, failover and routing, live through 10,000 histories; writes build/bench/mesh.json
	$(PYTHON) -m tests.bench.mesh

.PHONY: bench
bench: bench-engine bench-mesh bench-library ## measure the product beside what it is compared with, and write build/bench/*.json

.PHONY: bench-engine
bench-engine: setup-test ## the engine and the API beside llama-server and llama_cpp.server
	$(PYTHON) -m tests.bench.engine

.PHONY: bench-library
bench-library: setup-test ## embedding beside sentence-transformers, and searching up to 100,000 passages; fetches PyTorch once
	$(PYTHON) -m tests.bench.library $(DATA)

COUNT ?= 100

.PHONY: storm
storm: setup-test ## end a working library with kill -9 COUNT=… times and compare truth, indexes and files after each
	$(PYTHON) -m tests.assistant.storm $(COUNT)

.PHONY: image
image: setup-image ## build the image that goes onto a USB stick; NEWEST=1 takes the newest Debian packages
	$(PYTHON) -m image.build_image $(if $(NEWEST),--fresh)

.PHONY: update
update: setup-image ## build the signed update for boxes that run an earlier version; HEARTH_UPDATE_KEY=… names the key
	$(PYTHON) -m image.build_update

.PHONY: boot
boot: image ## boot the image in QEMU; FRESH=1 starts anew
	$(PYTHON) -m image.boot $(if $(FRESH),--fresh)

.PHONY: flash
flash: ## write the image onto a USB stick: sudo make flash DEVICE=/dev/sdX; without DEVICE: list the sticks
	@/usr/bin/python3 -m image.flash $(DEVICE)

.PHONY: lock
lock: setup-test ## resolve every Python dependency anew and write image/locks/*.lock
	$(PYTHON) -m image.build.lock

.PHONY: clean
clean: ## forget the Python environment and what was built in this checkout; ~/.cache/hearth stays
	rm -rf .venv build
