# SPDX-License-Identifier: BSD-3-Clause
# chaos: make help says what there is.

BUILD  ?= build
PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib
UNITDIR ?= $(PREFIX)/lib/systemd/system
CC     ?= cc
AR     ?= ar
CFLAGS ?= -O2 -g
# Warnings are errors in CI only: a newer compiler must not stop a user.
WARNINGS := -Wall -Wextra -Wno-unused-parameter $(if $(CI),-Werror)

LIBCHAOS_SRC := $(sort $(wildcard libchaos/*/*.c libchaos/*/*/*.c)) noxs/noxs.c
CHAOSD_SRC   := $(sort $(wildcard chaos/daemon/*.c chaos/daemon/*/*.c))
CHAOS_SRC    := $(sort $(wildcard chaos/cli/*.c chaos/cli/*/*.c))
CPPFLAGS     += -D_GNU_SOURCE -Ilibchaos/include -Inoxs/include -isystem /usr/include/libnl3 $(XEN_CPPFLAGS)
STD          := -std=gnu11
# Static, so that starting the command does not wait for the dynamic linker. libnl could look up host
# names, which a static program cannot do alone: ld says so, and chaos never asks it to. (ld's
# --no-warnings would hide it, and undefined symbols with it.)
STATIC       := -static
XEN_LIBS      = $(XEN_LDFLAGS) -l:libxenctrl.a -l:libxenforeignmemory.a -l:libxenevtchn.a -l:libxencall.a \
	-l:libxengnttab.a -l:libxendevicemodel.a -l:libxentoolcore.a -l:libxentoollog.a
LIBS          = $(XEN_LIBS) -l:libyaml.a -l:libjansson.a -l:libz.a -l:liblzma.a -l:libzstd.a $(LIBLZ4) -l:libbz2.a -l:libnl-3.a -lpthread
# Where Xen 4.17's headers and libraries are: tests/lab/xen-dev is asked once, and not before something is compiled.
XEN_PREFIX   ?= $(eval XEN_PREFIX := $(or $(shell tests/lab/xen-dev),$(error no headers and libraries of Xen 4.17)))$(XEN_PREFIX)
XEN_CPPFLAGS  = $(if $(filter-out /usr,$(XEN_PREFIX)),-isystem $(XEN_PREFIX)/include)
XEN_LDFLAGS   = $(if $(filter-out /usr,$(XEN_PREFIX)),-L$(XEN_PREFIX)/lib)
# Debian 13 calls it libuv.a, Debian 12 libuv_a.a.
LIBUV         = $(firstword $(wildcard $(foreach name,libuv_a.a libuv.a,$(shell $(CC) -print-file-name=$(name)))) libuv.a)
# The checksums of Debian 13's liblz4.a are in libxxhash.a, those of Debian 12's in itself.
LIBLZ4        = -l:liblz4.a $(if $(wildcard $(shell $(CC) -print-file-name=libxxhash.a)),-l:libxxhash.a)

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:

.PHONY: all
all: programs guests ## the programs and the guests of tests and benchmarks
.PHONY: programs
programs: $(BUILD)/bin/chaos $(BUILD)/bin/chaosd $(BUILD)/lib/libchaos.so $(BUILD)/lib/libchaos.a

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(STD) $(CPPFLAGS) $(CFLAGS) $(WARNINGS) -fPIC -ffunction-sections -fvisibility=hidden -MMD -MP -c -o $@ $<
$(LIBCHAOS_SRC:%.c=$(BUILD)/obj/%.o): CPPFLAGS += -Ilibchaos -Inoxs
$(CHAOS_SRC:%.c=$(BUILD)/obj/%.o): CPPFLAGS += -Ichaos -Ilibchaos

$(BUILD)/lib/libchaos.a: $(LIBCHAOS_SRC:%.c=$(BUILD)/obj/%.o)
	@mkdir -p $(@D)
	@rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/lib/libchaos.so: $(LIBCHAOS_SRC:%.c=$(BUILD)/obj/%.o) libchaos/libchaos.map
	@mkdir -p $(@D)
	$(CC) -shared -Wl,-soname,libchaos.so.0 -Wl,--version-script=libchaos/libchaos.map -Wl,-z,defs \
	    -o $@ $(filter %.o,$^) $(XEN_LDFLAGS) -lxenctrl -lxenforeignmemory -lxenevtchn -lxencall -lxentoollog \
	    -lyaml -lz -llzma -lzstd -llz4 -lbz2 -lnl-3

