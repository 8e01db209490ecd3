#!/bin/sh
# Warm shells on a hypervisor without noxs: Dom0's kernel writes their device pages by a grant that the shell gives. The guest
# finds its devices, and what comes and goes later, as in any other VM.
# lab: --xen stock --timeout 300
# shellcheck source=tests/integration/pool.sh
. /src/tests/integration/pool.sh

devices_start
truncate -s 1M disk
for type in pv pvh; do
    net_vm $type daytime $type br0 "10.0.0.$([ $type = pv ] && echo 2 || echo 3)/16"
    printf 'vbds:\n  - target: %s\n    mode: ro\n' "$T/disk" >>$type.yaml
done
devices_baseline
{
    echo 'pools:'
    for type in pv pvh; do
        printf '  - flavour: %s\n    type: %s\n    memory: 4MiB\n    target: 2\n    kernel: %s\n' $type $type "$GUESTS/daytime"
        printf '    vifs:\n      - bridge: br0\n    vbds:\n      - target: %s\n        mode: ro\n' "$T/disk"
    done
} >chaosd.yaml

chaosd_start
ok "the pool fills" full
for type in pv pvh; do
    address=10.0.0.$([ $type = pv ] && echo 2 || echo 3)
    strace -f -e trace=ioctl -o trace chaos create -v $type.yaml >/dev/null 2>err
    like "$(cat err)" '^  take ' "$type: create takes a shell"
    unlike "$(cat err)" '^  (domain|memory|devices) ' "... which was all there"
    is "$(grep -cE '_IOC\(_IOC_NONE, 0x50, 0x4, 0x20\)' trace)" 0 "... and maps nothing of the guest"
    ok "... it answers, by the address that only its configuration has" pings "$address"
    ok "... and tells the time" tells_date "$address"
    like "$(chaos device list $type)" '^vif +0 +connected' "... its interface is connected"
    ok "... add an interface" chaos device add $type vif bridge=br1
    like "$(chaos device list $type)" '^vif +1 ' "... which is listed"
    ok "... remove it" chaos device remove --force $type vif 1
    ok "... it answers still" pings "$address"
    ok "... destroy" chaos destroy $type
done

ok "the pool fills again" full
chaosd_stop
rm -rf /run/chaos/pool /run/chaos/chaosd.lock
ip neigh flush dev br0
kernels_quiet "all of it"
finish
