#!/bin/sh
# chaosd's flavours: what its file may say of them, from which one a VM's shell comes, and when they are filled.
# lab: --timeout 300
# shellcheck source=tests/integration/pool.sh
. /src/tests/integration/pool.sh

# wrong WHERE WHAT LINE...: a file of these lines is refused, as chaosd begins and when it is asked.
wrong() {
    where=$1 what=$2
    shift 2
    printf '%s\n' "$@" >wrong.yaml
    told 3 "^chaosd: wrong.yaml:$where: .*$what" "--check-config" chaosd --config wrong.yaml --check-config
}
# shellcheck disable=SC2016 # these are no expansions
wrong 1:1 'unknown key' 'poolz: 3'
wrong 1:8 'not a list' 'pools: 7'
wrong 2:5 'flavour: is missing' 'pools:' '  - type: pv'
wrong 3:13 '"12Q" is not a size' 'pools:' '  - flavour: a' '    memory: 12Q'
wrong 3:11 'not a type' 'pools:' '  - flavour: a' '    type: hvm'
wrong '[0-9]+:[0-9]+' 'low: is above target' 'pools:' '  - flavour: a' '    memory: 1MiB' '    target: 3' '    low: 9'
wrong '[0-9]+:[0-9]+' '"a"' 'pools:' '  - flavour: a' '    memory: 1MiB' '  - flavour: a' '    memory: 1MiB'
wrong 3:20 '"101"' 'pools:' '  - flavour: a' '    max_cpu_share: 101'
wrong 2:3 'unknown key' 'console:' '  colour: red'
told 3 'nowhere: No such file' "a file that is not there" chaosd --config nowhere --check-config
told 3 '^\{"level":"error","program":"chaosd","message":"wrong.yaml:2:3: ' "... as JSON" \
    chaosd --config wrong.yaml --check-config --log-format json
told 3 'wrong.yaml:2:3: ' "it does not begin with it, either" chaosd --config wrong.yaml
told 2 'Usage: chaosd' "an option that is none" chaosd --nothing
nok "... and nothing was begun" test -e /run/chaos/chaosd.sock

baseline
vm noop noop 'type: pv'
vm hello hello 'type: pv' 'cmdline: one two'
vm crash crash 'type: pv'
cp "$GUESTS/noop" changing
vm changing noop 'type: pv' 'cmdline: changed'
sed -i "s|^kernel:.*|kernel: $T/changing|" changing.yaml
# flavour NAME TARGET [LINE...]: a PV flavour of 1 MiB, or of other memory where a line says so.
flavour() {
    printf '  - flavour: %s\n    type: pv\n    target: %s\n' "$1" "$2"
    shift 2
    for line in "$@"; do
        echo "    $line"
    done
}
{
    echo 'pools:'
    flavour cold 3 'memory: 1MiB'
    flavour noop 2 'memory: 1MiB' "kernel: $GUESTS/noop"
    flavour hello 2 'memory: 1MiB' "kernel: $GUESTS/hello"
    flavour changing 2 'memory: 1MiB' "kernel: $T/changing" 'cmdline: changed'
    flavour marks 6 'memory: 2MiB' 'low: 3'
    flavour slow 0 'memory: 3MiB' 'rate: 5'
} >chaosd.yaml
ok "--check-config of one that is right" chaosd --config chaosd.yaml --check-config
chaosd_start
full || bail "no pool"

# comes FROM HITS CONFIG NAME: a VM's shell comes from this flavour, which has handed out so many then.
comes() {
    ok "create $4" chaos create -v --name "$4" "$3.yaml"
    like "$ERR" '^  take ' "... from the pool"
    is "$(chaos pool metrics | sed -n "s/^chaos_pool_hits_total{flavour=\"$1\"} //p")" "$2" "... flavour $1"
}
says() {
    chaos console --dump "$1" | grep -q -- "$2"
}
comes noop 1 noop n1
comes hello 1 hello h1
ok "... which is hello, with its command line" until_true 60 says h1 'one two'
comes cold 1 crash c1
ok "drain the warm one" chaos pool drain noop
comes cold 2 noop n2
ok "fill it" chaos pool fill noop
ok "... all is full" full
comes noop 2 noop n3

# A kernel that is replaced: no shell that was built of the old one is a VM of the new one.
comes changing 1 changing old
cp "$GUESTS/hello" new && mv new changing
ok "a kernel has changed: create" chaos create -v --name new changing.yaml
ok "... it is the new one" until_true 60 says new changed
is "$(chaos pool metrics | sed -n 's/^chaos_pool_hits_total{flavour="changing"} //p')" 1 "... not from the old shells"
ok "... which are made anew" until_true 60 grep -q 'kernel or ramdisk has changed' chaosd.log
ok "... all is full" full
comes changing 2 changing new2
ok "... and it is the new one, too" until_true 60 says new2 changed

# Marks: it is filled to the target when it is below `low`, and not before.
for n in 1 2 3; do
    ok "create, of 6" chaos create --set memory=2MiB --name "m$n" noop.yaml
done
sleep 1
is "$(idle marks)" 3 "above its low mark it is not filled"
ok "create" chaos create --set memory=2MiB --name m4 noop.yaml
ok "below it, it is filled" until_true 60 sh -c '[ "$(chaos pool list | awk "\$1 == \"marks\" { print \$7 }")" = 6 ]'

# A rate: at least so long.
begun=$(cut -d ' ' -f 1 /proc/uptime)
chaos pool resize slow 10
ok "ten shells, five a second" full
ok "... take their time" awk -v begun="$begun" '{ exit $1 - begun < 1.7 }' /proc/uptime

ok "destroy all" chaos destroy --all
chaosd_stop
rm -rf /run/chaos/pool /run/chaos/chaosd.lock
finish
