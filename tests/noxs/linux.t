#!/bin/sh
# Debian's stock kernel as a guest with noxs' front ends, PV and PVH, in a Dom0 without XenStore: what it serves over the
# network from its disk is the disk, its console is interactive, and it powers off when asked to.
# lab: --xen noxs --memory 4096 --timeout 1200
# needs: guest-assets
# shellcheck source=tests/integration/lib.sh
. /src/tests/integration/lib.sh
# shellcheck source=tests/noxs/linux.sh
. /src/tests/noxs/linux.sh

devices_start
baseline
nok "no module of noxs takes a device of XenBus by its alias" grep -laE 'alias=(xen|block-major)' "$MODULES"/*.ko

for type in pv pvh; do
    linux_vm "$type" "$type" 10.0.0.2
    linux_start "$type" 10.0.0.2
    is "$(served 10.0.0.2)" "$SUM" "$type: $DISK_MIB MiB from the disk over the network"
    like "$(chaos device list "$type")" '^vif +0 connected' "$type: its vif is connected"
    like "$(chaos device list "$type")" "^vbd +0 connected +xvda $((DISK_MIB * 1024)) KiB ro" "$type: its vbd, too"

    # The console, with devices.
    shows "$type.out" "guest: up .*, $(echo "$type" | tr '[:lower:]' '[:upper:]')" "$type: its console speaks"
    # shellcheck disable=SC2016
    ok "$type: ... and takes commands" type_in "$type" 'echo answer=$((6 * 7))' '^answer=42'
    ok "$type: ... that see the interface" type_in "$type" 'cat /sys/class/net/eth0/address' "^$(mac_of "$type")"
    # shellcheck disable=SC2016
    ok "$type: ... and the disk" type_in "$type" 'echo sectors=$(cat /sys/block/xvda/size)' "^sectors=$((DISK_MIB * 2048))"
    ok "$type: ... which cannot be written" type_in "$type" 'dd if=/dev/zero of=/dev/xvda bs=4096 count=1' \
        'Operation not permitted|Read-only|error'
    is "$(served 10.0.0.2 10485760)" "$(head -c 10485760 disk.img | md5sum)" "$type: the disk is as it was"
    is "$(guest_warnings 10.0.0.2)" 0 "$type: no kernel warning in the guest"

    ok "$type: it agrees to power off" chaos shutdown "$type"
    linux_leave
    is "$(cat "$type.err")" "chaos console: domain $(id_of "$type") has ended: poweroff" "$type: and does"
    ok "$type: destroy" chaos destroy "$type"
    clean "$type"
done
kernels_quiet "Linux guests"
rm disk.img
finish
