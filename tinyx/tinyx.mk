# SPDX-License-Identifier: BSD-3-Clause
# The command tinyx and what it takes along into guests. Included by the top Makefile.

TINYX_SRC  := $(sort $(wildcard tinyx/*.c))
TINYX_LIBS := -l:libyaml.a -l:libjansson.a -l:libnettle.a

programs: $(BUILD)/bin/tinyx

$(TINYX_SRC:%.c=$(BUILD)/obj/%.o): CPPFLAGS += -Ilibchaos

$(BUILD)/bin/tinyx: $(TINYX_SRC:%.c=$(BUILD)/obj/%.o) $(BUILD)/lib/libchaos.a
	@mkdir -p $(@D)
	$(CC) -o $@ $^ $(TINYX_LIBS)

-include $(wildcard $(BUILD)/obj/tinyx/*.d)
