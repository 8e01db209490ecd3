# SPDX-License-Identifier: BSD-3-Clause
# The lab's programs: the leak oracle. Included by the top Makefile.

ORACLE_SRC := $(sort $(wildcard tests/lab/oracle/*.c))

$(ORACLE_SRC:%.c=$(BUILD)/obj/%.o): CPPFLAGS += -Itests/lab/oracle

# Static, so that it runs in Dom0 whatever libraries that has.
$(BUILD)/bin/chaos-oracle: $(ORACLE_SRC:%.c=$(BUILD)/obj/%.o)
	@mkdir -p $(@D)
	$(CC) -static -o $@ $^ $(XEN_LIBS)

programs: $(BUILD)/bin/chaos-oracle

.PHONY: check-lab check-trixie check-stock check-long
check-lab: ## the lab's own contract: statuses, output, snapshots, nothing left behind (3 min)
	tests/lab/deps lab check
	prove -v tests/lab/t/host.t tests/lab/t/contract.t

# What has a short form for each day (*-stock.t), and what has none.
STOCK_SUITES := tests/noxs/linux.t tests/noxs/hotplug.t tests/noxs/power.t tests/integration/hostile.t \
	tests/integration/pool-devices.t tests/tinyx/examples.t
check-stock: all modules ## nightly: noxs' suites where the hypervisor has no noxs, and all over XenStore, beside either daemon (2 h)
	CHAOS_XEN=stock prove -v -e tests/lab/in-lab $(STOCK_SUITES)
	prove -v -e tests/lab/in-lab $(filter-out %-long.t,$(wildcard tests/nightly/*.t))

check-long: all modules ## nightly: tests that make check has a short form of (20 min)
	prove -v -e tests/lab/in-lab tests/nightly/*-long.t

check-trixie: ## nightly, as root: the demo in a fresh root of Debian 13, with the same figures (15 min)
	tests/lab/trixie-root
