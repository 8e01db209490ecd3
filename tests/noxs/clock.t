#!/bin/sh
# Linux guests that read the processor's own TSC (tsc_mode: native): the lab's is not invariant, so that Linux must
# take the time from Xen's clock page. Is it right, does it go as fast as Dom0's, before and after a suspension?
# lab: --xen noxs --memory 2048 --timeout 600
# needs: guest-assets
# shellcheck source=tests/integration/lib.sh
. /src/tests/integration/lib.sh
# shellcheck source=tests/noxs/linux.sh
. /src/tests/noxs/linux.sh

devices_start
devices_baseline

# tells NAME COMMAND: what the guest's shell answers, behind "told "; the line as it is typed has a quote there.
tells() {
    type_in "$1" "echo to'ld '\$($2)" '^told '
    tr -d '\r' <"$1.out" | sed -n 's/^told //p' | tail -n 1
}

# between LEAST X MOST: with a tenth of a second for the rounding of clocks
between() {
    echo "$1 $2 $3" | awk '{ exit !($2 >= $1 - 0.1 && $2 <= $3 + 0.1) }'
}

# reading NAME COMMAND: "BEFORE GUEST AFTER", what the guest told, between Dom0's own. However long it took to type and to
# listen, the guest's lies between these.
reading() {
    reading_before=$(sh -c "$2")
    reading_guest=$(tells "$1" "$2")
    echo "$reading_before $reading_guest $(sh -c "$2")"
}

clock_goes() {
    clock=$(reading "$1" 'cut -d " " -f 1 /proc/uptime')
    sleep "$2"
    # shellcheck disable=SC2046,SC2086 # three words each, and three
    set -- "$1" "$3" $(echo $clock $(reading "$1" 'cut -d " " -f 1 /proc/uptime') | awk '{ print $4 - $3, $5 - $2, $6 - $1 }')
    ok "$1: $2: of Dom0's $3 to $5 s it has seen $4" between "$3" "$4" "$5"
    # shellcheck disable=SC2046 # three words
    set -- "$1" $(reading "$1" 'date +%s')
    ok "$1: ... its date is Dom0's" between $(($2 - 1)) "$3" $(($4 + 1))
}

for type in pv pvh; do
    linux_vm "$type" $type 10.0.0.3 'tsc_mode: native'
    linux_start "$type" 10.0.0.3
    is "$(tells "$type" 'cat /sys/devices/system/clocksource/clocksource0/current_clocksource')" xen "$type: its clock is Xen's"
    clock_goes "$type" 20 "running"
    ok "$type: suspend" chaos suspend "$type"
    ok "$type: ... it is" until_true 20 in_state "$type" suspend
    sleep 10
    ok "$type: resume" chaos resume "$type"
    ok "$type: ... it answers" pings 10.0.0.3
    clock_goes "$type" 10 "resumed"
    is "$(guest_warnings 10.0.0.3)" 0 "$type: its kernel has warned of nothing"
    ok "$type: destroy" chaos destroy "$type"
    linux_leave
    clean "$type"
done
finish
