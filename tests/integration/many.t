#!/bin/sh
# A thousand VMs at once, and nothing left of them.
# lab: --memory 5632 --timeout 600
# shellcheck source=tests/integration/lib.sh
. /src/tests/integration/lib.sh

COUNT=1000
vm noop noop 'type: pv'

descriptors() {
    find "/proc/$1/fd" -mindepth 1 | wc -l
}

at_least() {
    [ "$(find /run/chaos/names -type l | wc -l)" -ge "$1" ]
}

# A first thousand: the tables that Xen and Dom0 make room in for so many stay as large as they are.
baseline
ok "create -n $COUNT" chaos create -n $COUNT noop.yaml
is "$(echo "$OUT" | wc -l)" $COUNT "... tells each"
ok "list" chaos list
is "$(echo "$OUT" | tail -n +2 | awk '{print $1}')" "$(seq 1 $COUNT | sed 's/^/noop-/')" "... shows them all, in order"
ok "list -q" chaos list -q
is "$(echo "$OUT" | wc -l)" $COUNT "... too"
ok "list as JSON" chaos list --format json
is "$(echo "$OUT" | grep -c '"name": "noop-')" $COUNT "... too"
asleep() {
    [ "$(chaos list | grep -c ' blocked ')" = "$COUNT" ]
}
ok "all come up and go to sleep" until_true 120 asleep
is "$(chaos console --dump noop-1)$(chaos console --dump noop-500)$(chaos console --dump noop-$COUNT)" upupup \
    "... the first, the last and one in between have said so"
chaos list | awk 'NR > 1 && $5 > 1024' >large
is "$(wc -l <large)" 0 "none has more than 1 MiB"
ok "one in the middle is found by name" chaos info noop-512
ok "... and destroyed" chaos destroy noop-512
ok "... its name is free" chaos create --name noop-512 noop.yaml
ok "destroy --all" chaos destroy --all
is "$ERR" "chaos destroy: $COUNT destroyed" "... counts them"
is "$(names)" "" "none is left"
clean "the first thousand"

# A second one: page for page, as it was before.
free=$(chaos version)
grants=$(xen-diag gnttab_query_size 0)
rebase
chaos create -n $COUNT noop.yaml >out 2>err &
pid=$!
until_true 60 at_least 10
few=$(descriptors $pid)
until_true 120 at_least 400
kill -STOP $pid
is "$(descriptors $pid)" "$few" "create -n holds as many descriptors behind the 400th as at the 10th: $few"
kill -CONT $pid
wait $pid
is "$?" 0 "a second thousand"
ok "destroyed" chaos destroy --all
ok "the free pages are back to within 8" chaos-oracle check --slack 8 "$TAP_DIR/baseline"
diag "$OUT; before: $free; after: $(chaos version)"
is "$(xen-diag gnttab_query_size 0)" "$grants" "Dom0's grant table has not grown"
finish
