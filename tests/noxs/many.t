#!/bin/sh
# Many unikernels with a network interface at once, in a Dom0 without XenStore: each answers ping and daytime, and
# their end leaves nothing.
# lab: --xen noxs --memory 8192 --dom0-memory 3072 --timeout 1800
# shellcheck source=tests/integration/lib.sh
. /src/tests/integration/lib.sh
COUNT=${1:-100}

for module in noxs noxs-netback; do
    insmod "/src/build/modules/$module.ko" || bail "$module does not load"
done
{ ip link add br0 type bridge && ip addr add 10.0.0.1/16 dev br0 && ip link set br0 up; } || bail "no bridge"
# One address more in the neighbour table for each guest.
sysctl -qw net.ipv4.neigh.default.gc_thresh3=8192 net.ipv4.neigh.default.gc_thresh2=8192 \
    net.ipv4.neigh.default.gc_thresh1=8192

for type in pv pvh; do
    cat >"$type.yaml" <<END
name: day-$type
type: $type
kernel: $GUESTS/daytime
memory: 4MiB
vifs:
  - bridge: br0
    ip: 10.0.1.1/16
END
done

tells() {
    nc -w 5 "$1" 13 </dev/null 2>/dev/null | grep -qE '[0-9]{2}:[0-9]{2}:[0-9]{2}'
}

# answers COUNT: asks each guest for the date, once more where it was silent; prints how many told it.
answers() {
    told=0
    i=0
    while [ $i -lt "$1" ]; do
        address=10.0.$((1 + (i + 1) / 256)).$(((i + 1) % 256))
        { tells "$address" || tells "$address"; } && told=$((told + 1))
        i=$((i + 1))
    done
    echo $told
}

# A first guest loads what Dom0 then keeps.
ok "a first guest" chaos create --name first pv.yaml
until_true 20 ping -c 1 -W 1 10.0.1.1
chaos destroy first
baseline

for type in pv pvh; do
    ok "create $COUNT of $type" chaos create -n "$COUNT" "$type.yaml"
    diag "$ERR"
    is "$(ip -o link show master br0 | wc -l)" "$COUNT" "each has an interface in the bridge"
    sleep 5
    is "$(answers "$COUNT")" "$COUNT" "$type: each tells the date"
    ok "destroy all" chaos destroy --all
    clean "$type: nothing is left"
done
is "$(dmesg | grep -cE 'WARNING|BUG:|Call Trace')" 0 "no kernel warning in Dom0"
finish --slack 256
