#!/bin/sh
# `chaos create -n 200` killed with SIGKILL at 20 random moments: list shows whatever is left, destroy --all
# removes it.
# lab: --memory 5632 --timeout 600
# shellcheck source=tests/integration/lib.sh
. /src/tests/integration/lib.sh

vm noop noop 'type: pv'
baseline

# How long 200 take, once all is warm, so that the moments are spread over the most of it.
now_ms() {
    awk '{print int($1 * 1000)}' /proc/uptime
}
for run in cold warm; do
    start=$(now_ms)
    chaos create -n 200 noop.yaml >/dev/null
    span=$((($(now_ms) - start) * 3 / 4))
    diag "200 take $((span * 4 / 3)) ms, $run"
    chaos destroy --all 2>/dev/null
done

# domains_of_xen: their ids as the hypervisor has them, seen without chaos.
domains_of_xen() {
    chaos-oracle check --wait 0 "$TAP_DIR/baseline" | sed -nE 's/^oracle: domain ([0-9]+)( \(dying\))?:.*/\1/p' | sort -n
}

seed=$(od -An -N2 -tu2 /dev/urandom | tr -d ' ')
diag "seed $seed"
killed=0 nameless=0 left=0
for round in $(seq 1 20); do
    seed=$(((seed * 25173 + 13849) % 65536))
    type=pv
    [ $((round % 4)) != 0 ] || type=pvh
    chaos create -n 200 --set type=$type noop.yaml >out 2>/dev/null &
    pid=$!
    usleep $((seed * span * 1000 / 65536))
    kill -KILL $pid 2>/dev/null
    wait $pid 2>/dev/null
    [ $? != 137 ] || killed=$((killed + 1))
    chaos list >listed
    shells=$(grep -c '^(shell)' listed)
    nameless=$((nameless + shells))
    made=$(($(wc -l <listed) - 1))
    left=$((left + made))
    is "$(tail -n +2 listed | awk '{print $2}' | sort -n)" "$(domains_of_xen)" \
        "round $round, $type: list shows all of the $made that there are ($shells without a name)"
    # Each that was announced runs, under its name.
    awk 'NR == FNR { if (FNR > 1) name[$2] = $1; next } name[$1] != $2' listed out >unlisted
    is "$(cat unlisted)" "" "... all that were announced among them"
    chaos destroy --all 2>/dev/null || diag "destroy --all failed"
    clean "... destroy --all removes them"
done
diag "$killed of 20 were killed while they created, $left VMs were left over, $nameless without a name"
ok "the killing hit" test $killed -ge 5
# What was cut short stands in nobody's way.
ok "the same names can be used again" chaos create -n 3 noop.yaml
ok "... and destroyed" chaos destroy noop-1 noop-2 noop-3
finish
