# SPDX-License-Identifier: BSD-3-Clause
# make check: every test there is, by one prove; and the demo. Wants BUILD, CC, CFLAGS, WARNINGS, UNIT_TESTS, FUZZERS.

include tests/lab/lab.mk
include tests/noxs/noxs.mk

# Helpers of the integration tests: each .c file there is a static program that runs in Dom0.
INTEGRATION_SRC := $(wildcard tests/integration/*.c)
INTEGRATION_BIN := $(INTEGRATION_SRC:%.c=$(BUILD)/%)

all: $(INTEGRATION_BIN)
$(INTEGRATION_BIN): $(BUILD)/%: %.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(WARNINGS) -I$(@D) -Ilibchaos/include -static -o $@ $<

# The same guest as hypervisor test suites link theirs: a 32-bit ELF file for x86-64.
all: $(BUILD)/guests/noop32
$(BUILD)/guests/noop32: $(BUILD)/guests/noop
	objcopy -I elf64-x86-64 -O elf32-x86-64 $< $@

# What chaosd's unit allows, for as-unit.
$(BUILD)/tests/integration/as-unit: $(BUILD)/tests/integration/unit-syscalls.h
$(BUILD)/tests/integration/unit-syscalls.h: tests/integration/unit-syscalls systemd/chaosd.service
	@mkdir -p $(@D)
	tests/integration/unit-syscalls >$@

# A systemd for Dom0, for pool-systemd.t: this machine's, where it has one.
SYSTEMD := $(BUILD)/systemd/usr/lib/systemd/systemd
all: $(SYSTEMD)
$(SYSTEMD): tests/integration/systemd-root
	tests/integration/systemd-root $(BUILD)/systemd

# In this order: what is quick and most often wrong first; then what takes longest, so that nothing waits for it at
# the end.
CHECK_UNIT := tests/style.t tests/docs.t tests/rooms.t tests/install.t tests/completion.t tests/systemd.t $(UNIT_TESTS)
CHECK_FUZZ := $(FUZZERS)
LONGEST    := $(wildcard tests/noxs/linux.t tests/lab/t/contract.t tests/noxs/many.t tests/tinyx/examples.t) tests/promises.t
CHECK_LAB  := $(LONGEST) $(filter-out $(LONGEST),$(wildcard $(addprefix tests/,lab/t/*.t integration/*.t noxs/*.t tinyx/*.t)))

# As many at once as there are processors, for a lab uses one. The lab boots what make has built, so it need not make
# again, which two labs at once would do badly.
PROVE := LAB_NO_BUILD=1 prove --jobs $(shell nproc) --timer -e tests/run

# A make of its own, because a machine with nothing installed must get compiler and libraries first.
.PHONY: check check-unit check-integration
check: ## all tests: style, unit, a minute of fuzzing, and real Xen in the lab
	tests/lab/deps build check lab kernel
	$(MAKE) --no-print-directory all unit fuzz lab-parts tinyx-images
	rm -rf $(BUILD)/tests/output
	$(PROVE) $(CHECK_UNIT) $(CHECK_FUZZ) $(CHECK_LAB) || { tests/why; exit 1; }

check-unit: ## style and unit tests, under ASan and UBSan
	tests/lab/deps build check
	$(MAKE) --no-print-directory all unit
	$(PROVE) $(CHECK_UNIT)

check-integration: ## the tests that run in the lab (TESTS="FILE..." for some of them)
	tests/lab/deps build lab kernel
	$(MAKE) --no-print-directory all lab-parts
	$(PROVE) $(or $(TESTS),$(wildcard tests/integration/*.t tests/noxs/*.t))

.PHONY: lab-parts
lab-parts: modules
	tests/lab/build-xen --stock >/dev/null
	tests/lab/build-xen >/dev/null
	tests/lab/build-xen --debug >/dev/null
	tests/lab/build-dom0 >/dev/null
	tests/lab/guest-assets $(BUILD)/assets

.PHONY: demo
demo: ## install what it takes, boot Xen in the lab, and show VMs of several kinds
	tests/demo
