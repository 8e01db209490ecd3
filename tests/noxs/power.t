#!/bin/sh
# Suspend and resume, reboot, poweroff: asked for by chaos and from inside the guest, of the daytime unikernel and of
# Linux, each PV and PVH. Linux' poweroff on request is linux.t's.
# lab: --xen noxs --memory 4096 --timeout 800
# needs: guest-assets
# shellcheck source=tests/integration/lib.sh
. /src/tests/integration/lib.sh
# shellcheck source=tests/noxs/linux.sh
. /src/tests/noxs/linux.sh
ON_TERMINAL=/src/build/tests/integration/on-terminal

devices_start
devices_baseline

# restarts NAME N: `chaos wait` has told of so many.
restarts() {
    [ "$(grep -c "^$1 reboot restarted" "$1.wait")" -ge "$2" ]
}

silent() {
    ! ping -c 1 -W 2 "$1" >/dev/null 2>&1
}

# suspended NAME IP WHO: it is, and goes on where it was.
suspended() {
    ok "$1: $3: it is suspended" until_true 20 in_state "$1" suspend
    ok "$1: ... and silent" silent "$2"
    ok "$1: ... resume" chaos resume "$1"
    ok "$1: ... it answers again" pings "$2"
    is "$(state_of "$1" | sed 's/running/blocked/')" blocked "$1: ... and runs"
}

# life NAME IP GUEST: all of it. GUEST NAME WORD: attach; suspend, reboot, poweroff: types that in; woken: it knows.
life() {
    life_id=$(id_of "$1")
    : >"$1.wait"
    chaos wait "$1" >>"$1.wait" 2>&1 &
    life_waiter=$!
    ok "$1: suspend" chaos suspend "$1"
    suspended "$1" "$2" "asked by chaos"
    "$3" "$1" suspend
    suspended "$1" "$2" "from inside"
    ok "$1: ... and knows of it" until_true 30 "$3" "$1" woken
    is "$(id_of "$1")" "$life_id" "$1: it is the same domain as before"
    is "$(cat "$1.wait")" "" "$1: suspending is no end"

    ok "$1: reboot" chaos reboot "$1"
    ok "$1: ... asked by chaos: it restarts" until_true 30 restarts "$1" 1
    "$3" "$1" attach
    ok "$1: ... and answers" until_true 120 pings "$2"
    "$3" "$1" reboot
    ok "$1: reboot from inside: it restarts" until_true 60 restarts "$1" 2
    "$3" "$1" attach
    ok "$1: ... and answers" until_true 120 pings "$2"
    unlike "$(id_of "$1")" "^$life_id$" "$1: it is another domain"
    "$3" "$1" poweroff
    wait $life_waiter
    is "$? $(tail -n 1 "$1.wait")" "0 $1 poweroff" "$1: poweroff from inside"
}

daytime_guest() {
    case $2 in
    attach) ;;
    woken)
        chaos console --dump "$1" >>"$1.out"
        grep -q '^daytime: resumed' "$1.out"
        ;;
    *) printf '%s\n\035' "$2" | timeout 30 "$ON_TERMINAL" chaos console "$1" >>"$1.out" 2>&1 ;; # Ctrl-] leaves
    esac
}

linux_guest() {
    case $2 in
    attach) linux_attach "$1" ;;
    woken) grep -q '^woken up' "$1.out" ;;
    suspend) echo 'echo mem >/sys/power/state && echo woken up' >&3 ;;
    *) echo "$2 -f" >&3 ;;
    esac
}

for type in pv pvh; do
    net_vm "day-$type" daytime $type br0 10.0.0.2/16
    echo 'on_reboot: restart' >>"day-$type.yaml"
    ok "day-$type: create" chaos create "day-$type.yaml"
    ok "day-$type: it answers" pings 10.0.0.2
    life "day-$type" 10.0.0.2 daytime_guest
    ok "day-$type: create" chaos create "day-$type.yaml"
    ok "day-$type: it answers" pings 10.0.0.2
    ok "day-$type: shutdown" chaos shutdown "day-$type"
    ok "day-$type: asked by chaos: it powers off" until_true 20 in_state "day-$type" poweroff
    ok "day-$type: destroy" chaos destroy "day-$type"
    clean "day-$type"
done

for type in pv pvh; do
    linux_vm "linux-$type" $type 10.0.0.3 'on_reboot: restart'
    linux_start "linux-$type" 10.0.0.3
    life "linux-$type" 10.0.0.3 linux_guest
    linux_leave
    clean "linux-$type"
done
kernels_quiet "power"
rm disk.img
finish
