#!/bin/sh
# A VM whose restart fails, or whose restarter is killed, is not lost: it shows as restarting, keeps its name, and comes
# back by itself once it can. With chaosd, and with `chaos wait` alone. And the order of an end: a disk that does not
# answer keeps no guest running.
# lab: --xen noxs --timeout 400
# shellcheck source=tests/integration/pool.sh
. /src/tests/integration/pool.sh

DM=/src/build/tests/integration/dm

devices_start
devices_baseline
modprobe loop 2>/dev/null
modprobe dm_mod 2>/dev/null
truncate -s 1M disk.img

echo 'pools: []' >chaosd.yaml

# rebooting NAME [LINE...]: a paused VM that reboots as soon as it runs, by a kernel of its own.
rebooting() {
    reboot_name=$1
    shift
    cp "$GUESTS/poweroff" "$T/kernel"
    vm "$reboot_name" poweroff 'type: pv' 'cmdline: reboot' "$@"
    sed -i "s|^kernel:.*|kernel: $T/kernel|" "$reboot_name.yaml"
    chaos create -p "$reboot_name.yaml" >/dev/null || bail "cannot create $reboot_name"
}

# The next life stays: the kernel is another one by then.
calm() {
    cp "$GUESTS/noop" "$T/kernel.new"
    mv "$T/kernel.new" "$T/kernel"
}

restarting() {
    in_state vm restarting
}

# comes_back FIRST: it runs, as another domain than FIRST.
comes_back() {
    in_state vm blocked && [ "$(id_of vm)" != "$1" ]
}

# is_restarting REASON: how it is seen from outside while it waits.
is_restarting() {
    ok "... it is restarting" until_true 20 restarting
    ok "... list says why" until_true 20 sh -c "chaos list | grep -qE '^vm .* restarting .*$1'"
    like "$(chaos list --format json)" '"state": "restarting"' "... in JSON, too"
    like "$(chaos list --format json)" "\"why\": \".*$1" "... with the reason"
    like "$(chaos info vm)" "^restart: [0-9]+ attempts: .*$1" "... info says so"
    told 5 'name "vm" is in use' "... its name is its own" chaos create --name vm noop.yaml
    ok "... and it is still there" restarting
}

# by WATCHER: starts what follows policies: chaosd, or `chaos wait`.
by() {
    if [ "$1" = chaosd ]; then
        chaosd_start "${2:-A=b}"
        until_true 10 answers || bail "chaosd does not start"
    else
        env "${2:-A=b}" chaos wait vm >waited 2>waited.err &
        CHAOSD=$!
        until_true 10 sh -c "ls -l /proc/$CHAOSD/fd | grep -qE 'timerfd|xen/evtchn'"
    fi
}

leave() {
    kill -TERM "$CHAOSD" 2>/dev/null
    wait "$CHAOSD" 2>/dev/null
    rm -rf /run/chaos/pool /run/chaos/chaosd.lock /run/chaos/ended
}

vm noop noop 'type: pv'

for watcher in chaosd wait; do
    by_what="by $watcher"

    # The kernel is garbage.
    rebooting vm
    first=$(id_of vm)
    by $watcher
    echo garbage >kernel
    chaos unpause vm
    ok "garbage for a kernel, $by_what" until_true 20 restarting
    is_restarting kernel
    is "$(id_of vm)" "$first" "... the old domain is still there"
    calm
    ok "... it comes back" until_true 30 comes_back "$first"
    ok "... destroy it" chaos destroy vm
    leave
    clean "garbage, $by_what"

    # The disk is away.
    printf 'vbds:\n  - target: %s\n' "$T/disk.img" >vbds
    rebooting vm "$(cat vbds)"
    first=$(id_of vm)
    by $watcher
    mv disk.img disk.away
    calm
    chaos unpause vm
    is_restarting disk.img
    mv disk.away disk.img
    ok "the disk is back, $by_what: so is the VM" until_true 30 comes_back "$first"
    like "$(chaos device list vm)" '^vbd +0 ' "... with it"
    ok "... destroy it" chaos destroy vm
    leave
    clean "disk, $by_what"

    # Given up.
    rebooting vm
    by $watcher
    rm kernel
    chaos unpause vm
    ok "no kernel, $by_what" until_true 20 restarting
    ok "... destroy ends it for good" chaos destroy vm
    nok "... it is gone" chaos info vm
    calm
    sleep 0.5
    is "$(names)" "" "... and stays away"
    leave
    clean "given up, $by_what"

    # Another VM has the disk, since a moment when nobody had it.
    rebooting vm "$(cat vbds)"
    first=$(id_of vm)
    by $watcher CHAOS_FAULT=restart.destroyed:kill
    calm
    chaos unpause vm
    until_true 20 sh -c "! kill -0 $CHAOSD"
    wait "$CHAOSD" 2>/dev/null
    sed 's/^cmdline.*//' vm.yaml >thief.yaml
    ok "another VM takes the disk, $by_what" chaos create thief.yaml
    by $watcher
    is_restarting thief
    ok "... that VM goes" chaos destroy thief
    ok "... and the first one comes back" until_true 30 comes_back "$first"
    like "$(chaos device list vm)" '^vbd +0 ' "... with its disk"
    chaos destroy --all 2>/dev/null
    leave
    clean "disk taken, $by_what"

    # Killed at each point.
    for point in restart.marked domain restart.destroyed restart.made registry unpause; do
        # A waiter that nobody follows leaves a named successor to be unpaused by hand.
        [ "$watcher $point" != "wait registry" ] || continue
        rebooting vm "$(cat vbds)"
        first=$(id_of vm)
        by $watcher "CHAOS_FAULT=$point:kill"
        calm
        chaos unpause vm
        ok "killed at $point, $by_what" until_true 20 sh -c "! kill -0 $CHAOSD"
        wait "$CHAOSD" 2>/dev/null
        case $point in
        restart.destroyed | restart.made)
            ok "... it is restarting" restarting
            told 5 'waits for its restart' "... its name is its own" chaos create --name vm noop.yaml
            ;;
        esac
        by $watcher
        ok "... the next one brings it back" until_true 30 comes_back "$first"
        is "$(chaos list -aq | wc -l)" 1 "... once"
        like "$(chaos device list vm)" '^vbd +0 ' "... with its disk"
        # With --all, which also sweeps: the record of the domain before stays where a waiter was killed at the end.
        ok "... destroy it" chaos destroy --all
        leave
        clean "killed at $point, $by_what"
    done
