# Two commands suffice: `make demo` shows a mesh, `make test` runs every check that CI runs.

SHELL := /bin/bash

# Tests and the programs that they exercise are built once, optimised: debug builds of the engines are 10 to 140
# times slower, and the simulations are what takes time. A folder of their own keeps this build, in which
# warnings are errors, from undoing the one for use.
CHECKED := .build-checked
CHECKED_FLAGS := -c release -Xswiftc -enable-testing -debug-info-format none --scratch-path $(CHECKED)
CHECKED_BUILD = HEDDLE_STRICT=1 swift build $(CHECKED_FLAGS)

DEMO_KEY := 0134C0DE1AB51234C0DE1AB5CA1A110F

.PHONY: help demo demo-meshcore build install deb bench test test-long fuzz check check-format check-embedded check-imports unit-tests check-demo check-demo-meshcore check-package clean
.DEFAULT_GOAL := help

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | column -t -s '|'

demo: build ## Form a mesh of three nodes and send traffic over it (uses a network interface when run as root)
	scripts/demo

demo-meshcore: build ## Let MeshCore's own command line talk over a mesh of nodes (installs it from PyPI into .build-python)
	scripts/demo-meshcore

build: ## Build the daemon heddled and the command line heddle, optimised
	scripts/setup
	swift build -c release --product heddled
	swift build -c release --product heddle

install: build ## Install the programs and systemd's unit (PREFIX=/usr/local, DESTDIR=, as root)
	scripts/install "$$(swift build -c release --show-bin-path)"

deb: ## Build a Debian package into this folder, for machines without Swift
	scripts/setup
	scripts/package .

bench: ## Measure what a frame costs and how fast hundreds of nodes are simulated, a few minutes (see docs/performance.md)
	scripts/setup
	swift build -c release --product heddle-bench
	"$$(swift build -c release --show-bin-path)/heddle-bench"

test: ## Run every check: format, warnings, imports, Embedded Swift, unit tests, the demonstration
	scripts/setup --tests
	$(MAKE) check-format check-embedded unit-tests check-demo check-demo-meshcore check-package

test-long: ## Run the tests again with all scenarios: more topologies, more seeds, more loss
	scripts/setup --tests
	HEDDLE_LONG=1 $(MAKE) unit-tests

fuzz: ## Let libFuzzer look for bytes that break a reader, 20 seconds each (scripts/fuzz -t SECONDS NAME for more)
	scripts/setup
	scripts/fuzz

check: check-format check-imports check-embedded ## Run the checks that need no running program

check-format:
	swift format lint --strict -r Sources Tests Examples Package.swift

# Also builds everything, with warnings as errors, and fails on an import that Package.swift does not declare.
check-imports:
	$(CHECKED_BUILD) --build-tests --explicit-target-dependency-import-check error

check-embedded:
	scripts/check-embedded

# `swift test` alone would build everything a second time, with flags of its own.
unit-tests: check-imports
	HEDDLE_STRICT=1 swift test --skip-build $(CHECKED_FLAGS)

check-demo: check-imports
	@mkdir -p $(CHECKED)
	scripts/demo --no-tun --binaries "$$($(CHECKED_BUILD) --show-bin-path)" --keep-capture $(CHECKED)/demo.pcap
	scripts/check-capture $(CHECKED)/demo.pcap $(DEMO_KEY)

check-demo-meshcore: check-imports
	scripts/demo-meshcore --binaries "$$($(CHECKED_BUILD) --show-bin-path)"

# Installs it into a clean system, which needs root and debootstrap.
check-package:
	scripts/check-package

clean: ## Remove everything that was built
	rm -rf .build $(CHECKED) .build-fuzz .build-package
