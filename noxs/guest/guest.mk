# Builds every guest: one folder a guest under benchmarks/guests/ and tests/guests/, all its *.c
# and *.S, linked with this library into $(BUILD)/guests/NAME, one ELF for PV and PVH.
#
# Included by a top Makefile or run alone (make -f noxs/guest/guest.mk). A guest that needs more
# says so in FOLDER/build.mk: NAME_CPPFLAGS, NAME_SOURCES (further files), NAME_STACK (bytes),
# NAME_NEEDS (made before its objects).

BUILD       ?= build
GUEST_OUT   := $(BUILD)/guests
GUEST_LIB   := noxs/guest
GUEST_CC    ?= gcc
GUEST_AR    ?= ar
GUEST_STACK := 4096

GUEST_CPPFLAGS  = $(XEN_CPPFLAGS) -D__XEN_INTERFACE_VERSION__=__XEN_LATEST_INTERFACE_VERSION__ -I$(GUEST_LIB) -Inoxs/include
GUEST_CFLAGS   := -std=gnu11 -O2 -g0 -Wall -Wextra -Wmissing-prototypes -Wno-clobbered \
    -ffreestanding -fno-pic -fno-pie -mcmodel=small -mno-red-zone -mgeneral-regs-only \
    -fno-stack-protector -fcf-protection=none -fno-asynchronous-unwind-tables \
    -fno-strict-aliasing -fno-common -fno-jump-tables -ffunction-sections -fdata-sections
GUEST_LDFLAGS  := -nostdlib -static -no-pie -Wl,-T,$(GUEST_LIB)/guest.ld -Wl,--gc-sections \
    -Wl,--build-id=none -Wl,-z,max-page-size=4096 -Wl,-z,noexecstack -Wl,--no-warn-rwx-segments \
    -Wl,-s

GUEST_FOLDERS := $(patsubst %/,%,$(sort $(wildcard benchmarks/guests/*/ tests/guests/*/)))
GUEST_NAMES   := $(notdir $(GUEST_FOLDERS))
GUEST_IMAGES  := $(GUEST_NAMES:%=$(GUEST_OUT)/%)
GUEST_LIB_SOURCES := $(wildcard $(GUEST_LIB)/*.c $(GUEST_LIB)/*.S)

.PHONY: guests
guests: $(GUEST_IMAGES)

# $(call guest_object,NAME,SOURCE): where SOURCE's object for NAME goes.
guest_object = $(GUEST_OUT)/obj/$(1)/$(basename $(notdir $(2))).o

# $(call guest_compile,NAME,SOURCE)
define guest_compile
$(call guest_object,$(1),$(2)): $(2) $(GUEST_LIB)/guest.mk $$($(1)_MK) $$($(1)_NEEDS)
	@mkdir -p $$(@D)
	$$(GUEST_CC) $$(GUEST_CPPFLAGS) $$($(1)_CPPFLAGS) $$(GUEST_CFLAGS) $$($(1)_CFLAGS) \
	    -MMD -MP -c -o $$@ $$<
endef

# $(call guest_rules,NAME,FOLDER)
define guest_rules
-include $(2)/build.mk
$(1)_MK      := $$(wildcard $(2)/build.mk)
$(1)_SOURCES := $$(wildcard $(2)/*.c $(2)/*.S) $$($(1)_SOURCES)
$(1)_STACK   := $$(or $$($(1)_STACK),$(GUEST_STACK))
$$(foreach source,$$($(1)_SOURCES),$$(eval $$(call guest_compile,$(1),$$(source))))
$(GUEST_OUT)/$(1): $$(foreach source,$$($(1)_SOURCES),$$(call guest_object,$(1),$$(source))) \
    $(GUEST_OUT)/obj/noxs-guest.a $(GUEST_LIB)/guest.ld $$($(1)_MK)
	$$(GUEST_CC) $$(GUEST_LDFLAGS) -Wl,--defsym=guest_stack_bytes=$$($(1)_STACK) -o $$@ \
	    $$(filter %.o,$$^) -Wl,--undefined=pv_entry $(GUEST_OUT)/obj/noxs-guest.a
-include $$(wildcard $(GUEST_OUT)/obj/$(1)/*.d)
endef

$(foreach source,$(GUEST_LIB_SOURCES),$(eval $(call guest_compile,lib,$(source))))
-include $(wildcard $(GUEST_OUT)/obj/lib/*.d)
$(GUEST_OUT)/obj/noxs-guest.a: $(foreach source,$(GUEST_LIB_SOURCES),$(call guest_object,lib,$(source)))
	@rm -f $@
	$(GUEST_AR) rcsD $@ $^

$(foreach folder,$(GUEST_FOLDERS),$(eval $(call guest_rules,$(notdir $(folder)),$(folder))))

.PHONY: guests-clean
guests-clean:
	rm -rf $(GUEST_OUT)
