#!/bin/sh
# What a creation and a destruction ask of the kernel, counted exactly by strace: these numbers depend on no
# machine, so one more is a change that somebody should have meant. The whole command: opening and closing, too.
#   hypercalls  IOCTL_PRIVCMD_HYPERCALL (a multicall is one)    maps   IOCTL_PRIVCMD_MMAPBATCH_V2; its end is a hypercall
#   noxs        ioctls of /dev/noxs                             ioctls all others: probes of libraries, the bridge
#   netlink     messages sent                                   forks  fork, vfork, clone, and a second execve
# lab: --xen noxs --timeout 200
# shellcheck source=tests/integration/lib.sh
. /src/tests/integration/lib.sh

# vifs TYPE N: writes vm.yaml
vifs() {
    printf 'type: %s\nkernel: %s\nmemory: 4MiB\n' "$1" "$GUESTS/daytime" >vm.yaml
    [ "$2" = 0 ] || echo 'vifs:' >>vm.yaml
    vifs_left=$2
    while [ "$vifs_left" -gt 0 ]; do
        printf '  - bridge: br0\n    ip: 10.0.0.2/16\n' >>vm.yaml
        vifs_left=$((vifs_left - 1))
    done
}

# counted COMMAND...: runs it, sets $COUNTS.
counted() {
    strace -f -y -e trace=ioctl,sendmsg,sendto,fork,vfork,clone,clone3,execve -o trace "$@" >/dev/null 2>err </dev/null ||
        diag "failed: $* $(cat err)"
    COUNTS=$(awk '
        { sub(/^[0-9]+ +/, "") }
        /^ioctl\([0-9]+<\/dev\/noxs>/ { noxs++; next }
        /^ioctl\([0-9]+<\/dev\/xen\/privcmd>, _IOC\(_IOC_NONE, 0x50, 0, 0x30\)/ { hypercalls++; next }
        /^ioctl\([0-9]+<\/dev\/xen\/privcmd>, _IOC\(_IOC_NONE, 0x50, 0x4, 0x20\)/ { maps++; next }
        /TCGETS/ { next } # the C library, of a standard error that is none
        /^ioctl\(/ { ioctls++ }
        /^(sendmsg|sendto)\(/ { netlink++ }
        /^(fork|vfork|clone|clone3|execve)\(/ { forks++ }
        END { printf "hypercalls=%d maps=%d noxs=%d ioctls=%d netlink=%d forks=%d",
                  hypercalls, maps, noxs, ioctls, netlink, forks - 1 }' trace)
}

devices_start
devices_baseline
for type in pv pvh; do
    vifs $type 0
    counted chaos create vm.yaml
    is "$COUNTS" "hypercalls=6 maps=1 noxs=0 ioctls=1 netlink=0 forks=0" "create $type without devices"
    chaos destroy vm
    # The hypercall more is the device page. noxs: its version, what an earlier domain of this number
    # may have left, and the back ends.
    vifs $type 1
    counted chaos create vm.yaml
    is "$COUNTS" "hypercalls=7 maps=1 noxs=3 ioctls=3 netlink=2 forks=0" "create $type with a vif"
    one=$COUNTS
    ok "... it answers" pings 10.0.0.2
    counted chaos destroy vm
    is "$COUNTS" "hypercalls=4 maps=0 noxs=2 ioctls=2 netlink=0 forks=0" "destroy it"
    vifs $type 4
    counted chaos create vm.yaml
    is "$COUNTS" "hypercalls=7 maps=1 noxs=3 ioctls=3 netlink=8 forks=0" "create $type with four"
    is "${COUNTS%% netlink*}" "${one%% netlink*}" "... hypercalls and ioctls as for one"
    counted chaos destroy vm
    is "$COUNTS" "hypercalls=4 maps=0 noxs=2 ioctls=2 netlink=0 forks=0" "destroy it"
    # A disk: three ioctls of its loop device. How many loop devices there are besides does not matter.
    vifs $type 0
    truncate -s 1M disk.img other.img
    printf 'vbds:\n  - target: %s\n' "$T/disk.img" >>vm.yaml
    sed "s/disk.img/other.img/; s/vbds:/name: other\n&/" vm.yaml >other.yaml
    counted chaos create vm.yaml
    is "$COUNTS" "hypercalls=7 maps=1 noxs=3 ioctls=3 netlink=0 forks=0" "create $type with a disk"
    counted chaos create other.yaml
    is "$COUNTS" "hypercalls=7 maps=1 noxs=3 ioctls=3 netlink=0 forks=0" "... beside another"
    chaos destroy vm
    chaos destroy other
done
finish
