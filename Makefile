# SPDX-License-Identifier: Apache-2.0
# The front door: `make help`. The work is done by CMake, scripts/ and tests/.

# Warnings stop the build where CI runs (or with WERROR=ON).
WERROR ?= $(if $(CI),ON,OFF)
DURATION ?= 0
export DURATION
SECONDS ?= 60

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help build demo preview dashboards test conformance soak smoke mutation bench lint rules check-rules format asan tsan fuzz clean

help:  ## what there is to do
	@echo 'o2o-exporter: orders from the OMS to PostgreSQL, Prometheus and an alert on your screen.'
	@echo
	@awk -F ':  ## ' '/^[a-z-]+:  ## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile
	@echo
	@echo 'What is missing is installed first (Debian packages, through sudo where needed); it says so before it does.'

demo:  ## the whole thing, alive: a simulated shop, the exporter, Prometheus, alerts; Ctrl-C ends it, DURATION=60 too
	@scripts/install-packages.sh build run
	@scripts/build.sh o2o-exporter
	@/usr/bin/python3 tests/demo/demo.py

preview:  ## draws the Grafana dashboards, well and in an outage of the demo, into build/preview/; SERVE=1 shows them in a browser (needs Node 20)
	@scripts/install-packages.sh build run preview
	@scripts/build.sh o2o-exporter
	@scripts/preview.sh

dashboards:  ## writes grafana/dashboards/*.json from grafana/generate/
	@cd grafana && /usr/bin/python3 -m generate

build:  ## the program, at build/o2o-exporter
	@scripts/install-packages.sh build
	@O2O_WERROR=$(WERROR) scripts/build.sh o2o-exporter

test:  ## builds, and runs every test
	@scripts/install-packages.sh build run
	@O2O_WERROR=$(WERROR) scripts/build.sh all
	@scripts/test.sh

conformance:  ## our files and the exporter against today's products, which are built first (needs Go, Node 20 and the network)
	@scripts/install-packages.sh build run conformance preview
	@O2O_WERROR=$(WERROR) scripts/build.sh o2o-exporter
	@scripts/conformance.sh

bench:  ## measures the exporter beside what it is held against, and prints the ratios
	@scripts/install-packages.sh build run bench
	@scripts/build.sh o2o-exporter
	@scripts/build.sh bench_exposer
	@/usr/bin/python3 tests/bench/run.py

smoke:  ## asks what compose/compose.yml started whether it works; FLAGS='--help' for other addresses
	@/usr/bin/env python3 compose/smoke.py $(FLAGS)

soak:  ## MINUTES=10 of a shop, three exporters and a database while everything fails at random and somebody attacks; SEED=1
	@scripts/install-packages.sh build run
	@scripts/build.sh o2o-exporter
	@MINUTES=$(MINUTES) SEED=$(SEED) /usr/bin/python3 tests/integration/soak.py

mutation:  ## FILES=order_feed,003_merge SAMPLE=20 SEED=1: small faults in the core and in rules/, one at a time; some test must notice each
	@scripts/install-packages.sh build run
	@scripts/build.sh app_test store_test store_integration_test
	@cd tests && /usr/bin/python3 -m mutation $(if $(FILES),--files='$(FILES)') $(if $(SAMPLE),--sample='$(SAMPLE)') $(if $(SEED),--seed='$(SEED)')

lint:  ## formatting, static analysis, shell, YAML, rules, routes
	@scripts/install-packages.sh build run lint
	@O2O_WERROR=$(WERROR) scripts/build.sh o2o-exporter
	@scripts/lint.sh

rules:  ## JOB=name BY=market,brand REPLICAS=instance,pod RUNBOOKS=https://wiki/ DASHBOARDS=https://grafana/ OUT=folder: the rules for a monitoring that is there
	@/usr/bin/python3 scripts/adapt_rules.py --out='$(or $(OUT),o2o-rules)' $(if $(JOB),--job='$(JOB)') $(if $(BY),--by='$(BY)') \
	  $(if $(REPLICAS),--replicas='$(REPLICAS)') $(if $(RUNBOOKS),--runbooks='$(RUNBOOKS)') $(if $(DASHBOARDS),--dashboards='$(DASHBOARDS)')

check-rules:  ## says in words what is wrong with an edit of rules/ or alertmanager/, in seconds
	@/usr/bin/python3 scripts/check_rules.py

format:  ## lays out the C++ sources as .clang-format says
	@scripts/install-packages.sh lint
	@scripts/sources.sh cc | xargs -0 clang-format -i

asan:  ## the unit tests, and the program in some others, under AddressSanitizer and UndefinedBehaviorSanitizer
	@scripts/install-packages.sh build run fuzz
	@scripts/sanitize.sh asan

tsan:  ## the unit tests of what has threads, and the program in some others, under ThreadSanitizer
	@scripts/install-packages.sh build run
	@scripts/sanitize.sh tsan

fuzz:  ## SECONDS=60 of random answers for each decoder, under the same sanitizers as asan; RUNS=10000: so many instead
	@scripts/install-packages.sh build fuzz
	@SECONDS_EACH=$(SECONDS) RUNS=$(RUNS) tests/fuzz/run.sh

clean:  ## removes what was built
	rm -rf build build-conformance build-dev build-asan build-tsan
