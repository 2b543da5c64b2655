# The way to everything a developer does here. `make` lists it.

# Arguments for `make run` and `make dev`: make run ARGS="--addr 127.0.0.1:9000"
ARGS ?=
# `make test PKG=./chat RUN=TestResume` runs less.
PKG ?= ./...
RUN ?= .
FUZZTIME ?= 30s
BENCHTIME ?= 1s
# Of `make bench`: messages a second of the open loop, idle sockets, scenarios.
RATE ?= 1000,10000
SOCKETS ?= 5000
SCENARIOS ?= closed,open,fanout,history,search,bot,assignment,idle
# `make chaos RUN=TestChaos/kill SEED=42` plays one scenario again.
SEED ?= 0

# Public data sets that quality is measured on; without them those tests are
# skipped by name. Not PARLEY_…: the program refuses variables it does not know.
ifneq ($(wildcard ../shared/data/.),)
export TEST_DATA ?= $(abspath ../shared/data)
endif

BINARY := bin/parley
BUNDLE := web/dist/manifest.json
MODULES := web/node_modules/.package-lock.json
WEB_SOURCES := $(shell find web \( -path web/dist -o -path web/node_modules \) -prune -o -type f ! -name '*.go' ! -name '*.md' -print)
TOOL := go tool -modfile=tools/go.mod

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL: # the set-up comes before what it installs for
.PHONY: help run dev test quality chaos check bench bench-nlu microbench web fuzz screenshots setup build fmt vectors

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: setup build ## install what is missing, build, and start Parley with demo content
	@exec $(BINARY) serve --demo $(ARGS)

dev: setup ## as run, and build and start again when a file changes
	@exec sh scripts/dev.sh $(ARGS)

test: ## all tests, with the race detector, against real servers and a browser
	@sh scripts/setup.sh --test
	@$(MAKE) --no-print-directory web
	@echo "==> testing the web pages' code"
	@cd web && npm test --silent
	@echo "==> testing everything else (the first time, building for it takes some minutes)"
	go test -race -shuffle=on -timeout=15m -p=2 -run='$(RUN)' $(PKG)
ifdef TEST_DATA
	@if [ '$(PKG) $(RUN)' = './... .' ]; then $(MAKE) --no-print-directory quality; fi
endif

quality: ## what is promised of understanding and search, on the public data sets (TEST_DATA)
	@echo "==> holding understanding and search against the public data sets"
	go test -timeout=15m -p=1 -run='^Test(Gates|AboveThePlatforms|Typos|OneLetterIsWrong|RetrievalOnPublicSets|RetrievalOnRealHelpCentres|RealHelpCentres|AnswersOnRealHelpCentres)$$' ./bot/eval ./kb ./kb/index ./e2e

chaos: ## break what Parley runs on while people talk, and prove that nothing is lost (about 15 minutes)
	@sh scripts/setup.sh --test
	@$(MAKE) --no-print-directory web
	go test -count=1 -timeout=45m -v -run='$(RUN)' ./e2e/chaos -long -seed=$(SEED)

check: web ## formatting, linters (gosec and staticcheck too), types, module files and known vulnerabilities, without changing anything
	$(TOOL) golangci-lint fmt --diff
	go mod tidy -diff
	cd web && npm run check --silent
	go vet ./...
	$(TOOL) golangci-lint run
	@echo "==> looking for known vulnerabilities"
	@sh scripts/vulncheck.sh

fmt: ## format the Go code
	$(TOOL) golangci-lint fmt

# On a quiet machine: `make bench SOCKETS=20000` holds more than the usual limit
# of open files allows, which is why it tries to raise it.
bench: setup build ## speed and memory, beside a relay and the bare event log, as tables (about 15 minutes)
	@echo "==> synced each second (--durability relaxed)"
	@ulimit -n 65536 2>/dev/null; $(BINARY) bench --own --durability relaxed --scenario $(SCENARIOS) --rate $(RATE) --sockets $(SOCKETS)
	@echo "==> synced before the ack (--durability sync)"
	@$(BINARY) bench --own --durability sync --scenario closed,open
	@echo "==> assignment with 10,000 agents and 100,000 waiting"
	@go test -run='^$$' -bench='^BenchmarkAssignBacklog$$' -benchtime=2s ./routing
	@echo "==> the projection catches up, while somebody talks"
	@go test -run='^$$' -bench='^BenchmarkCatchUp$$' -benchtime=3x ./chat
	@echo "==> search in up to 100,000 passages"
	@BENCH=1 go test -timeout=20m -run='^$$' -bench='^BenchmarkSearch$$' -benchtime=500x ./kb

# The tables of docs/quality.md, from the public sets.
bench-nlu: build ## how well the bot understands and the search finds, on the public data sets (TEST_DATA)
	@[ -d "$(TEST_DATA)" ] || { echo "bench-nlu: set TEST_DATA to the folder of the public data sets" >&2; exit 1; }
	@sh scripts/bench-nlu.sh "$(TEST_DATA)" $(BINARY)

microbench: setup build ## benchmarks beside the code; compares with those of the run before
	@if [ -f bin/microbench.txt ]; then mv bin/microbench.txt bin/microbench.before.txt; fi
	go test -run='^$$' -bench=. -benchmem -benchtime=$(BENCHTIME) -p=1 $(PKG) | tee bin/microbench.txt
	@if [ -f bin/microbench.before.txt ]; then $(TOOL) benchstat bin/microbench.before.txt bin/microbench.txt; fi

fuzz: ## run each fuzz target for FUZZTIME (30s)
	@sh scripts/fuzz.sh $(FUZZTIME)

screenshots: ## take the pictures in docs/images again
	@sh scripts/setup.sh --test
	@$(MAKE) --no-print-directory web
	SCREENSHOTS="$(CURDIR)/docs/images" go test -count=1 -timeout=10m -run='^TestScreenshots$$' ./e2e

vectors: ## train the vectors of meaning again, after a change of bot/lexicon/paraphrases (about a minute)
	go run ./internal/vectors/train

web: $(BUNDLE) ## bundle the widget, the console and the pages' scripts

setup:
	@sh scripts/setup.sh

# Go knows best what has changed, and takes half a second when nothing has.
build: $(BUNDLE)
	@echo "==> building $(BINARY) (the first time takes some minutes)"
	@go build -o $(BINARY) ./cmd/parley

$(BUNDLE): $(MODULES) $(WEB_SOURCES)
	@echo "==> bundling the web pages"
	@cd web && node build.mjs
	@touch $@

$(MODULES): web/package.json web/package-lock.json
	@echo "==> installing the web pages' libraries"
	@cd web && npm ci --ignore-scripts --no-audit --no-fund
	@touch $@
