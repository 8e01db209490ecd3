#!/bin/sh
# Network interfaces: unikernels that answer ping and tell the date, PV and PVH; who reaches whom; addresses,
# sizes and rates; and what is refused.
# lab: --xen noxs --timeout 300
# shellcheck source=tests/integration/lib.sh
. /src/tests/integration/lib.sh

devices_start
ok "page frames for queues are there before any guest" until_true 20 grep -q 'Xen scratch' /proc/iomem
devices_baseline

for type in pv pvh; do
    address=10.0.0.$([ $type = pv ] && echo 2 || echo 3)
    net_vm day-$type daytime $type br0 "$address/16"
    ok "create daytime as $type" chaos create day-$type.yaml
    ok "$type: it answers ping" pings "$address"
    is "$(dates "$address" 50)" 50 "$type: 50 times it tells the right date"
    like "$(chaos device list day-$type)" "^vif +0 connected +vif[0-9]+\.0 mac 02:.* mtu 1500 ip $address/16" \
        "$type: chaos shows its interface"
    ok "$type: large packets" ping -c 3 -i 0.1 -W 2 -s 1472 "$address"
done

# An address made from the name: known on the wire, the same in every life, and another one's another.
mac=$(mac_of day-pv)
like "$(ip neigh show 10.0.0.2)" "lladdr $mac " "its address is the one on the wire"
unlike "$(mac_of day-pvh)" "$mac" "another VM has another address"
ok "destroy" chaos destroy day-pv
ok "and create again" chaos create day-pv.yaml
is "$(mac_of day-pv)" "$mac" "the address is the same in the next life"
ok "it answers" pings 10.0.0.2

# The host's identity is part of that address, and so is a run directory of its own.
mkdir -p /etc/chaos
echo "this host" >/etc/chaos/mac_seed
net_vm seeded daytime pv br0 10.0.0.10/16
ok "create with a seed" chaos create seeded.yaml
first=$(mac_of seeded)
ok "create beside it, of the same name, in another run directory" chaos --run-dir "$T/other" create seeded.yaml --set 'vifs[0].ip=10.0.0.11/16'
unlike "$(chaos --run-dir "$T/other" device list seeded)" "mac $first" "it has another address"
ok "both answer" pings 10.0.0.10
ok "... one after the other" pings 10.0.0.11
ok "destroy one" chaos --run-dir "$T/other" destroy seeded
ok "destroy the other" chaos destroy seeded
ok "create again" chaos create seeded.yaml
is "$(mac_of seeded)" "$first" "the address is the same in the next life"
ok "destroy" chaos destroy seeded
echo "that host" >/etc/chaos/mac_seed
ok "create on another host" chaos create seeded.yaml
unlike "$(mac_of seeded)" "$first" "the address is another"
ok "destroy" chaos destroy seeded
rm -r /etc/chaos/mac_seed "$T/other"

# Guests among themselves; Dom0 has no part in br1, and there are two networks of the same addresses.
net_vm far daytime pvh br1 10.0.0.3/16
net_vm near-visitor visitor pv br0 10.0.0.4/16
net_vm far-visitor visitor pvh br1 10.0.0.5/16
net_vm lost-visitor visitor pv br1 10.0.0.6/16
echo 'cmdline: peer=10.0.0.3' >>near-visitor.yaml
echo 'cmdline: peer=10.0.0.3' >>far-visitor.yaml
echo 'cmdline: peer=10.0.0.2' >>lost-visitor.yaml
ok "create a daytime guest in another bridge" chaos create far.yaml
for name in near-visitor far-visitor lost-visitor; do
    ok "create $name" chaos create $name.yaml
done
says() {
    chaos console --dump "$1" >>"$1.said"
    grep -qE -- "$2" "$1.said"
}
ok "br0: a guest asks its neighbour" until_true 20 says near-visitor 'visitor: 10.0.0.3 says [A-Z][a-z]{2} .*:.* 20'
ok "br1: and there, too" until_true 20 says far-visitor 'visitor: 10.0.0.3 says [A-Z][a-z]{2} .*:.* 20'
ok "a guest in another bridge is not reached" until_true 20 says lost-visitor 'visitor: no answer'
unlike "$(cat lost-visitor.said)" says "... not once"
ok "destroy them" chaos destroy far near-visitor far-visitor lost-visitor

# An address of length 32: the guest reaches nobody but through its gateway, which is in no network of its own.
ip addr add 172.31.1.1/32 dev br0
ip route add 203.0.113.7 dev br0
net_vm alone daytime pv br0 203.0.113.7/32 'gateway: 172.31.1.1'
ok "create with an address of length 32" chaos create alone.yaml
ok "/32: it answers ping" pings 203.0.113.7
ok "/32: it tells the date" tells_date 203.0.113.7
ok "destroy" chaos destroy alone
ip route del 203.0.113.7 dev br0
ip addr del 172.31.1.1/32 dev br0

