#!/bin/sh
# Two services that are made of VMs, as benchmarks/ measures them: a VM that comes with the first packet for its
# address (ping, TCP), with that packet not lost; and a VM for each job. Without a pool and from one.
# lab: --xen noxs --icount --timeout 600
# shellcheck source=tests/integration/lib.sh
. /src/tests/integration/lib.sh

# number KEY: the first one in $OUT
number() {
    printf '%s\n' "$OUT" | grep -oE "\"$1\": ?[0-9]+" | head -n 1 | grep -oE '[0-9]+$'
}

sh /src/benchmarks/dom0/jit pool 2 1 10 >/dev/null 2>&1 || bail "no VM comes with a packet"
sh /src/benchmarks/dom0/compute pool 100:2:0:2:1 >/dev/null 2>&1 || bail "no VM does a job"
rebase

for way in direct pool; do
    ok "$way: visitors who ping" sh /src/benchmarks/dom0/jit $way 20 1 20
    is "$(number answered)" 20 "$way: each one's only packet is answered"
    is "$(number created), $(number dropped) dropped" "30, 0 dropped" "$way: by a VM of its own"
    is "$(number destroyed)" 30 "$way: which goes when nobody talks to it"
    ok "$way: visitors who open a connection" sh /src/benchmarks/dom0/jit $way 20 2 20 -- --tcp 13
    is "$(number answered), $(number resent) resent" "20, 0 resent" "$way: each is told the date, no segment was lost"
done

for way in process direct pool; do
    ok "$way: jobs" sh /src/benchmarks/dom0/compute $way 1000:40:0:8:1
    is "$(number right)" 40 "$way: each one's result is right"
done
is "$(names)" "" "no VM is left"
finish
