#!/bin/sh
# Shells with an interface and a disk: chaosd and its clients fail and are killed at each point, and no back end, bridge
# port or loop device is left. (pool-kill.t and pool-fail.t do so without devices.)
# lab: --xen noxs --timeout 600
# shellcheck source=tests/integration/pool.sh
. /src/tests/integration/pool.sh

devices_start
truncate -s 1M disk
# disked NAME TYPE: a daytime guest's shell and VM have one interface and one disk.
disked() {
    net_vm "$1" daytime "$2" br0 10.0.0.2/16
    printf 'vbds:\n  - target: %s\n    mode: ro\n' "$T/disk" >>"$1.yaml"
}
disked net pv
devices_baseline
cp "$(command -v chaos)" "$(command -v chaosd)" "$T/"
PATH=$T:$PATH
{
    printf 'pools:\n  - flavour: net\n    type: pv\n    memory: 4MiB\n    target: 2\n    vifs:\n      - bridge: br0\n'
    printf '    vbds:\n      - target: %s\n        mode: ro\n' "$T/disk"
} >chaosd.yaml

# sound VMS: so many VMs, two shells, an interface in the bridge and a disk for each, and nothing else.
sound() {
    is_full && none_taken && [ "$(chaos list -q | wc -l)" -eq "$1" ] &&
        [ "$(chaos list -aq | wc -l)" -eq $(($1 + 2)) ] &&
        [ "$(find /sys/class/net/ -name 'vif*' | wc -l)" -eq $(($1 + 2)) ] &&
        [ "$(find /sys/class/net/br0/brif/ -name 'vif*' | wc -l)" -eq $(($1 + 2)) ]
}
holds() {
    until_true 60 sound "$1" || {
        diag "VMs: $(chaos list -q | wc -l) of $1; all: $(chaos list -aq | wc -l)" "$(ls /sys/class/net)"
        diag "$(chaos pool status 2>&1)" "$(tail -n 3 chaosd.log)"
        return 1
    }
}
ready_or_dead() {
    is_full || ! kill -0 "$CHAOSD"
}
answers_or_dead() {
    answers || ! kill -0 "$CHAOSD"
}
# Shells are destroyed and made, taken, and become a VM.
passes() {
    until_true 60 answers_or_dead # else nothing is resized, so nothing need be destroyed
    chaos pool resize net 0 >/dev/null 2>&1
    chaos pool fill net >/dev/null 2>&1
    until_true 60 ready_or_dead
    chaos create --name a net.yaml >/dev/null 2>&1
    env CHAOS_FAULT=check:kill chaos create --name dead net.yaml >/dev/null 2>&1
    chaos pool resize net 1 >/dev/null 2>&1
    chaos pool fill net >/dev/null 2>&1
}

chaosd_start
ok "it is full" holds 0 || bail "no pool"
ok "create" chaos create -v --name a net.yaml
like "$ERR" '^  take ' "... from the pool"
ok "... it answers ping" pings 10.0.0.2
chaos destroy a
chaosd_stop
for action in kill fail; do
    for point in domain memory devices image refill.start refill.prepared refill.journal take.marked take.sent \
        lease.ended pool.destroy pool.destroyed; do
        [ $action.$point != fail.pool.destroyed ] || continue # it cannot
        chaosd_start "CHAOS_FAULT=$point:$action"
        passes
        if [ $action = kill ]; then
            ok "$point: chaosd is killed there" until_true 20 sh -c "! kill -0 $CHAOSD" || kill -KILL "$CHAOSD"
            wait "$CHAOSD" 2>/dev/null
            chaosd_start
        fi
        ok "$point: $action: the VM is there, and the pool is whole" holds 1
        ok "... destroy it" chaos destroy a
        chaosd_stop
    done
done

chaosd_start
full
for action in kill fail; do
    for step in take check image registry unpause; do
        env "CHAOS_FAULT=$step:$action" chaos create --name c net.yaml >/dev/null 2>&1
        case $action.$step in
        fail.take | kill.registry | kill.unpause) left=1 ;; # it was created without, or is a VM from its name on
        *) left=0 ;;
        esac
        ok "a client, $step: $action: VMs: $left, and the pool is whole" holds $left
        chaos destroy c >/dev/null 2>&1
    done
done

# The bridge goes under a VM and two shells, and comes again.
ok "create" chaos create --name a net.yaml
ok "it answers" pings 10.0.0.2
full
ip link del br0
like "$(chaos device list a)" 'bridge br0: not in it$' "without its bridge, the VM's interface is told to be in none"
told 10 'vif 0: no bridge "br0" on this host' "no VM is made of a shell without its bridge" chaos create --name b net.yaml
ip link add br0 type bridge forward_delay 0
ip link set br0 up
ip addr add 10.0.0.1/16 dev br0
ok "the bridge is there again: all interfaces are in it" holds 1
ok "the VM answers" pings 10.0.0.2
full
ok "create" chaos create -v --name b net.yaml --set 'vifs[0].ip=10.0.0.3/16'
like "$ERR" '^  take ' "... from the pool"
ok "it answers" pings 10.0.0.3
ok "destroy" chaos destroy a b
ok "the pool is whole" holds 0
# While nobody looks
kill -USR1 "$CHAOSD"
wait "$CHAOSD"
ip link del br0
ip link add br0 type bridge forward_delay 0
ip link set br0 up
ip addr add 10.0.0.1/16 dev br0
chaosd_start
ok "the next chaosd puts the shells of the last one back" holds 0
chaosd_stop
rm -rf /run/chaos/pool /run/chaos/chaosd.lock
ip neigh flush dev br0
kernels_quiet "all of it"
finish