# mtu and rate
net_vm small daytime pv br0 10.0.0.7/16 'mtu: 600'
ok "create with an MTU" chaos create small.yaml
ok "it answers" pings 10.0.0.7
is "$(cat "/sys/class/net/$(interface_of small)/mtu")" 600 "mtu: the interface's"
bridge_mtu() { cat /sys/class/net/br0/mtu; }
is "$(bridge_mtu)" 1500 "mtu: the bridge keeps its own"
like "$(chaos device list small)" ' mtu 600 ' "mtu: the guest is told"
ok "it tells the date" tells_date 10.0.0.7
ok "destroy" chaos destroy small
net_vm large daytime pvh br0 10.0.0.12/16 'mtu: 9000'
ok "create with an MTU above the bridge's" chaos create large.yaml
like "$ERR" "vifs\[0\]: mtu 9000 is above the 1500 of bridge br0" "... a note says what it cannot do"
is "$(bridge_mtu)" 1500 "mtu: the bridge keeps its own"
like "$(chaos device list large)" ' mtu 9000 .* bridge br0 \(mtu 1500\)$' "mtu: and that is told"
ok "it answers" pings 10.0.0.12
ip link set br0 mtu 1400
ok "create with an MTU below" chaos create small.yaml
is "$(bridge_mtu)" 1400 "mtu: the bridge keeps what it was told meanwhile"
ip link set br0 mtu 1500

# An interface that is not where it belongs
like "$(chaos device list small)" ' bridge br0$' "device list: an interface in its bridge"
ip link set "$(interface_of small)" nomaster
like "$(chaos device list small)" ' bridge br0: not in it$' "device list: one that is in none"
like "$(chaos info small)" '^  vif 0: connected, .* bridge br0: not in it$' "info says so, too"
ip link set "$(interface_of small)" master br1
like "$(chaos device list small)" ' bridge br0: in br1 instead$' "device list: one that is in another"
ip link set "$(interface_of small)" master br0
ok "it answers from where it belongs" pings 10.0.0.7
ok "destroy" chaos destroy small large

# bytes NAME IP: what the guest sends in three seconds, asked for as fast as one can.
bytes() {
    bytes_file=/sys/class/net/$(interface_of "$1")/statistics/rx_bytes
    bytes_before=$(cat "$bytes_file")
    ping -q -f -l 8 -w 3 -s 1400 "$2" >/dev/null 2>&1
    echo $(($(cat "$bytes_file") - bytes_before))
}
net_vm slow daytime pvh br0 10.0.0.8/16 'rate: 16KiB/s'
ok "create with a rate" chaos create slow.yaml
ok "it answers" pings 10.0.0.8
free=$(bytes day-pvh 10.0.0.3)
held=$(bytes slow 10.0.0.8)
diag "in three seconds $free bytes without a rate, $held with 16KiB/s"
ok "rate: it is kept" [ "$held" -lt $((4 * 16384)) ]
ok "rate: it is given" [ "$held" -gt $((2 * 16384)) ]
ok "rate: others are not held back" [ "$free" -gt $((2 * held)) ]
ok "destroy" chaos destroy slow day-pv day-pvh
clean "interfaces"

# Two and more interfaces at once
# four BRIDGE BRIDGE BRIDGE BRIDGE: writes four.yaml
four() {
    printf 'type: pv\nkernel: %s\nmemory: 4MiB\nvifs:\n' "$GUESTS/daytime" >four.yaml
    for four_bridge in "$@"; do
        printf '  - bridge: %s\n    ip: 10.0.0.9/16\n' "$four_bridge" >>four.yaml
    done
}
four br0 br1 br0 br1
ok "create with four interfaces" chaos create four.yaml
ok "the first answers" pings 10.0.0.9
is "$(ip -o link show master br0 | grep -c vif) $(ip -o link show master br1 | grep -c vif)" "2 2" "two are in each bridge"
is "$(chaos device list four | grep -oE 'mac [0-9a-f:]*' | sort -u | wc -l)" 4 "each has an address of its own"
ok "destroy" chaos destroy four
clean "four interfaces"

# What is refused
net_vm nowhere daytime pv br9 10.0.0.2/16
refused 10 'vif 0: no bridge "br9" on this host; make it \(ip link add br9 type bridge\)' "a bridge that is not there" \
    chaos create nowhere.yaml
ip tuntap add wire mode tap
net_vm wire daytime pvh wire 10.0.0.2/16
told 10 'vif 0: cannot put it into bridge "wire"' "a bridge that is none" chaos create wire.yaml
ip link del wire
four br0 br1 br9 br1
refused 10 'vif 2: no bridge "br9"' "one bad interface of four" chaos create four.yaml
rmmod noxs-netback || bail "noxs-netback cannot be unloaded"
insmod "$MODULES/noxs-netback.ko" spare_queues=0 || bail "noxs-netback does not load again"
net_vm plain daytime pv br0 10.0.0.2/16
ok "create without spare page frames" chaos create plain.yaml
ok "it answers" pings 10.0.0.2
ok "destroy" chaos destroy plain
rmmod noxs-blkback noxs-netback noxs || bail "the modules cannot be unloaded"
net_vm day daytime pv br0 10.0.0.2/16
told 7 'cannot open /dev/noxs: .*noxs-netback' "no modules" chaos create day.yaml
# noxs-netback has a thread, which the baseline has.
for module in noxs noxs-netback noxs-blkback; do
    ok "$module loads again" insmod "$MODULES/$module.ko"
done
kernels_quiet "interfaces"
finish
