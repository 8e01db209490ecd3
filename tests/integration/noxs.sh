# shellcheck shell=sh
# Beside chaos.sh, what the tests with devices share. Sourcing it loads noxs' modules and makes the bridges br0
# (10.0.0.1/16 is Dom0) and br1 (Dom0 has no address there).
#
#   net_vm NAME GUEST TYPE BRIDGE IP [LINE...]   writes NAME.yaml: a VM of 4 MiB with one vif; LINEs go into the vif
#   devices_baseline                  the oracle's, after a daytime guest of each type has come and gone
#   pings IP                          it answers, within half a minute
#   tells_date IP                     port 13 there tells the date, and the right one
#   dates IP N                        how many of N askings are answered right
#   kernels_quiet DESCRIPTION         neither Dom0's kernel nor Xen has warned since the last time
# shellcheck source=tests/integration/chaos.sh
. /src/tests/integration/chaos.sh
# shellcheck disable=SC2034 # for those who source this
ASSETS=/src/build/assets
MODULES=/src/build/modules

noxs_start() {
    for noxs_module in noxs noxs-netback noxs-blkback; do
        insmod "$MODULES/$noxs_module.ko" || bail "$noxs_module does not load; 'make modules' builds it"
    done
    # A port starts forwarding at once, and addresses of hundreds of guests are remembered.
    for noxs_bridge in br0 br1; do
        ip link add $noxs_bridge type bridge forward_delay 0 || bail "no bridge $noxs_bridge"
        ip link set $noxs_bridge up
    done
    ip addr add 10.0.0.1/16 dev br0 || bail "br0 has no address"
    sysctl -qw net.ipv4.neigh.default.gc_thresh1=8192 net.ipv4.neigh.default.gc_thresh2=8192 \
        net.ipv4.neigh.default.gc_thresh3=8192
}
noxs_start

net_vm() {
    noxs_name=$1
    printf 'type: %s\nkernel: %s\nmemory: 4MiB\n' "$3" "$GUESTS/$2" >"$T/$noxs_name.yaml"
    printf 'vifs:\n  - bridge: %s\n    ip: %s\n' "$4" "$5" >>"$T/$noxs_name.yaml"
    shift 5
    for noxs_line in "$@"; do
        echo "    $noxs_line" >>"$T/$noxs_name.yaml"
    done
}

devices_baseline() {
    for noxs_type in pv pvh; do
        net_vm warm-up daytime $noxs_type br0 10.0.255.1/16
        chaos create warm-up.yaml >/dev/null || bail "no VM of type $noxs_type with a vif can be created"
        pings 10.0.255.1 || bail "a daytime guest of type $noxs_type does not answer"
        chaos console --dump warm-up >/dev/null
        chaos destroy warm-up || bail "no VM can be destroyed"
    done
    ip neigh flush dev br0
    rebase
}

pings() {
    until_true 30 ping -c 1 -W 1 "$1"
}

# Beside the right second, one before and after, for it may change in between.
tells_date() {
    noxs_said=$(nc -w 5 "$1" 13 </dev/null 2>/dev/null | tr -d '\r\n')
    for noxs_second in 0 1 -1 2 -2; do
        [ "$noxs_said" != "$(date -u -d "@$(($(date +%s) + noxs_second))" '+%a %b %d %H:%M:%S %Y')" ] || return 0
    done
    return 1
}

dates() {
    noxs_right=0
    noxs_left=$2
    while [ "$noxs_left" -gt 0 ]; do
        tells_date "$1" && noxs_right=$((noxs_right + 1))
        noxs_left=$((noxs_left - 1))
    done
    echo "$noxs_right"
}

kernels_quiet() {
    noxs_warnings=$({ dmesg -c; xl dmesg -c; } 2>/dev/null |
        grep -aE 'WARNING|BUG|Call Trace|call trace|Assertion|blocked for|general protection' || true)
    is "$noxs_warnings" "" "$1: no warning of Dom0's kernel or Xen"
}
