#!/bin/sh
# Domains that another toolstack made are shown by the names they have in XenStore, and never touched. Its argument is
# whose xenstored runs: c, ocaml.
# lab: --timeout 300
# shellcheck source=tests/integration/lib.sh
. /src/tests/integration/lib.sh

lab-xl start --xenstored "${1:-c}"
cat >foreign.cfg <<END
name = "foreign"
type = "pv"
kernel = "$GUESTS/noop"
memory = 8
END
vm noop noop
# xl, too, leaves things behind that are not ours to count: a first one comes and goes.
xl create -q foreign.cfg && xl destroy foreign
baseline

ok "xl creates a domain" xl create -q foreign.cfg
id=$(xl domid foreign)
chaos create noop.yaml >/dev/null
ok "list" chaos list
like "$OUT" "^foreign +$id .* pv " "... shows it, by its name there"
like "$OUT" "^noop +$((id + 1)) " "... beside ours"
is "$(chaos list -q)" "$((id + 1))" "list -q leaves it out"
ok "list as JSON" chaos list --format json
like "$OUT" '"chaos": false' "... says that it is not ours"
ok "info" chaos info "$id"
like "$OUT" '^made by chaos: no$' "... says so, too"
uuid=$(echo "$OUT" | sed -n 's/^uuid: //p')
ok "info by uuid" chaos info "$uuid"
for verb in pause unpause destroy console wait; do
    told 12 "^chaos $verb: domain $id was not made by chaos; use the toolstack that made it$" "$verb is refused" \
        chaos $verb "$id"
done
told 12 "not made by chaos" "... by uuid, too" chaos destroy "$uuid"
told 4 'no domain "foreign"' "xl's names are xl's" chaos destroy foreign
ok "destroy --all" chaos destroy --all
is "$ERR" "chaos destroy: 1 destroyed" "... is about ours"
like "$(xl list foreign)" "^foreign +$id +8 +1 +.b-" "the foreign one runs on"
ok "xl destroys it" xl destroy foreign

# The other way round: xl sees ours.
ok "create ours" chaos create noop.yaml
like "$(xl list 2>&1)" "^(null|\(null\)) +[0-9]+ +1 " "xl lists ours"
ok "xl destroys it, too" xl destroy "$(id_of noop)"
ok "what it left is swept" chaos sweep
like "$ERR" '^chaos sweep: [1-9][0-9]* swept$' "... and counted"
is "$(ls -A /run/chaos/names; ls -A /run/chaos/domains)" "" "... name and record are gone"
ok "sweep again" chaos sweep
is "$ERR" "chaos sweep: 0 swept" "... there is nothing left"
ok "create ours again" chaos create noop.yaml
ok "sweep does not touch it" chaos sweep
ok "destroy ours" chaos destroy noop
# xl's own process for a domain ends a moment after it.
finish --wait 15
