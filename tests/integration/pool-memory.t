#!/bin/sh
# The hypervisor's memory, wanted by the pool and by VMs: creations succeed by taking shells back.
# lab: --timeout 300
# shellcheck source=tests/integration/pool.sh
. /src/tests/integration/pool.sh

baseline
printf 'keep_free: 64MiB\npools:\n  - flavour: large\n    type: pv\n    memory: 128MiB\n    target: 100\n' >chaosd.yaml
vm big noop 'type: pv'

free_mib() {
    chaos version | sed -nE 's/.* ([0-9]+) of [0-9]+ MiB free/\1/p'
}

chaosd_start
ok "a pool that wants more than there is waits" until_true 60 sh -c 'chaos pool status | grep -q keep_free'
ok "... and leaves keep_free" test "$(free_mib)" -ge 64
had=$(idle large)
ok "a VM that is larger than what is free" chaos create -v --set memory=700MiB --name a big.yaml
like "$ERR" '^  reclaim ' "... gets its memory from the pool"
ok "... which has less now" test "$(idle large)" -lt "$had"
told 6 'not enough hypervisor memory' "a VM that is larger than all" chaos create --set memory=4000MiB --name b big.yaml
is "$(chaos list -q | wc -l)" 1 "... leaves nothing behind"
ok "chaosd lives" answers
chaosd_stop
ok "destroy all" chaos destroy --all
rm -rf /run/chaos/pool /run/chaos/chaosd.lock
finish
