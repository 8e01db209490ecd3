#!/bin/sh
# Creating VMs from the pool of chaosd, and without it.
# lab: --timeout 300
# shellcheck disable=SC2016 # quoted for a shell of its own
# shellcheck source=tests/integration/pool.sh
. /src/tests/integration/pool.sh

baseline
vm noop noop 'type: pv'
vm hello hello 'cmdline: one  two' 'type: pv'
pools

status 4 "pool status without chaosd" chaos pool status
like "$ERR" 'chaosd does not run' "... says so"
ok "--check-config" chaosd --config chaosd.yaml --check-config

# count NAME: how many of a histogram
count() {
    chaos pool metrics | sed -n "s/^chaos_$1_seconds_count //p"
}
# counts NAME N: what a client tells as it ends, chaosd hears in its own time.
counts() {
    [ "$(count "$1")" = "$2" ]
}

chaosd_start
ok "the pool fills" full
is "$(chaos list -q | wc -l)" 0 "chaos list does not show it"
is "$(chaos list -aq | wc -l)" 12 "chaos list -a does"
like "$(chaos list -a)" '^\(pool\) +[0-9]+ paused' "... as (pool)"

for type in pv pvh; do
    ok "create $type" chaos create -v --set "type=$type" --name "$type" hello.yaml
    like "$ERR" '^  take ' "... from the pool"
    unlike "$ERR" '^  domain ' "... without making a domain"
    ok "... and it runs" until_true 20 sh -c "chaos console --dump $type | grep -q 'one  two'"
done
ok "each of them has told how long it took" until_true 20 counts execute 2 || diag "$(count execute) did"
ok "create what no flavour fits" chaos create -v --set memory=2MiB --name other noop.yaml
like "$ERR" '^  pool miss ' "... says that the pool has none"
like "$ERR" '^  domain ' "... and makes one"
ok "the pool fills again" full
ok "create -n 100" chaos create -n 100 --name m noop.yaml
is "$(chaos list -q | wc -l)" 103 "... makes 100"
ok "... from the pool, as a rule" sh -c '[ "$(chaos pool list | grep -c "pv1")" = 1 ] &&
    chaos pool metrics | awk "/^chaos_pool_hits_total.*\"pv1\"/ { n = \$2 } END { exit n < 50 }"'
ok "the pool fills again" full

# chaosd reads nothing of the VMs that go on running when one of them ends.
consoles() {
    chaos pool status --format json | grep -q "\"consoles\": $1,"
}
ok "103 consoles are served" until_true 20 consoles 103
strace -f -e trace=openat,readlinkat -p "$CHAOSD" -o looks 2>attached &
tracer=$!
until_true 20 grep -q attached attached
ok "one of them is destroyed" chaos destroy m-1
ok "... which chaosd has seen" until_true 20 consoles 102
kill "$tracer"
wait "$tracer"
looks=$(wc -l <looks)
ok "... and has looked at $looks files, not at one for each that runs" test "$looks" -gt 0 -a "$looks" -lt 50
ok "nothing is taken for ever" none_taken
is "$(find /run/chaos/pool/shells -type f | wc -l)" 12 "the journal has the idle ones"
ok "takes are in the metrics: $(count take)" test "$(count take)" -ge 3
ok "... and executes, as clients tell: $(count execute)" test "$(count execute)" -ge 50
is "$(chaos pool metrics | sed -n 's/^chaos_execute_seconds_bucket{le="+Inf"} //p')" "$(count execute)" "... in buckets"
ok "... with their times" sh -c 'chaos pool metrics | grep -qE "^chaos_execute_seconds_sum [0-9]*\.[0-9]*[1-9]"'

ok "destroy --all" chaos destroy --all
is "$(chaos list -aq | wc -l)" 12 "... leaves the pool of a chaosd that runs"

