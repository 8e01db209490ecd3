# SPDX-License-Identifier: BSD-3-Clause
# Everything that `make check` runs, and the demo.

# Helpers of the integration tests: static programs that run in Dom0.
INTEGRATION_SRC := $(wildcard tests/integration/*.c)
INTEGRATION_BIN := $(INTEGRATION_SRC:%.c=$(BUILD)/%)

all: $(INTEGRATION_BIN)
$(INTEGRATION_BIN): $(BUILD)/%: %.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(WARNINGS) -static -o $@ $<
