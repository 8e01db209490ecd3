# SPDX-License-Identifier: BSD-3-Clause
# Fuzzing with libFuzzer: every tests/fuzz/fuzz_NAME.c is a harness, tests/fuzz/corpus/NAME/ its
# seeds and tests/fuzz/NAME.dict, where there is one, its dictionary. A seeds_NAME.c is a program
# that writes such seeds into the directory it is given. Wants BUILD.
#
# All of the library is built here, with clang, whose coverage steers the fuzzer; a harness is linked with what it needs.

FUZZ_CC      ?= clang
FUZZ_SECONDS ?= 30

FUZZERS    := $(patsubst tests/fuzz/%.c,$(BUILD)/tests/fuzz/%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
FUZZ_SEEDS := $(patsubst tests/fuzz/%.c,$(BUILD)/tests/fuzz/%,$(wildcard tests/fuzz/seeds_*.c))
FUZZ_SRC   := $(LIBCHAOS_SRC) $(wildcard tinyx/spec*.c) tinyx/arena.c tinyx/program.c \
	$(wildcard chaos/daemon/settings/*.c) chaos/daemon/pool/flavour.c

FUZZ_CFLAGS  = $(XEN_CPPFLAGS) -isystem /usr/include/libnl3 -std=gnu11 -D_GNU_SOURCE -Ilibchaos -Ilibchaos/include -Ichaos -Inoxs -Inoxs/include -Itests/unit -Itinyx \
	-O1 -g -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined \
	-fno-sanitize-recover=all
FUZZ_LIBS    = $(LIBS) -lelf

.PHONY: fuzz fuzz-run
fuzz: $(FUZZERS) $(FUZZ_SEEDS) ## the fuzzers, built but not run

# Every harness for FUZZ_SECONDS; what crashes one is left in BUILD/tests/fuzz/crash-*.
fuzz-run: $(FUZZERS:$(BUILD)/tests/fuzz/fuzz_%=fuzz-run-%) ## fuzz each parser for FUZZ_SECONDS
fuzz-run-%: $(BUILD)/tests/fuzz/fuzz_%
	@mkdir -p $(BUILD)/tests/fuzz/found/$*
	$< -max_total_time=$(FUZZ_SECONDS) -timeout=10 -print_final_stats=1 -verbosity=0 \
		-artifact_prefix=$(BUILD)/tests/fuzz/ $(patsubst %,-dict=%,$(wildcard tests/fuzz/$*.dict)) \
		$(BUILD)/tests/fuzz/found/$* $(wildcard tests/fuzz/corpus/$*)

$(BUILD)/fuzz/%.o: %.c
	@mkdir -p $(@D)
	$(FUZZ_CC) $(FUZZ_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/fuzz/libparsers.a: $(FUZZ_SRC:%.c=$(BUILD)/fuzz/%.o)
	@rm -f $@
	$(AR) rcs $@ $^

$(FUZZERS): $(BUILD)/tests/fuzz/%: $(BUILD)/fuzz/tests/fuzz/%.o $(BUILD)/fuzz/libparsers.a
	@mkdir -p $(@D)
	$(FUZZ_CC) -fsanitize=fuzzer,address,undefined -o $@ $^ $(FUZZ_LIBS)

# Xen's own file, which finds its headers to be the shim.
XEN_HEADERS := $(addprefix $(BUILD)/fuzz/xen/,$(addprefix xen/,errno.h event.h guest_access.h hypercall.h mm.h \
	noxs.h sched.h xmalloc.h) asm/p2m.h asm/paging.h xsm/xsm.h)

$(XEN_HEADERS):
	@mkdir -p $(@D)
	@echo '#include "xen_shim.h"' >$@
$(BUILD)/fuzz/tests/fuzz/fuzz_noxs_op.o: FUZZ_CFLAGS += -I$(BUILD)/fuzz/xen -Itests/fuzz
$(BUILD)/fuzz/tests/fuzz/fuzz_noxs_op.o: | $(XEN_HEADERS)

# The guests' library as it is, but for the attributes of their memory, which clang does not know.
$(BUILD)/fuzz/tests/fuzz/fuzz_guest_devices.o: FUZZ_CFLAGS += -Inoxs/guest -fno-strict-aliasing \
	-D__XEN_INTERFACE_VERSION__=__XEN_LATEST_INTERFACE_VERSION__ -Wno-unknown-attributes

$(FUZZ_SEEDS): $(BUILD)/tests/fuzz/%: $(BUILD)/fuzz/tests/fuzz/%.o $(BUILD)/fuzz/libparsers.a
	@mkdir -p $(@D)
	$(FUZZ_CC) -fsanitize=address,undefined -o $@ $^ $(FUZZ_LIBS)

.SECONDARY: $(patsubst $(BUILD)/%,$(BUILD)/fuzz/%.o,$(FUZZERS) $(FUZZ_SEEDS))
-include $(wildcard $(BUILD)/fuzz/*/*.d $(BUILD)/fuzz/*/*/*.d $(BUILD)/fuzz/*/*/*/*.d)
