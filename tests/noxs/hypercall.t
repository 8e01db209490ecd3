#!/bin/sh
# The hypercall and /dev/noxs, on domains that never run.
# lab: --xen noxs --timeout 240
# shellcheck source=tests/integration/lib.sh
. /src/tests/integration/lib.sh
BIN=/src/build/tests/noxs

ok "the hypercall: bounds, batches, faults, dying domains" "$BIN/hypercall"
diag "$OUT"

load() {
    for module in noxs noxs-netback noxs-blkback; do
        ok "load $module" insmod "$MODULES/$module.ko"
    done
}
load
rebase
truncate -s 1M /tmp/disk
losetup /dev/loop7 /tmp/disk
ok "/dev/noxs: batches, malformed requests, races" "$BIN/ioctl"
diag "$OUT"
like "$OUT" '^ioctl: [1-9][0-9]* checks, 0 failed' "it did check something"
ok "free the loop device" losetup -d /dev/loop7
ok "unload the modules" rmmod noxs-netback noxs-blkback noxs
load # noxs-netback has a thread, which the baseline has
is "$(dmesg | grep -cE 'WARNING|BUG:|Call Trace')" 0 "no kernel warning in Dom0"
finish --slack 16
