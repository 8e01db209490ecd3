#!/bin/sh
# chaosd's steps that fail, and few descriptors: it lives, and the pool, VMs and consoles are as they should be
# in the end. (pool-kill.t kills it at the same points.)
# lab: --timeout 900
# shellcheck source=tests/integration/pool.sh
. /src/tests/integration/pool.sh

baseline
vm noop noop 'type: pv'
vm hello hello 'type: pv' 'cmdline: flood=8'
pools
cp "$(command -v chaos)" "$(command -v chaosd)" "$T/"
PATH=$T:$PATH

sound() {
    full || return 1
    [ "$(chaos list -q | wc -l)" -eq "$1" ] || return 1
    [ "$(chaos list -aq | wc -l)" -eq $(($1 + 12)) ] || return 1
    none_taken || return 1
    [ "$(find /run/chaos/pool/shells -type f | wc -l)" -eq 12 ]
}
# What passes each point: refills, takes, a client that dies, shells that are destroyed, a console.
passes() {
    chaos pool resize pv1 2 >/dev/null 2>&1
    chaos pool fill >/dev/null 2>&1
    chaos create hello.yaml >/dev/null 2>&1
    for i in 1 2 3; do
        chaos create --name "v$i" noop.yaml >/dev/null 2>&1
        "$PEER" takes >/dev/null 2>&1
    done
    chaos console --dump hello >/dev/null 2>&1
}
vms_go() {
    chaos destroy hello v1 v2 v3 >/dev/null 2>&1
}

for point in refill.start refill.prepared refill.journal take.marked take.sent lease.ended pool.destroy console.read; do
    for pass in 1 3; do
        chaosd_start "CHAOS_FAULT=$point:fail:$pass"
        until_true 10 answers
        passes
        ok "$point fails at pass $pass: chaosd lives" answers
        made=$(find /run/chaos/names -type l | wc -l)
        is "$made" 4 "... all VMs were created"
        ok "... the pool is whole" until_true 60 sound "$made"
        [ ! -h /run/chaos/names/hello ] || ok "... and the console is served" until_true 40 sh -c 'chaos console --dump hello | grep -q "flood: done"'
        vms_go
        chaosd_stop
    done
done

# A chaosd that begins with the lease of a taker that has died, and cannot end it at once.
chaosd_start
full
"$PEER" holds >taken &
peer=$!
until_true 20 test -s taken
kill -KILL "$CHAOSD" $peer
wait "$CHAOSD" $peer 2>/dev/null
chaosd_start CHAOS_FAULT=lease.ended:fail
ok "chaosd begins beside a lease that it cannot end" until_true 20 answers
ok "... and ends it a while later" until_true 60 sound 0
chaosd_stop

# The steps of prepare, in chaosd: a shell is not made, and the next is.
for point in domain memory devices; do
    for pass in 1 3; do
        chaosd_start "CHAOS_FAULT=$point:fail:$pass"
        ok "$point fails at pass $pass in chaosd: the pool is whole" until_true 60 sound 0
        like "$(cat chaosd.log)" "fault at $point" "... it says what failed"
        chaosd_stop
        : >chaosd.log
    done
done

# The steps of a client, with a pool and without: it says what failed, and leaves nothing.
# fails POINT: `chaos create` fails there.
fails() {
    CHAOS_FAULT=$1:fail
    export CHAOS_FAULT
    told 1 "fault at $1" "$1 fails in a client" chaos create --name c noop.yaml
    unset CHAOS_FAULT
}
chaosd_start
for point in check image registry unpause; do
    fails $point
    ok "... no VM is left, and the pool is whole" until_true 60 sound 0
done
CHAOS_FAULT=take:fail
export CHAOS_FAULT
ok "a take that fails: the VM is created" chaos create -v --name c noop.yaml
unset CHAOS_FAULT
like "$ERR" '^  domain ' "... directly"
ok "... and the pool is whole" until_true 60 sound 1
CHAOS_FAULT=destroy:fail
export CHAOS_FAULT
told 1 "fault at destroy" "destroy fails in a client" chaos destroy c
unset CHAOS_FAULT
ok "... its name can be used again" chaos create --name c noop.yaml
ok "... and destroyed" chaos destroy c
chaosd_stop
rm -rf /run/chaos/pool /run/chaos/chaosd.lock
for point in check domain memory devices image registry unpause; do
    fails $point
    clean "... nothing is left, without chaosd"
done

# Each number of descriptors: it refuses, or works. The clients have enough.
refused=0 worked=0
for limit in $(seq 8 4 64); do
    : >log
    sh -c "ulimit -n $limit; exec chaosd --config chaosd.yaml" 2>log &
    CHAOSD=$!
    until answers >/dev/null 2>&1 || ! kill -0 $CHAOSD 2>/dev/null; do sleep 0.05; done
    if kill -0 $CHAOSD 2>/dev/null; then
        passes
        if ! until_true 20 answers || ! until_true 60 sound "$(find /run/chaos/names -type l | wc -l)"; then
            ok "with $limit descriptors it works" false
            diag "$(cat log)" "$(chaos pool status 2>&1)"
        fi
        worked=$((worked + 1))
        vms_go
        kill -TERM $CHAOSD
        wait $CHAOSD || ok "with $limit descriptors it ends" false
    else
        wait $CHAOSD
        status=$?
        if [ $status -gt 12 ] || ! grep -q 'too few descriptors' log; then
            ok "with $limit descriptors it refuses clearly" false
            diag "status $status" "$(cat log)"
        fi
        refused=$((refused + 1))
    fi
done
CHAOSD=''
ok "few descriptors: it refuses with the fewest ($refused times)" test $refused -ge 5
ok "... and works with the others ($worked times)" test $worked -ge 6

# Little memory: the same. (The kernel refuses what is beyond; a stack that cannot grow may kill it.)
refused=0 worked=0
for mib in 2 3 4 5 6 7 8 10 12 16; do
    sh -c "ulimit -v $((mib * 1024)); exec chaosd --config chaosd.yaml" 2>log &
    CHAOSD=$!
    until answers >/dev/null 2>&1 || ! kill -0 $CHAOSD 2>/dev/null; do sleep 0.05; done
    if kill -0 $CHAOSD 2>/dev/null; then
        passes
        if ! kill -0 $CHAOSD 2>/dev/null; then
            ok "with $mib MiB of address space it lives" false
            diag "$(cat log)"
        fi
        worked=$((worked + 1))
        vms_go
        kill -TERM $CHAOSD 2>/dev/null
        wait $CHAOSD
    else
        wait $CHAOSD
        status=$?
        [ $status -le 12 ] || diag "with $mib MiB: status $status: $(cat log)"
        refused=$((refused + 1))
    fi
done
CHAOSD=''
ok "little memory: it refuses to begin $refused times" test $refused -ge 1
ok "... and lives $worked times" test $worked -ge 2
chaosd_start
ok "chaosd without limits puts all in order" until_true 60 sound 0
chaosd_stop
rm -rf /run/chaos/pool /run/chaos/chaosd.lock
finish
