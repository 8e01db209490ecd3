#!/bin/sh
# Debian's stock kernel as a guest with noxs' front ends, PV and PVH, in a Dom0 without XenStore: network, disk,
# console, hot-plug under traffic, power.
# lab: --xen noxs --memory 4096 --timeout 900
# needs: guest-assets
# shellcheck source=tests/integration/lib.sh
. /src/tests/integration/lib.sh
ASSETS=/src/build/assets
MODULES=/src/build/modules
ROUNDS=${1:-}

for module in noxs noxs-netback noxs-blkback; do
    insmod "$MODULES/$module.ko" || bail "$module does not load"
done
{ ip link add br0 type bridge && ip addr add 10.0.0.1/24 dev br0 && ip link set br0 up; } || bail "no bridge"

# An archive behind the stock one: its files take the place of those of the same name.
mkdir -p root/lib
cp /src/tests/noxs/guest-init root/init
chmod 755 root/init
cp "$MODULES"/noxs-front.ko "$MODULES"/noxs-netfront.ko "$MODULES"/noxs-blkfront.ko root/lib/
(cd root && find . | cpio -o -H newc 2>/dev/null) | gzip -1 | cat "$ASSETS/initramfs-guest.gz" - >initramfs.gz
head -c 209715200 /dev/urandom >disk.img
sum=$(md5sum <disk.img)
baseline

for type in pv pvh; do
    cat >"$type.yaml" <<END
name: $type
type: $type
kernel: $ASSETS/vmlinuz
ramdisk: initramfs.gz
cmdline: console=hvc0 quiet
memory: 256MiB
vifs:
  - bridge: br0
    mac: 02:00:00:00:00:01
    ip: 10.0.0.2/24
vbds:
  - target: disk.img
    mode: ro
END
    ok "create $type" chaos create "$type.yaml"
    # Somebody has to read its console: Linux waits where the ring is full.
    mkfifo "$type.in"
    chaos console "$type" <"$type.in" >"$type.out" 2>/dev/null &
    exec 3>"$type.in"
    until_true 90 ping -c 1 -W 1 10.0.0.2
    ok "$type answers" ping -c 3 -i 0.2 -W 2 10.0.0.2
    is "$(curl -s --max-time 200 http://10.0.0.2/cgi-bin/disk | md5sum)" "$sum" "$type: 200 MB from the disk over the network"

    # Traffic on eth0 and the disk while another interface and another disk come and go.
    # Less than the line can bear: in an emulated machine a busy line is a busy processor, for the commands too.
    : >busy
    (while [ -e busy ]; do curl -s --limit-rate 4M http://10.0.0.2/cgi-bin/disk | md5sum >>sums; done) &
    traffic=$!
    head -c 1048576 /dev/zero >spare.img
    failures=0
    round=0
    case $type in pv) rounds=${ROUNDS:-100} ;; *) rounds=${ROUNDS:-20} ;; esac
    while [ $round -lt "$rounds" ]; do
        chaos device add "$type" vif bridge=br0 >/dev/null 2>>errors || failures=$((failures + 1))
        chaos device add "$type" vbd target=spare.img,mode=ro >/dev/null 2>>errors || failures=$((failures + 1))
        chaos device remove "$type" vif 1 >/dev/null 2>>errors || failures=$((failures + 1))
        chaos device remove "$type" vbd 1 >/dev/null 2>>errors || failures=$((failures + 1))
        round=$((round + 1))
    done
    rm busy
    is "$failures" 0 "$type: vif and vbd added and removed $rounds times"
    [ ! -s errors ] || diag "$(head -n 5 errors)"
    wait $traffic
    like "$(cat sums)" "$sum" "$type: there was traffic all the while"
    nok "$type: the traffic was not disturbed" grep -v "^${sum%% *}" sums
    rm -f sums errors
    is "$(curl -s --max-time 20 http://10.0.0.2/cgi-bin/dmesg | grep -cE 'WARNING|BUG:|Call Trace|blocked for')" 0 \
        "$type: no kernel warning in the guest"
    ok "$type suspends" chaos suspend "$type"
    nok "$type is silent then" ping -c 1 -W 2 10.0.0.2
    ok "$type resumes" chaos resume "$type"
    until_true 20 ping -c 1 -W 1 10.0.0.2
    ok "$type answers again" ping -c 2 -i 0.2 -W 2 10.0.0.2
    is "$(curl -s --max-time 200 http://10.0.0.2/cgi-bin/disk | head -c 10485760 | md5sum)" \
        "$(head -c 10485760 disk.img | md5sum)" "$type: its disk does, too"
    like "$(cat "$type.out")" "guest: up" "$type: its console speaks"
    ok "$type agrees to power off" chaos shutdown "$type"
    until_true 20 in_state "$type" shutdown
    exec 3>&-
    chaos destroy "$type" 2>/dev/null
    nok "$type is gone" chaos info "$type"
done
is "$(dmesg | grep -cE 'WARNING|BUG:|Call Trace')" 0 "no kernel warning in Dom0"
rm -rf root disk.img spare.img initramfs.gz
finish --slack 64
