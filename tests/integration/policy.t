#!/bin/sh
# on_poweroff, on_reboot and on_crash, each as destroy, restart and preserve, watched by `create -c` and by
# `wait`; with Xen's channel for ends of domains in our hand, and in a xenstored's.
# lab: --timeout 500
# shellcheck source=tests/integration/lib.sh
. /src/tests/integration/lib.sh

baseline

# guest EVENT ACTION: writes vm.yaml.
guest() {
    case $1 in
    poweroff) vm vm poweroff ;;
    reboot) vm vm poweroff 'cmdline: reboot' ;;
    crash) vm vm crash ;;
    esac
    echo "on_$1: $2" >>vm.yaml
    # The other two must not matter.
    for chaos_other in poweroff reboot crash; do
        [ "$chaos_other" = "$1" ] || [ "$2" = preserve ] || echo "on_$chaos_other: preserve" >>vm.yaml
    done
}

ends_at_least() {
    [ "$(grep -c "$1" out err | awk -F : '{ n += $2 } END { print n }')" -ge "$2" ]
}

# The VM may be replaced by its next life between our looking and our doing.
gone() {
    chaos destroy vm 2>/dev/null
    ! chaos info vm >/dev/null 2>&1
}

# policy WATCHER EVENT ACTION
policy() {
    chaos_case="$2, $3, $1"
    guest "$2" "$3"
    if [ "$1" = create ]; then
        chaos create -c vm.yaml </dev/null >out 2>err &
        pid=$!
    else
        chaos create -p vm.yaml >id || bail "cannot create"
        first=$(cut -d ' ' -f 1 id)
        chaos wait vm >out 2>err &
        pid=$!
        # It must be listening already, or it would see a state and not an event.
        until_true 10 sh -c "ls -l /proc/$pid/fd | grep -qE 'timerfd|xen/evtchn'"
        chaos unpause vm
    fi
    if [ "$3" = restart ]; then
        ok "$chaos_case: three lives" until_true 60 ends_at_least "$2.*restarted" 3
        kill -TERM $pid
        wait $pid
        is "$?" 130 "... until interrupted"
        ok "... the VM is still there" chaos info vm
        [ "$1" = create ] || nok "... as another domain" chaos info "$first"
        ok "... and can be destroyed" until_true 20 gone
        return
    fi
    wait $pid
    chaos_status=$?
    if [ "$1" = create ]; then
        chaos_expected=$([ "$3" = preserve ] && echo ', preserved')
        is "$(tail -n 1 err)" "chaos create: \"vm\" has ended: $2$chaos_expected" "$chaos_case: told"
        is "$chaos_status" "$([ "$2" = crash ] && echo 1 || echo 0)" "... the status tells a crash"
    else
        chaos_expected=$([ "$3" = preserve ] && echo ' preserved')
        is "$chaos_status $(cat out)" "0 vm $2$chaos_expected" "$chaos_case: told"
    fi
    if [ "$3" = preserve ]; then
        is "$(state_of vm)" "$2" "... the VM stays, and shows how it ended"
        chaos console --dump vm >>out
        is "$(grep -cE '^(poweroff|crash): ' out)" 1 "... and its last words are not lost"
        ok "... wait returns at once" chaos wait --timeout 0 vm
        ok "... destroy removes it" chaos destroy vm
    else
        is "$(names)" "" "... the VM is gone"
    fi
}

round() {
    for event in poweroff reboot crash; do
        for action in destroy restart preserve; do
            for watcher in create wait; do
                policy $watcher $event $action
            done
        done
    done
    clean "all policies, $1"
}
round "by event"

# wait for several, and its timeout.
vm sleeper noop
vm off poweroff
chaos create -n 3 --name s sleeper.yaml >/dev/null
told 124 '^chaos wait: timeout: 3 still run$' "wait --timeout" chaos wait --timeout 1 s-1 s-2 s-3
chaos create -p --name o-1 off.yaml >/dev/null
chaos create -p --name o-2 off.yaml >/dev/null
chaos wait o-1 s-2 o-2 >out 2>err &
pid=$!
chaos unpause o-1
shows out '^o-1 poweroff$' "wait for several: each end is told when it comes"
chaos destroy s-2
shows out '^s-2 destroyed$' "... one that somebody destroyed, too"
ok "... and it waits on" kill -0 $pid
chaos unpause o-2
wait $pid
is "$? $(wc -l <out)" "0 3" "... until all have ended"
told 4 'no domain "s-2"' "wait for what has gone" chaos wait --timeout 0 s-1 s-2
like "$ERR" '^chaos wait: timeout: 1 still run$' "... and for the other one, too"
chaos create -p --name o-3 off.yaml >/dev/null
chaos wait no-such s-2 o-3 >out 2>err &
pid=$!
shows err 'no domain "s-2"' "all that cannot be waited for are told"
chaos unpause o-3
shows out '^o-3 poweroff$' "... and the others are waited for"
wait $pid
is "$?" 4 "... the first failure's status counts"
chaos wait s-1 >out 2>err &
pid=$!
chaos wait s-1 s-3 >out2 2>err2 &
pid2=$!
sleep 0.3
chaos destroy s-1
shows out '^s-1 destroyed' "two watch at once: the first is told"
shows out2 '^s-1 destroyed' "... and the second"
chaos destroy s-3
wait $pid $pid2
is "$(cat out2)" "$(printf 's-1 destroyed\ns-3 destroyed')" "... of all it waits for"

# A VM without a kernel for its next life waits for it, and so does who waits for the VM.
guest reboot restart
chaos create -p vm.yaml >/dev/null
chaos wait vm >out 2>err &
pid=$!
mkdir "$T/hidden"
mount --bind "$T/hidden" "$GUESTS" || bail "cannot hide the guests"
chaos unpause vm
shows err 'cannot restart "vm": .*No such file.*; it is tried again$' "the kernel is missing at a restart: told"
ok "... the VM is restarting" in_state vm restarting
umount "$GUESTS"
shows out '^vm reboot restarted$' "... and comes back with its kernel"
kill -TERM $pid
wait $pid
is "$(grep -c 'tried again' err)" 1 "... all the same is told once"
ok "... it can be destroyed" until_true 20 gone
chaos destroy --all 2>/dev/null
clean "waiting"

# Where a xenstored has the channel, a timer stands in.
lab-xl start
baseline
round "beside a xenstored"
finish
