# SPDX-License-Identifier: BSD-3-Clause
# The command tinyx and what it takes along into guests. Included by the top Makefile.

TINYX_SRC  := $(sort $(wildcard tinyx/*.c))
TINYX_LIBS := -l:libyaml.a -l:libjansson.a -l:libnettle.a -l:liblzma.a -lelf

programs: $(BUILD)/bin/tinyx

$(TINYX_SRC:%.c=$(BUILD)/obj/%.o): CPPFLAGS += -Ilibchaos

# The guests' first process: static, with a C library that is small.
TINYX_INIT := $(BUILD)/obj/tinyx/init/init
$(TINYX_INIT): $(wildcard tinyx/init/*.c tinyx/init/*.h) tinyx/conf.h
	@mkdir -p $(@D)
	musl-gcc -std=gnu11 -Os -Wall -Wextra -Wno-sign-compare -Wno-unused-parameter -static -s -ffunction-sections -Wl,--gc-sections \
	    -idirafter /usr/include -idirafter /usr/include/x86_64-linux-gnu -Wl,--build-id=none -Wl,-z,noseparate-code -o $@ $(filter %.c,$^)

$(BUILD)/obj/tinyx/init/binary.o: tinyx/init/binary.S $(TINYX_INIT)
	$(CC) -DTINYX_INIT='"$(TINYX_INIT)"' -c -o $@ $<

$(BUILD)/bin/tinyx: $(TINYX_SRC:%.c=$(BUILD)/obj/%.o) $(BUILD)/obj/tinyx/init/binary.o $(BUILD)/lib/libchaos.a
	@mkdir -p $(@D)
	$(CC) -o $@ $^ $(TINYX_LIBS)

# What an installed tinyx makes kernels from, as it lies here: an image's kernel is then found in the same cache.
TINYX_DATA := tinyx/try $(wildcard tinyx/kernel/*.config) noxs/include/noxs/abi.h \
	$(addprefix kernel-patches/linux/,apply hooks init scripts drivers/xen/noxs-front) \
	$(addprefix tests/lab/,apt.sh cache.sh fetch sources.lock)
TINYX_SHARE = $(DESTDIR)$(PREFIX)/share/chaos/tinyx

# A patch of an earlier version must not stay there.
.PHONY: install-tinyx
install: install-tinyx
install-tinyx: programs
	install -Dm755 $(BUILD)/bin/tinyx $(DESTDIR)$(PREFIX)/bin/tinyx
	rm -rf $(TINYX_SHARE)
	install -d $(TINYX_SHARE)
	cp -R --parents $(TINYX_DATA) $(TINYX_SHARE)
	chmod -R u=rwX,go=rX $(TINYX_SHARE)
	install -Dm644 completion/tinyx.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/tinyx

# The examples, for the tests: one kernel for all of them but nginx, which has a trimmed one.
TINYX_EXAMPLES := $(patsubst tinyx/examples/%/spec.yaml,%,$(sort $(wildcard tinyx/examples/*/spec.yaml)))
TINYX_IMAGES   := $(TINYX_EXAMPLES:%=$(BUILD)/tinyx/%/manifest.json)

tinyx/examples/static/hello: tinyx/examples/static/hello.c
	$(CC) -static -Os -s -o $@ $<
$(BUILD)/tinyx/static/manifest.json: tinyx/examples/static/hello

# No key that others know is one.
TLS_KEYS := tinyx/examples/tls/key.pem tinyx/examples/tls/cert.pem
$(TLS_KEYS) &:
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj /CN=tinyx.example \
	    -keyout tinyx/examples/tls/key.pem -out tinyx/examples/tls/cert.pem 2>/dev/null
$(BUILD)/tinyx/tls/manifest.json: $(TLS_KEYS)

.PHONY: tinyx-images
tinyx-images: $(TINYX_IMAGES) ## the images of tinyx/examples, into build/tinyx (the first one builds a kernel: minutes)
.SECONDEXPANSION:
$(TINYX_IMAGES): $(BUILD)/tinyx/%/manifest.json: $(BUILD)/bin/tinyx $$(wildcard tinyx/examples/%/* tinyx/kernel/*)
	@mkdir -p $(BUILD)/tinyx
	$(BUILD)/bin/tinyx build tinyx/examples/$*/spec.yaml -o $(BUILD)/tinyx/$*

-include $(wildcard $(BUILD)/obj/tinyx/*.d)
