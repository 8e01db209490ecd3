# SPDX-License-Identifier: BSD-3-Clause
# Programs that measure, inside Dom0. benchmarks/README.md says what they print.

BENCH_SRC := $(addprefix benchmarks/src/,create.c measure.c pool.c xl.c)

all: bench-programs
.PHONY: bench-programs
bench-programs: $(BUILD)/bin/chaos-bench $(BUILD)/bin/bench-true

$(BUILD)/bin/chaos-bench: $(BENCH_SRC:%.c=$(BUILD)/obj/%.o) $(BUILD)/lib/libchaos.a
	@mkdir -p $(@D)
	$(CC) $(STATIC) -o $@ $^ $(LIBS)

$(BUILD)/bin/bench-true: benchmarks/src/true.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -static -o $@ $<

-include $(wildcard $(BUILD)/obj/benchmarks/src/*.d)