done

# Others have the memory: another VM, then chaosd's shells. The filler leaves too little for a successor beside the old
# domain, which would else be there already, with memory of its own, when chaosd is killed.
free_mib() {
    chaos version | sed -nE 's/.* ([0-9]+) of [0-9]+ MiB free/\1/p'
}
frees() {
    [ "$(free_mib)" -ge "$1" ]
}
# fill NAME: a VM that leaves 40 MiB.
fill() {
    chaos create --name "$1" --set "memory=$(($(free_mib) - 40))MiB" noop.yaml >/dev/null || bail "no $1"
}
for taker in VM pool; do
    echo 'pools: []' >chaosd.yaml
    rebooting vm
    chaos destroy vm
    chaos create -p --set memory=96MiB vm.yaml >/dev/null || bail "cannot create"
    fill filler
    first=$(id_of vm)
    by chaosd CHAOS_FAULT=restart.destroyed:kill
    calm
    chaos unpause vm
    ok "killed, with 96 MiB to come back to, for a $taker" until_true 20 sh -c "! kill -0 $CHAOSD"
    wait "$CHAOSD" 2>/dev/null
    ok "... it is restarting" restarting
    ok "... its memory is free" until_true 20 frees 130
    if [ $taker = VM ]; then
        fill thief
        by chaosd
        is_restarting 'memory'
        ok "... the thief goes" chaos destroy thief
    else
        printf 'keep_free: 0MiB\npools:\n  - flavour: large\n    type: pv\n    memory: 32MiB\n    target: 3\n' >follow.yaml
        { cat follow.yaml; echo 'policies: leave'; } >chaosd.yaml
        by chaosd
        full || bail "no pool"
        ok "... the shells have it" restarting
        kill -USR1 "$CHAOSD" # the next one has its shells
        wait "$CHAOSD"
        cp follow.yaml chaosd.yaml
        by chaosd
    fi
    ok "... and it comes back" until_true 30 comes_back "$first"
    chaos destroy --all 2>/dev/null
    leave
    clean "memory that a $taker took"
done

# A crash loop without chaosd is paced.
vm vm poweroff 'type: pv' 'cmdline: reboot'
chaos create -p vm.yaml >/dev/null
by wait
chaos unpause vm
sleep 3
lives=$(wc -l <waited)
ok "a VM that reboots at once, by wait: $lives lives in 3 s" test "$lives" -ge 2 -a "$lives" -le 8
ok "... and can be destroyed" until_true 20 sh -c 'chaos destroy vm; ! chaos info vm'
leave
clean "crash loop"

# A disk that does not answer.
loop=$(losetup -f)
losetup "$loop" disk.img
path=$("$DM" make slow "$loop") || bail "no device mapper"
vm vm disk 'type: pv' 'vbds:' "  - target: $path"
chaos create -p vm.yaml >/dev/null || bail "cannot create"
ok "a disk stops answering" "$DM" suspend slow
chaos unpause vm
ok "... its guest waits for it" until_true 20 sh -c "chaos device list vm | grep -q '^vbd .* connected '"
chaos destroy vm 2>destroy.err &
pid=$!
ok "... and ends when it is destroyed" until_true 10 in_state vm dying
ok "... the disk answers again" "$DM" resume slow
wait $pid
is "$?" 0 "... then destroy returns"
"$DM" remove slow
losetup -d "$loop"
clean "a disk that does not answer"
kernels_quiet "restarts"
finish
