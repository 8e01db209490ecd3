# SPDX-License-Identifier: BSD-3-Clause
# Unit tests: every tests/unit/test_*.c is a program of its own, built with ASan and UBSan; any
# other .c file here is a helper that the programs may use. Wants BUILD, CC,
# CFLAGS, WARNINGS, LIBCHAOS_SRC.
#
# libyaml and the decompressors are linked statically so that their allocations, too, can be made
# to fail.

comma := ,
UNIT_TESTS  := $(patsubst tests/unit/%.c,$(BUILD)/tests/unit/%,$(sort $(wildcard tests/unit/test_*.c)))
UNIT_HELPER := $(filter-out tests/unit/test_%.c,$(sort $(wildcard tests/unit/*.c)))

UNIT_CFLAGS  = $(XEN_CPPFLAGS) -std=gnu11 -D_GNU_SOURCE -Ilibchaos -Ilibchaos/include -Ichaos -Inoxs -Inoxs/include -Itinyx \
	-isystem /usr/include/libnl3 -O1 -g -fno-omit-frame-pointer -U_FORTIFY_SOURCE \
	-fsanitize=address,undefined -fno-sanitize-recover=all
UNIT_ALLOC  := $(foreach f,malloc calloc realloc strdup strndup,-Wl,--wrap=$(f))
UNIT_WRAP   := $(UNIT_ALLOC) $(foreach f, \
	stat fstat mkdirat symlinkat renameat rename readlinkat open openat read pread write writev, \
	-Wl,--wrap=$(f))
UNIT_LIBS    = $(XEN_LDFLAGS) $(XEN_LDFLAGS:-L%=-Wl,--disable-new-dtags,-rpath,%) -lcmocka -ljansson -l:libz.a -l:liblzma.a -l:libzstd.a $(LIBLZ4) -l:libbz2.a -l:libnettle.a -lxenctrl \
	-lxenforeignmemory -lxenevtchn -lxencall -lxengnttab -lxentoollog -lnl-3 -lelf

.PHONY: unit
unit: $(UNIT_TESTS) ## the unit tests, built but not run

$(BUILD)/asan/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(WARNINGS) $(UNIT_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/asan/libchaos.a: $(LIBCHAOS_SRC:%.c=$(BUILD)/asan/%.o)
	@rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/asan/helpers.a: $(UNIT_HELPER:%.c=$(BUILD)/asan/%.o)
	@rm -f $@
	$(AR) rcs $@ $^

# All of the command but its main.
$(BUILD)/asan/tinyx.a: $(patsubst %.c,$(BUILD)/asan/%.o,$(filter-out tinyx/main.c,$(sort $(wildcard tinyx/*.c))))
	@rm -f $@
	$(AR) rcs $@ $^

# chaosd but its main: test_chaosd*.c run it in their own process.
CHAOSD_TESTS := $(filter $(BUILD)/tests/unit/test_chaosd%,$(UNIT_TESTS))
$(BUILD)/asan/chaosd.a: $(patsubst %.c,$(BUILD)/asan/%.o,$(filter-out chaos/daemon/main.c,$(CHAOSD_SRC)))
	@rm -f $@
	$(AR) rcs $@ $^
# libuv's memory may fail, but not its reads of its own pipes, which cannot, and for which it ends.
$(BUILD)/asan/libuv.a:
	@mkdir -p $(@D)
	objcopy $(foreach f,stat fstat open read write,--redefine-sym $(f)=__real_$(f)) \
		$(LIBUV) $@
$(CHAOSD_TESTS): $(BUILD)/asan/chaosd.a $(BUILD)/asan/libuv.a
$(CHAOSD_TESTS): UNIT_MORE := $(BUILD)/asan/chaosd.a $(BUILD)/asan/libuv.a -ldl -lpthread

# Xen's own loader of kernels, whose parser needs none of the library's other parts.
$(BUILD)/tests/unit/test_image_libelf: UNIT_MORE := -l:libxenguest.a

# The first process of a tinyx guest, but its main.
TINYX_INIT_PARTS := $(patsubst %,$(BUILD)/asan/tinyx/init/%.o,conf address)
$(BUILD)/tests/unit/test_tinyx_init: $(TINYX_INIT_PARTS)
$(BUILD)/tests/unit/test_tinyx_init: UNIT_MORE := $(TINYX_INIT_PARTS)

# Helpers come first: one that stands in for a part of the library (a fake) wins over it.
$(UNIT_TESTS): $(BUILD)/tests/unit/%: $(BUILD)/asan/tests/unit/%.o $(BUILD)/asan/helpers.a \
		$(BUILD)/asan/libchaos.a $(BUILD)/asan/tinyx.a
	@mkdir -p $(@D)
	$(CC) $(UNIT_CFLAGS) $(UNIT_WRAP) -o $@ $< -Wl,--start-group $(BUILD)/asan/helpers.a \
		$(UNIT_MORE) $(BUILD)/asan/tinyx.a $(BUILD)/asan/libchaos.a -l:libyaml.a -Wl,--end-group $(UNIT_LIBS)

# The threads' test once more, for races: ThreadSanitizer and ASan exclude each other. Its calls of files do not go
# through failing_files.c, which is for one thread.
TSAN_CFLAGS := $(subst address$(comma)undefined,thread,$(UNIT_CFLAGS)) -D__real_read=read -D__real_write=write
$(BUILD)/tsan/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(WARNINGS) $(TSAN_CFLAGS) -MMD -MP -c -o $@ $<
$(BUILD)/tsan/libchaos.a: $(LIBCHAOS_SRC:%.c=$(BUILD)/tsan/%.o)
	@rm -f $@
	$(AR) rcs $@ $^
$(BUILD)/tsan/helpers.a: $(UNIT_HELPER:%.c=$(BUILD)/tsan/%.o)
	@rm -f $@
	$(AR) rcs $@ $^
$(BUILD)/tests/unit/test_threads_tsan: $(BUILD)/tsan/tests/unit/test_threads.o $(BUILD)/tsan/helpers.a \
		$(BUILD)/tsan/libchaos.a
	@mkdir -p $(@D)
	$(CC) $(TSAN_CFLAGS) $(UNIT_ALLOC) -o $@ $< -Wl,--start-group $(filter %.a,$^) -l:libyaml.a -Wl,--end-group \
		$(UNIT_LIBS)
unit: $(BUILD)/tests/unit/test_threads_tsan
UNIT_TESTS += $(BUILD)/tests/unit/test_threads_tsan # for those that run them; the rules above are done

.SECONDARY: $(UNIT_TESTS:$(BUILD)/%=$(BUILD)/asan/%.o)
-include $(wildcard $(foreach d,asan tsan,$(BUILD)/$d/*/*.d $(BUILD)/$d/*/*/*.d $(BUILD)/$d/*/*/*/*.d))
