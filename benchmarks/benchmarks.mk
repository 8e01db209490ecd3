# SPDX-License-Identifier: BSD-3-Clause
# Programs that measure, inside Dom0. benchmarks/README.md says what they print.

BENCH_SRC := $(addprefix benchmarks/src/,burst.c command.c create.c measure.c parent.c pool.c xl.c)

# Each of one run: bench-NAME, of these sources.
mass_SRC    := mass.c mass_ask.c mass_cost.c mass_peers.c measure.c parent.c pool.c xl.c
run_SRC     := run.c measure.c parent.c
compute_SRC := compute.c compute_process.c compute_vm.c measure.c ../guests/job/e.c
jit_SRC     := jit.c jit_net.c jit_reap.c jit_vm.c measure.c parent.c
visit_SRC   := visit.c measure.c
boot_SRC    := boot.c measure.c
BENCH_PROGRAMS := boot compute jit mass run visit

all: bench-programs
.PHONY: bench-programs
bench-programs: $(addprefix $(BUILD)/bin/,chaos-bench bench-parent bench-tell bench-touched bench-true bench-job bench-breakdown.so bench-chaos) \
    $(BENCH_PROGRAMS:%=$(BUILD)/bin/bench-%)

$(BUILD)/bin/chaos-bench: $(BENCH_SRC:%.c=$(BUILD)/obj/%.o) $(BUILD)/lib/libchaos.a
	@mkdir -p $(@D)
	$(CC) $(STATIC) -o $@ $^ $(LIBS)

# $(call bench_program,NAME)
define bench_program
$(BUILD)/bin/bench-$(1): $($(1)_SRC:%.c=$(BUILD)/obj/benchmarks/src/%.o) $(BUILD)/lib/libchaos.a
	@mkdir -p $$(@D)
	$$(CC) $$(STATIC) -o $$@ $$^ $$(LIBS) -lm
endef
$(foreach program,$(BENCH_PROGRAMS),$(eval $(call bench_program,$(program))))

$(BUILD)/bin/bench-job: benchmarks/src/job.c benchmarks/guests/job/e.c benchmarks/guests/job/e.h
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -static -o $@ $(filter %.c,$^)

$(addprefix $(BUILD)/bin/bench-,tell touched): $(BUILD)/bin/bench-%: benchmarks/src/%.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -static -o $@ $<

# The unit: fork+exec of a program, and who forks it, with the same C library on every host. tests/lab/libc-dev is asked
# once. (gcc looks for start-up files and archives in places of its own before it does in a --sysroot.)
LIBC_ROOT ?= $(eval LIBC_ROOT := $(or $(shell tests/lab/libc-dev),$(error no headers and archives of glibc 2.36)))$(LIBC_ROOT)
$(BUILD)/bin/bench-true: benchmarks/src/true.c
$(BUILD)/bin/bench-parent: benchmarks/src/bench_parent.c benchmarks/src/parent.h
$(addprefix $(BUILD)/bin/bench-,parent true):
	@mkdir -p $(@D)
	$(CC) --sysroot=$(LIBC_ROOT) $(foreach dir,gcc/x86_64-linux-gnu/12 x86_64-linux-gnu,$(addsuffix $(LIBC_ROOT)/usr/lib/$(dir)/,-B -L)) -O2 -static -o $@ $<

# Interfaces and disks: throughput, and the first answered ping.
PING_SRC := $(addprefix benchmarks/src/,first_ping.c wire.c measure.c parent.c pool.c)
bench-programs: $(BUILD)/bin/bench-flow $(BUILD)/bin/bench-first-ping

# In Dom0 and in guests.
$(BUILD)/bin/bench-flow: $(patsubst %,$(BUILD)/obj/benchmarks/src/%.o,flow flow_serve)
	@mkdir -p $(@D)
	$(CC) -static -o $@ $^ -l:libjansson.a

$(BUILD)/bin/bench-first-ping: $(PING_SRC:%.c=$(BUILD)/obj/%.o) $(BUILD)/lib/libchaos.a
	@mkdir -p $(@D)
	$(CC) $(STATIC) -o $@ $^ $(LIBS)

# chaos and xl with a clock between their parts: breakdown.c.
BREAKDOWN := benchmarks/src/breakdown.c benchmarks/src/breakdown.h
# The functions that breakdown.h counts for chaos: those behind its #else.
WRAPPED   := ioctl $(shell sed -nE '1,/^\#else/d; s/^COUNT\([A-Z]+, (\w+)\)/\1/p' benchmarks/src/breakdown.h)

$(BUILD)/bin/bench-breakdown.so: $(BREAKDOWN)
	@mkdir -p $(@D)
	$(CC) $(STD) -D_GNU_SOURCE $(CFLAGS) $(WARNINGS) -DBREAKDOWN_PRELOAD -fPIC -shared -fvisibility=hidden -o $@ $< -ldl

$(BUILD)/bin/bench-chaos: $(BUILD)/obj/benchmarks/src/breakdown.o $(CHAOS_SRC:%.c=$(BUILD)/obj/%.o) $(BUILD)/lib/libchaos.a \
    $(wildcard chaos/cli/layout/*.ld)
	@mkdir -p $(@D)
	$(CC) $(STATIC) $(CHAOS_LAYOUT) $(WRAPPED:%=-Wl,--wrap=%) -o $@ $(filter-out %.ld,$^) $(LIBS)

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
