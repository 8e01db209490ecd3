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

says_up() {
    chaos console --dump "$1" >>"$1.said" 2>/dev/null
    grep -q '^up' "$1.said"
}
tries() {
    timeout 30 sh "$IMAGES/$1/test.sh" >"$1.tried" 2>&1
}

# Beside what went wrong, what the guest said.
reports() {
    if until_true 120 "$2" "$name"; then
        tap_result 0 "$1"
    else
        tap_result 1 "$1" || {
            [ ! -e "$name.tried" ] || diag "$(cat "$name.tried")"
            diag "$(chaos console --dump "$name" 2>&1 | tail -n 20)"
        }
    fi
}

for type in pvh pv; do
    [ $type = pvh ] && file=vm.yaml || file=vm-pv.yaml
    for name in $EXAMPLES; do
        ok "$type: create $name" chaos create "$IMAGES/$name/$file"
    done
    for name in $EXAMPLES; do
        reports "$type: $name answers its client" tries
        reports "$type: $name has said up" says_up
    done
    for name in $EXAMPLES; do
        ok "$type: shut $name down" chaos shutdown "$name"
        ok "$type: $name powers off" until_true 60 in_state "$name" poweroff
        ok "$type: destroy $name" chaos destroy "$name"
        rm -f "$name.said" "$name.tried"
    done
    clean "$type"
    ip neigh flush dev br0
done
kernels_quiet "Tinyx' guests"
finish
