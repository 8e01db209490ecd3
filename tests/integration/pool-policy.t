#!/bin/sh
# Restart policies while chaosd follows them: it acts, those who wait hear of it.
# lab: --timeout 300
# shellcheck source=tests/integration/pool.sh
. /src/tests/integration/pool.sh

baseline
vm off poweroff 'type: pv'
vm crash crash 'type: pv'
vm keep crash 'type: pv' 'on_crash: preserve'
vm again poweroff 'type: pv' 'on_poweroff: restart'
vm noop noop 'type: pv'
pools
chaosd_start
full || bail "no pool"

ends() {
    ! chaos info "$1"
}

ok "a VM that powers off" chaos create off.yaml
ok "... is cleared away by chaosd" until_true 20 ends off
ok "a VM that crashes" chaos create crash.yaml
ok "... is cleared away" until_true 20 ends crash
ok "a VM that crashes and is preserved" chaos create keep.yaml
ok "... is" until_true 20 sh -c 'chaos list | grep -q "^keep .* crash "'
ok "... and stays" sh -c 'sleep 1; chaos info keep'
ok "a VM that is restarted for ever" chaos create again.yaml
first=$(id_of again)
ok "... is, as another domain" until_true 20 sh -c "[ \"\$(chaos info again | sed -n 's/^id: //p')\" -gt $((first + 3)) ]"
ok "destroy it" until_true 20 chaos destroy again
nok "... for good" sh -c "sleep 0.3; chaos info again"

# Those who wait.
ok "a paused VM" chaos create -p --name w off.yaml
chaos wait --timeout 30 w >waited 2>err &
waiter=$!
sleep 0.5
ok "... let go" chaos unpause w
wait $waiter
is "$?" 0 "chaos wait ends"
is "$(cat waited)" "w poweroff" "... and knows why, though chaosd was first"
status 1 "create -c of a VM that crashes" timeout 60 chaos create -c --name c crash.yaml
like "$ERR" '"c" has ended: crash' "... says so"
like "$(chaos pool metrics)" '^chaos_ended_total [1-9]' "the metrics count"

# What ended while no chaosd was there.
kill -KILL "$CHAOSD"
wait "$CHAOSD" 2>/dev/null
ok "a VM that powers off while chaosd is dead" chaos create off.yaml
until_true 20 sh -c 'chaos list | grep -q "^off .* poweroff "'
chaosd_start
ok "... is cleared away by the next one" until_true 20 ends off

ok "destroy all" chaos destroy --all
chaosd_stop
rm -rf /run/chaos/pool /run/chaos/chaosd.lock
clean "policies"

# Where a xenstored has Xen's channel for ends, chaosd looks by itself: often, and after ten quiet seconds less so.
lab-xl start
rebase
chaosd_start
full
for quiet in 0 12; do
    sleep $quiet
    ok "beside a xenstored, after $quiet s: a VM that powers off" chaos create off.yaml
    ok "... is cleared away" until_true 20 ends off
    ok "... one that is restarted" chaos create again.yaml
    first=$(id_of again)
    ok "... is, as another domain" until_true 20 sh -c "[ \"\$(chaos info again | sed -n 's/^id: //p')\" -gt $((first + 1)) ]"
    ok "... destroy it" until_true 20 chaos destroy again
done
chaosd_stop
rm -rf /run/chaos/pool /run/chaos/chaosd.lock
finish