# How the command lies in memory; bench-chaos is linked so too. What the linker did with it (chaos.map) is for
# benchmarks/layout, which writes layout-*.ld.
CHAOS_LAYOUT := -Wl,-T,chaos/cli/layout/layout.ld -Wl,-z,norelro
$(BUILD)/bin/chaos: $(CHAOS_SRC:%.c=$(BUILD)/obj/%.o) $(BUILD)/lib/libchaos.a $(wildcard chaos/cli/layout/*.ld)
	@mkdir -p $(@D)
	$(CC) $(STATIC) -Wl,-Map,$@.map $(CHAOS_LAYOUT) -o $@ $(filter-out %.ld,$^) $(LIBS)

# chaosd reads guests' kernels and rings as root for as long as the host runs, and how fast it starts does not matter. So it
# is hardened: loaded at a random address, with canaries and checked copies, and its tables read-only. Its objects, and its
# copy of the library's, are its own.
HARDENED := -fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
$(BUILD)/hardened/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(STD) $(CPPFLAGS) $(CFLAGS) $(HARDENED) $(WARNINGS) -fPIE -ffunction-sections -MMD -MP -c -o $@ $<
$(LIBCHAOS_SRC:%.c=$(BUILD)/hardened/%.o): CPPFLAGS += -Ilibchaos -Inoxs
$(CHAOSD_SRC:%.c=$(BUILD)/hardened/%.o): CPPFLAGS += -Ichaos -Ilibchaos

$(BUILD)/hardened/libchaos.a: $(LIBCHAOS_SRC:%.c=$(BUILD)/hardened/%.o)
	@rm -f $@
	$(AR) rcs $@ $^

# getgrnam() of a static program may load the host's own name services; without them it finds no group.
$(BUILD)/bin/chaosd: $(CHAOSD_SRC:%.c=$(BUILD)/hardened/%.o) $(BUILD)/hardened/libchaos.a
	@mkdir -p $(@D)
	$(CC) -static-pie -Wl,-z,relro,-z,now,-z,noexecstack -o $@ $^ $(LIBUV) $(LIBS) -ldl

include noxs/guest/guest.mk
include tests/unit/unit.mk
-include tinyx/tinyx.mk
-include tests/fuzz/fuzz.mk
-include tests/tests.mk
-include benchmarks/benchmarks.mk
-include $(wildcard $(foreach dir,obj hardened,$(BUILD)/$(dir)/*/*.d $(BUILD)/$(dir)/*/*/*.d $(BUILD)/$(dir)/*/*/*/*.d))

.PHONY: hypervisor
hypervisor: ## the hypervisor with noxs, from Debian's source package, into build/xen.gz
	@mkdir -p $(BUILD)
	gzip -9nc "$$(tests/lab/build-xen)" >$(BUILD)/xen.gz

.PHONY: modules
modules: ## noxs' modules for Debian's stock Dom0 kernel, into build/modules
	@mkdir -p $(BUILD)/modules
	cp "$$(kernel-patches/linux/build)"/*.ko $(BUILD)/modules/

.PHONY: deps
deps: ## install what building needs (apt; root or sudo)
	tests/lab/deps build

.PHONY: install
install: programs ## install the command, the library and the man pages under PREFIX
	install -Dm755 $(BUILD)/bin/chaos $(DESTDIR)$(PREFIX)/bin/chaos
	install -Dm755 $(BUILD)/bin/chaosd $(DESTDIR)$(PREFIX)/bin/chaosd
	install -d $(DESTDIR)$(UNITDIR)
	for unit in chaosd.service chaosd.socket; do \
	    sed 's|/usr/local/bin|$(PREFIX)/bin|' systemd/$$unit >$(DESTDIR)$(UNITDIR)/$$unit; \
	done
	install -Dm644 systemd/chaos.sysusers $(DESTDIR)$(PREFIX)/lib/sysusers.d/chaos.conf
	-[ -n "$(DESTDIR)" ] || ! command -v systemd-sysusers >/dev/null || \
	    systemd-sysusers $(PREFIX)/lib/sysusers.d/chaos.conf
	install -Dm644 systemd/chaosd.yaml $(DESTDIR)$(PREFIX)/share/doc/chaos/chaosd.yaml
	install -Dm755 $(BUILD)/lib/libchaos.so $(DESTDIR)$(LIBDIR)/libchaos.so.0
	ln -sf libchaos.so.0 $(DESTDIR)$(LIBDIR)/libchaos.so
	install -Dm644 $(BUILD)/lib/libchaos.a $(DESTDIR)$(LIBDIR)/libchaos.a
	install -Dm644 libchaos/include/chaos.h $(DESTDIR)$(PREFIX)/include/chaos.h
	install -Dm644 -t $(DESTDIR)$(PREFIX)/include/chaos libchaos/include/chaos/*.h
	install -Dm644 -t $(DESTDIR)$(PREFIX)/share/man/man1 man/*.1
	install -Dm644 -t $(DESTDIR)$(PREFIX)/share/man/man5 man/*.5
	install -Dm644 -t $(DESTDIR)$(PREFIX)/share/man/man8 man/*.8
	install -Dm644 completion/chaos.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/chaos
	install -Dm644 -t $(DESTDIR)$(PREFIX)/share/zsh/vendor-completions completion/_chaos
	install -Dm644 -t $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d completion/chaos.fish

.PHONY: deb
deb: ## Debian packages, into build/deb (the first time builds the hypervisor: minutes)
	tests/lab/deps build kernel deb
	debian/build $(BUILD)/deb
	lintian --fail-on error,warning $(BUILD)/deb/*.changes

.PHONY: clean
clean: ## remove what was built (the lab's cache stays)
	rm -rf $(BUILD)

.PHONY: help
help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16
