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

# within A B SECONDS
within() {
    echo "$1 $2 $3" | awk '{ d = $1 - $2; exit !(d <= $3 && d >= -$3) }'
}

dom0_uptime() {
    cut -d ' ' -f 1 /proc/uptime
}

# Typing and listening take their time: a second is allowed for.
clock_goes() {
    clock_guest=$(tells "$1" 'cut -d " " -f 1 /proc/uptime')
    clock_dom0=$(dom0_uptime)
    sleep "$2"
    clock_guest=$(echo "$(tells "$1" 'cut -d " " -f 1 /proc/uptime') $clock_guest" | awk '{ print $1 - $2 }')
    clock_dom0=$(echo "$(dom0_uptime) $clock_dom0" | awk '{ print $1 - $2 }')
    ok "$1: $3: of Dom0's $clock_dom0 s it has seen $clock_guest" within "$clock_guest" "$clock_dom0" 1
    clock_date=$(tells "$1" 'date +%s')
    ok "$1: ... its date is Dom0's" within "$clock_date" "$(date +%s)" 2
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