# A take is one round trip; the figures that a client tells at its end are not answered.
strace -f -e trace=connect,sendto,sendmsg,recvfrom,recvmsg -o trace chaos create --name traced noop.yaml >/dev/null
is "$(sed -nE 's/^[0-9]+ +([a-z]+)\(.*/\1/p' trace | tr '\n' ' ')" "connect sendto recvfrom sendto " "a creation's talk with chaosd"
ok "destroy it" chaos destroy traced

# A name in use: the shell goes back, or was not taken at all.
ok "create" chaos create noop.yaml
told 5 'name "noop" is in use' "create it again" chaos create noop.yaml
told 9 'nothing' "a kernel that is not there" chaos create --name x --set kernel=/nothing noop.yaml
echo 'no kernel' >"$T/text"
told 9 'text' "a kernel that is none" chaos create --name x --set "kernel=$T/text" noop.yaml
ok "the pool is full" full
is "$(taken pv1)" 0 "... and nothing is taken"

# Changing its size.
ok "resize" chaos pool resize pv1 20
ok "... fills" full
is "$(idle pv1)" 20 "... to 20"
chaos pool resize pv1 100
ok "... and to 100" full
ok "create -n 100" chaos create -v -n 100 --name h noop.yaml
is "$(printf '%s\n' "$ERR" | grep -c '^  take ')" 100 "... takes 100"
is "$(printf '%s\n' "$ERR" | grep -c '^  domain ')" 0 "... and makes none"
is "$(chaos list | awk '/^h-/ { print $1 }' | sort -u | wc -l)" 100 "... which are 100 VMs"
ok "... destroy them" chaos destroy --all
ok "drain one" chaos pool drain pv1
is "$(idle pv1)" 0 "... is empty"
ok "create from the empty one" chaos create -v --name direct noop.yaml
like "$ERR" '^  pool miss ' "... is direct"
ok "fill" chaos pool fill
ok "... fills" full
is "$(idle pv1)" 8 "... to what the file says"
told 4 'no such flavour' "resize what is not there" chaos pool resize nothing 3
like "$(chaos pool drain pv1 --format json)" '"idle": 0' "drain as JSON: what there is now"
like "$(chaos pool fill pv1 --format json)" '"target": 8' "... fill, too"
like "$(chaos pool resize pv1 8 --format json)" '"schema": 1' "... and resize"
ok "status as JSON" chaos pool status --format json
like "$OUT" '"schema": 1' "... has a schema"

# The configuration again.
pools '  - flavour: more' '    type: pv' '    memory: 2MiB' '    target: 3' \
    '  - flavour: warm' '    type: pv' '    memory: 1MiB' "    kernel: $GUESTS/noop" '    target: 2'
before=$(find /run/chaos/pool/shells -type f | sort | tr '\n' ' ')
kill -HUP "$CHAOSD"
ok "SIGHUP: a new flavour" until_true 20 sh -c 'chaos pool list | grep -q "^more"'
ok "... fills" full
for file in $before; do
    [ -e "$file" ] || gone=$file
done
is "${gone:-}" "" "... and no shell is lost for it"
ok "create" chaos create --name used --set memory=1536KiB noop.yaml
told 5 'name "used" is in use' "a name in use, with a warm shell" chaos create --name used noop.yaml
ok "... which goes back" until_true 20 none_taken
echo 'pools: 7' >"$T/chaosd.yaml"
kill -HUP "$CHAOSD"
ok "SIGHUP: a configuration that is wrong" until_true 20 grep -q 'stays what it was' "$T/chaosd.log"
is "$(idle more)" 3 "... changes nothing"

chaosd_stop
is "$(chaos list -aq | wc -l)" 2 "a chaosd that is told to end takes its shells along"
ok "create without it" chaos create -v --name last noop.yaml
unlike "$ERR" 'pool|take' "... says nothing of a pool"
ok "destroy all" chaos destroy --all
rm -rf /run/chaos/pool /run/chaos/chaosd.lock
finish
