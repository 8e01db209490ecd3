# SPDX-License-Identifier: BSD-3-Clause
# Programs that tests/noxs/*.t run in Dom0: static. Included by a top Makefile or run alone.

BUILD     ?= build
NOXS_OUT  := $(BUILD)/tests/noxs
NOXS_BIN  := $(NOXS_OUT)/hypercall $(NOXS_OUT)/run $(NOXS_OUT)/ioctl
NOXS_CPP   = -D_GNU_SOURCE -Inoxs -Inoxs/include -Itests/noxs $(XEN_CPPFLAGS)
NOXS_XEN   = $(XEN_LDFLAGS) -lxenctrl -lxenforeignmemory -lxenevtchn -lxengnttab -lxendevicemodel -lxencall \
    -lxentoollog -lxentoolcore -lpthread
# Its loaders for kernel formats register themselves, so no symbol pulls them in.
NOXS_GUEST := -Wl,--whole-archive -lxenguest -Wl,--no-whole-archive
NOXS_ZIP   := -lz -llzma -lbz2 -llzo2 -lzstd
NOXS_CC     = $(CC) -std=gnu11 -O2 -g -Wall -Wextra $(NOXS_CPP) -static

.PHONY: noxs-tests
noxs-tests: $(NOXS_BIN)
# Not the runner, which needs all of libxenguest's decompressors, and no test does.
all: $(NOXS_OUT)/hypercall $(NOXS_OUT)/ioctl

$(NOXS_OUT)/hypercall: tests/noxs/hypercall.c tests/noxs/domain.c noxs/noxs.c
	@mkdir -p $(@D)
	$(NOXS_CC) -o $@ $(filter %.c,$^) $(NOXS_XEN)

$(NOXS_OUT)/ioctl: tests/noxs/ioctl.c tests/noxs/domain.c
	@mkdir -p $(@D)
	$(NOXS_CC) -o $@ $(filter %.c,$^) $(NOXS_XEN)

$(NOXS_OUT)/run: tests/noxs/run.c tests/noxs/devices.c tests/noxs/boot.c noxs/noxs.c
	@mkdir -p $(@D)
	$(NOXS_CC) -o $@ $(filter %.c,$^) $(NOXS_GUEST) $(NOXS_XEN) $(NOXS_ZIP)

$(NOXS_BIN): $(wildcard tests/noxs/*.h noxs/*.h noxs/include/noxs/*.h)
