#!/bin/sh
# The hypervisor's memory, wanted by the pool and by VMs: creations succeed by taking shells back.
# lab: --timeout 300
# shellcheck disable=SC2016 # quoted for a shell of its own
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
# all_taken: the pool has all memory that it may have, again.
all_taken() {
    [ "$(free_mib)" -lt 300 ] && chaos pool status | grep -q keep_free
}
CHAOS_FAULT=reclaim:fail
export CHAOS_FAULT
told 6 'not enough hypervisor memory' "a reclaim that fails" chaos create --set memory=700MiB --name a big.yaml
ok "... and the pool takes the memory again" until_true 60 all_taken
CHAOS_FAULT=reclaim:kill
chaos create --set memory=700MiB --name a big.yaml >/dev/null 2>&1
is "$?" 137 "a client that is killed behind a reclaim"
unset CHAOS_FAULT
is "$(chaos list -q | wc -l)" 0 "... leaves nothing"
ok "... and the pool takes the memory again" until_true 60 all_taken
had=$(idle large)
ok "a VM that is larger than what is free" chaos create -v --set memory=700MiB --name a big.yaml
like "$ERR" '^  reclaim ' "... gets its memory from the pool"
ok "... which has less now" test "$(idle large)" -lt "$had"
told 6 'not enough hypervisor memory' "a VM that is larger than all" chaos create --set memory=4000MiB --name b big.yaml
is "$(chaos list -q | wc -l)" 1 "... leaves nothing behind"
ok "chaosd lives" answers

# What is left is taken by VMs, until the pool has no shell to give and nothing is free.
n=0
while [ $n -lt 40 ] && chaos create --set memory=256MiB --name "o$n" big.yaml >/dev/null 2>&1; do n=$((n + 1)); done
ok "VMs take all memory there is: $n of 256 MiB" test $n -ge 3
is "$(idle large)" 0 "... the pool has given it all"
failures() {
    chaos pool metrics | sed -n 's/^chaos_pool_refill_failures_total{flavour="large"} //p'
}
before=$(failures)
cpu=$(cut -d ' ' -f 1 "/proc/$CHAOSD/schedstat")
sleep 6
after=$(failures)
ok "... it backs off: $((after - before)) tries in 6 s" test $((after - before)) -le 12
cpu=$((($(cut -d ' ' -f 1 "/proc/$CHAOSD/schedstat") - cpu) / 1000000))
ok "... and does not spin: $cpu ms of CPU" test $cpu -lt 200
ok "a VM goes" chaos destroy o0
ok "... and the pool makes shells of its memory, in time" until_true 60 sh -c '[ "$(chaos pool list | awk "\$1 == \"large\" { print \$7 }")" -ge 1 ]'
ok "a creation takes that back" chaos create -v --set memory=256MiB --name back big.yaml
like "$ERR" '^  reclaim ' "... by a reclaim"
chaosd_stop
ok "destroy all" chaos destroy --all
rm -rf /run/chaos/pool /run/chaos/chaosd.lock
finish
