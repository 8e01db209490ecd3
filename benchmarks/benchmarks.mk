# SPDX-License-Identifier: BSD-3-Clause
# Programs that measure, inside Dom0. benchmarks/README.md says what they print.

BENCH_SRC := $(addprefix benchmarks/src/,create.c measure.c pool.c xl.c)
MASS_SRC  := $(addprefix benchmarks/src/,mass.c mass_ask.c mass_cost.c measure.c pool.c xl.c)

all: bench-programs
.PHONY: bench-programs
bench-programs: $(BUILD)/bin/chaos-bench $(BUILD)/bin/bench-mass $(BUILD)/bin/bench-true

$(BUILD)/bin/chaos-bench: $(BENCH_SRC:%.c=$(BUILD)/obj/%.o) $(BUILD)/lib/libchaos.a
	@mkdir -p $(@D)
	$(CC) $(STATIC) -o $@ $^ $(LIBS)

$(BUILD)/bin/bench-mass: $(MASS_SRC:%.c=$(BUILD)/obj/%.o) $(BUILD)/lib/libchaos.a
	@mkdir -p $(@D)
	$(CC) $(STATIC) -o $@ $^ $(LIBS)

$(BUILD)/bin/bench-true: benchmarks/src/true.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -static -o $@ $<

-include $(wildcard $(BUILD)/obj/benchmarks/src/*.d)

# QUICK=1: fewer guests, 10 minutes instead of 60. ONLY=NAME,...: these runs. What each one is: benchmarks/README.md.
.PHONY: bench bench-compare bench-parts
bench: ## reproduce the paper's figures in the lab, with plots and a report (QUICK=1 for less; 60 min, or 10)
	tests/lab/deps build lab kernel bench
	$(MAKE) --no-print-directory all bench-parts
	LAB_NO_BUILD=1 benchmarks/bench run $(if $(QUICK),--quick) $(if $(ONLY),--only $(ONLY))

bench-parts: modules
	tests/lab/build-xen >/dev/null
	tests/lab/build-dom0 >/dev/null

bench-compare: ## say which figures became worse by more than 3 % since BASE=FILE, an earlier results.json
	benchmarks/bench compare $(or $(BASE),$(error BASE=FILE: an earlier results.json))
