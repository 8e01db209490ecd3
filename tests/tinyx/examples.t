#!/bin/sh
# The examples of Tinyx as PVH and as PV, on noxs' devices: each starts, says up, answers its client, and powers off
# when it is told to.
# lab: --xen noxs --memory 4096 --timeout 900
# needs: tinyx-images
# shellcheck source=tests/integration/lib.sh
. /src/tests/integration/lib.sh
IMAGES=/src/build/tinyx
EXAMPLES="nginx redis python tls static httpd"

devices_start
devices_baseline

# What a guest says goes into NAME.said, until it ends.
listens() {
    chaos console --read-only "$name" >"$name.said" 2>"$name.error" &
    echo $! >"$name.listener"
}
says() {
    tr -d '\r' <"$name.said" | grep -qE "$1"
}
says_up() { says '^up$'; }
says_off() { says '^tinyx: powering off$'; }
answers() {
    timeout 30 sh "$IMAGES/$name/test.sh" >"$name.tried" 2>&1
}
ended() {
    in_state "$name" poweroff || in_state "$name" crashed
}
complains() {
    says 'WARNING:|BUG:|Oops|Out of memory|blocked for|^tinyx: .*(cannot|without)'
}

# reports DESCRIPTION COMMAND: it succeeds within minutes; one that has ended is not waited for. Beside what went wrong,
# what the guest said.
reports() {
    until=$(($(date +%s) + 200))
    until "$2"; do
        if [ "$(date +%s)" -gt "$until" ] || ended; then
            tap_result 1 "$1"
            [ ! -e "$name.tried" ] || diag "$(cat "$name.tried")"
            diag "$(tail -n 20 "$name.said")"
            return
        fi
        sleep 0.2
    done
    tap_result 0 "$1"
}

for type in pvh pv; do
    [ $type = pvh ] && file=vm.yaml || file=vm-pv.yaml
    for name in $EXAMPLES; do
        ok "$type: create $name" chaos create "$IMAGES/$name/$file"
        listens
    done
    for name in $EXAMPLES; do
        reports "$type: $name answers its client" answers
        reports "$type: $name has said up" says_up
    done
    for name in $EXAMPLES; do
        ok "$type: shut $name down" chaos shutdown "$name"
        ok "$type: $name powers off" until_true 200 ended
        ok "$type: ... in order" until_true 60 says_off
        ok "$type: destroy $name" chaos destroy "$name"
        wait "$(cat "$name.listener")"
        nok "$type: $name has complained of nothing" complains
        rm -f "$name".*
    done
    clean "$type"
    ip neigh flush dev br0
done
# An address with nothing else in its network: the way to all others is the gateway, to which there is no way yet.
ip addr add 172.31.1.1/32 dev br0
ip route add 203.0.113.7 dev br0
export IP=203.0.113.7
name=static
mkdir alone && cp "$IMAGES/static/vmlinux" "$IMAGES/static/initramfs" alone
sed "s,ip: .*,ip: $IP/32\n    gateway: 172.31.1.1," "$IMAGES/static/vm.yaml" >alone/vm.yaml
ok "an address of length 32, its gateway outside" chaos create alone/vm.yaml
listens
reports "/32: it answers its client, through the gateway" answers
ok "/32: destroy" chaos destroy static
wait "$(cat static.listener)"
nok "/32: it has complained of nothing" complains
rm -f static.*
ip route del 203.0.113.7 dev br0
ip addr del 172.31.1.1/32 dev br0

# tinyx run makes the bridge that is missing, and the way to such an address; and takes them away.
cp "$IMAGES/static/manifest.json" "$IMAGES/static/test.sh" alone
sed -i 's/bridge: .*/bridge: br7/' alone/vm.yaml
ok "tinyx run with a bridge that is not there" /src/build/bin/tinyx run alone
like "$OUT" "tinyx run: static works" "... says how it went"
ok "... the bridge is gone afterwards" [ ! -e /sys/class/net/br7 ]
unset IP
ok "tinyx run in a Dom0" /src/build/bin/tinyx run --type pv "$IMAGES/static"
like "$OUT" "tinyx run: static works" "... says how it went"
ip neigh flush dev br0
clean "tinyx run"
kernels_quiet "Tinyx' guests"
finish
