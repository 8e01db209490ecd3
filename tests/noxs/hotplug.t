#!/bin/sh
# A vif and a vbd come and go in a PV Linux guest, whose other interface and disk are busy all the while, and in a PVH
# one: so many rounds as its arguments say (nightly: hotplug-long.t).
# lab: --xen noxs --memory 4096 --timeout 900
# needs: guest-assets
# shellcheck source=tests/integration/lib.sh
. /src/tests/integration/lib.sh
# shellcheck source=tests/noxs/linux.sh
. /src/tests/noxs/linux.sh
ROUNDS_PV=${1:-20} ROUNDS_PVH=${2:-8}

devices_start
baseline
head -c 1048576 /dev/urandom >spare.img

# try COMMAND...: counts failures, remembers why.
try() {
    "$@" >/dev/null 2>>errors || failures=$((failures + 1))
}

for type in pv pvh; do
    linux_vm "$type" "$type" 10.0.0.2
    linux_start "$type" 10.0.0.2
    : >sums
    : >errors
    : >busy
    # Less than the line can bear: in an emulated machine a busy line is a busy processor, for the commands too.
    (while [ -e busy ]; do curl -s --limit-rate 4M http://10.0.0.2/cgi-bin/disk | md5sum >>sums; done) &
    traffic=$!
    failures=0
    round=0
    case $type in pv) rounds=$ROUNDS_PV ;; *) rounds=$ROUNDS_PVH ;; esac
    while [ $((round += 1)) -le "$rounds" ]; do
        try chaos device add "$type" vif bridge=br0
        try chaos device add "$type" vbd target=spare.img,mode=ro
        try chaos device remove "$type" vif 1
        try chaos device remove "$type" vbd 1
    done
    rm busy
    is "$failures" 0 "$type: vif and vbd added and removed $rounds times"
    [ ! -s errors ] || diag "$(head -n 5 errors)"
    wait $traffic
    diag "$type: the disk was served $(wc -l <sums) times meanwhile"
    like "$(cat sums)" "$SUM" "$type: there was traffic all the while"
    nok "$type: ... which was not disturbed" grep -v "^${SUM%% *}" sums

    # And both are of use after all that.
    ok "$type: a last vbd" chaos device add "$type" vbd target=spare.img,mode=ro
    ok "$type: ... has the data" type_in "$type" 'until [ -b /dev/xvdb ]; do :; done; md5sum </dev/xvdb' \
        "^$(md5sum <spare.img | cut -d ' ' -f 1)"
    ok "$type: a last vif" chaos device add "$type" vif bridge=br1
    ok "$type: ... carries" type_in "$type" \
        'until ip addr add 10.1.0.2/24 dev eth1 && ip link set eth1 up; do :; done; echo configured' '^configured'
    ip addr add 10.1.0.1/24 dev br1
    ok "$type: ... packets" pings 10.1.0.2
    ip addr del 10.1.0.1/24 dev br1
    is "$(guest_warnings 10.0.0.2)" 0 "$type: no kernel warning in the guest"
    chaos destroy "$type"
    linux_leave
    clean "$type"
    kernels_quiet "$type"
done
rm disk.img
finish
