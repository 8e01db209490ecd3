#!/bin/sh
# chaosd and its clients killed at each point: no shell is handed out twice, none is lost, VMs stay.
# lab: --timeout 900
# shellcheck source=tests/integration/pool.sh
. /src/tests/integration/pool.sh

baseline
vm noop noop 'type: pv'
vm talk hello 'type: pv' 'cmdline: flood=4'
pools '  - flavour: warm' '    type: pvh' '    memory: 2MiB' '    target: 2' "    kernel: $GUESTS/noop"
# From Dom0's own memory: hundreds of processes that start at once are not what a shared folder is for.
cp "$(command -v chaos)" "$(command -v chaosd)" "$T/"
PATH=$T:$PATH
chaosd_start
full || bail "no pool"

# sound VMS: so many VMs, and the pool at its target, and nothing else.
sound() {
    full || return 1
    [ "$(chaos list -q | wc -l)" -eq "$1" ] || return 1
    [ "$(chaos list -aq | wc -l)" -eq $(($1 + 14)) ] || return 1
    none_taken || return 1
    [ "$(find /run/chaos/pool/shells -type f | wc -l)" -eq 14 ]
}

holds() {
    until_true 20 sound "$1" || {
        diag "VMs: $(chaos list -q | wc -l) of $1; all: $(chaos list -aq | wc -l)"
        diag "$(chaos pool status 2>&1)"
        diag "$(find /run/chaos/pool -type f | wc -l) files; $(tail -n 3 "$T/chaosd.log")"
        return 1
    }
}

ok "it is full" holds 0
chaos create --name witness noop.yaml >/dev/null
witness=$(id_of witness)
runs_on() {
    [ "$(id_of witness)" = "$witness" ] && [ "$(state_of witness)" = blocked ]
}

# The daemon, at each point of each of its passes.
for point in domain memory devices image refill.start refill.prepared refill.journal take.marked take.sent lease.ended \
    pool.destroy pool.destroyed console.read console.kept; do
    for pass in 1 3; do
        kill -KILL "$CHAOSD"
        wait "$CHAOSD" 2>/dev/null
        chaosd_start "CHAOS_FAULT=$point:kill:$pass"
        until_true 5 answers
        # Everything that passes a point: destruction, refills, takes, a client that dies.
        chaos pool resize pv1 2 >/dev/null 2>&1
        chaos pool fill >/dev/null 2>&1
        for i in 1 2 3 4; do
            chaos create --name "v$i" noop.yaml >/dev/null 2>&1
            "$PEER" takes >/dev/null 2>&1
        done
        chaos create talk.yaml >/dev/null 2>&1
        chaos pool resize warm 1 >/dev/null 2>&1
        chaos pool fill >/dev/null 2>&1
        ok "$point, pass $pass: chaosd is killed there" until_true 20 sh -c "! kill -0 $CHAOSD" ||
            kill -KILL "$CHAOSD"
        wait "$CHAOSD" 2>/dev/null
        chaosd_start
        full
        made=$(find /run/chaos/names -type l | wc -l)
        is "$made" 6 "... all VMs were created"
        ok "... the next one has all as it should be" holds "$made"
        ok "... and the witness runs on" runs_on
        if [ -h /run/chaos/names/talk ]; then
            ok "... and what a VM writes is there" until_true 20 sh -c 'chaos console --dump talk | grep -q "^flood: done"'
        fi
        chaos destroy talk >/dev/null 2>&1
        for i in 1 2 3 4; do
            chaos destroy "v$i" >/dev/null 2>&1
        done
    done
done

# The client, at each step.
for step in take check image registry unpause; do
    env "CHAOS_FAULT=$step:kill" chaos create --name c noop.yaml >/dev/null 2>&1
    # From the claim of its name on it is a VM, if one that waits.
    vms=$(chaos list -q | wc -l)
    case $step in
    registry | unpause) is "$vms" 2 "a client killed behind $step leaves a VM" ;;
    *) is "$vms" 1 "a client killed behind $step leaves no VM" ;;
    esac
    ok "... and the pool is whole" holds "$vms"
    chaos destroy c >/dev/null 2>&1
done
"$PEER" holds >held &
peer=$!
until_true 10 grep -q taken held
is "$(taken pv1)" 1 "a client that holds a shell"
kill -KILL "$CHAOSD"
wait "$CHAOSD" 2>/dev/null
chaosd_start
until_true 10 answers
is "$(taken pv1)" 1 "... holds it through a restart of chaosd"
kill -KILL "$peer"
ok "... and its death is noticed" holds 1

# Many clients, and chaosd killed at random.
i=0
while [ $i -lt 50 ]; do
    i=$((i + 1))
    (timeout 600 chaos create -n 4 --name "r$i" noop.yaml >"made.$i" 2>"err.$i" || echo "$?" >"failed.$i") &
    echo $! >>clients
done
i=0
while [ $i -lt 30 ]; do
    i=$((i + 1))
    sleep "0.0$((i % 7))"
    kill -KILL "$CHAOSD"
    wait "$CHAOSD" 2>/dev/null
    chaosd_start
done
# shellcheck disable=SC2046
wait $(cat clients)
told_made=$(cat made.* | wc -l)
is "$(cat failed.* 2>/dev/null)" "" "each client has succeeded" || diag "$(cat err.* | sort | uniq -c)"
is "$(cat made.* | awk '{print $1}' | sort | uniq -d | wc -l)" 0 "no domain was handed out twice"
is "$told_made" 200 "... and has told of its VMs"
is "$(chaos list -q | wc -l)" 201 "... which are there"
is "$(chaos list | awk 'NR > 1 && $1 !~ /^(r[0-9]+-[1-4]|witness)$/' | wc -l)" 0 "... with its name"
ok "the pool is whole" holds 201
ok "the witness runs on" runs_on
cat err.* 2>/dev/null | sort | uniq -c | sort -rn | head -n 5 | sed 's/^/# /'

ok "destroy --all" chaos destroy --all
chaosd_stop
rm -rf /run/chaos/pool /run/chaos/chaosd.lock
finish
