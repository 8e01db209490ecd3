#!/bin/sh
# Creating, listing, showing, pausing and destroying VMs. How it is refused is in refuse.t.
# lab: --timeout 300
# shellcheck source=tests/integration/lib.sh
. /src/tests/integration/lib.sh

baseline
vm noop noop
vm hello hello 'cmdline: one  two'

# Without a VM.
ok "chaos version" chaos version
like "$OUT" '^xen 4\.17.*MiB free$' "... says what Xen this is, and its free memory"
ok "chaos help" chaos help
verbs=$(printf '%s\n' "$OUT" | awk '/^Commands:/ {on = 1; next} /^$/ {on = 0} on {print $1}')
for verb in $verbs; do
    chaos help "$verb" | grep -q "^Usage: chaos $verb " && chaos "$verb" -h | grep -o "^Usage: chaos $verb "
done >usages
is "$(wc -l <usages)" "$(echo "$verbs" | wc -l)" "... lists the commands, and explains each"
like "$verbs" '^create$' "... such as create"
ok "chaos list, with no VM" chaos list
is "$(echo "$OUT" | wc -l)" 1 "... prints the table's head only"
ok "--dry-run" chaos create --dry-run --set memory=2MiB noop.yaml
like "$OUT" '^memory: 2MiB$' "... prints the configuration, overrides included"
like "$OUT" '^on_reboot: restart$' "... and defaults"

# A file in xl's format, which is seen by what is in it.
printf '%s\n' "# for xl" 'name = "of-xl"; type = "pvh"' "kernel = '$GUESTS/hello'" 'root = "one"' 'extra = " two"' 'memory = 0x8' \
    'vnc = 1' >of-xl
ok "create FILE, in xl's format" chaos create of-xl
like "$OUT" ' of-xl$' "... has the name that is in it"
is "$ERR" "chaos create: of-xl:7:1: vnc: has no counterpart (it is for the device model of HVM guests)" "... says what is lost"
until_true 20 in_state of-xl blocked
said=$(chaos console --dump of-xl)
like "$said" 'hello: cmdline "root=one  two"' "... its command line is put together"
like "$said" 'hello: memory 81[0-9][0-9] KiB' "... and it has its memory"
ok "... destroy" chaos destroy of-xl
ok "convert" chaos convert of-xl
printf '%s\n' "$OUT" >of-xl.yaml
is "$(chaos create --dry-run of-xl.yaml)" "$(chaos create --dry-run of-xl 2>/dev/null)" "... prints the same VM"
echo 'pci = ["01:00.0"]' >>of-xl
told 3 '^chaos create: of-xl:8:1: pci: has no counterpart' "create, with a key that makes another VM of it" chaos create of-xl
told 3 '^chaos convert: of-xl:8:1: pci: has no counterpart' "... convert" chaos convert of-xl
is "$OUT" "$(cat of-xl.yaml)" "... which prints the rest"
clean "after files of xl"

# A kernel whose ELF file is of 32 bits, though it is for x86-64.
vm noop32 noop32 'type: pvh'
ok "a 32-bit ELF file for x86-64 starts as PVH" chaos create noop32.yaml
ok "... the guest goes to sleep" until_true 20 in_state noop32 blocked
is "$(chaos console --dump noop32)" up "... having said that it is up"
ok "... and is destroyed" chaos destroy noop32

# One of each type, in 1 MiB.
for type in pv pvh; do
    ok "create $type" chaos create --set "type=$type" noop.yaml
    like "$OUT" '^[1-9][0-9]* noop$' "... prints id and name"
    id=${OUT% noop}
    ok "... the guest goes to sleep" until_true 20 in_state noop blocked
    is "$(chaos console --dump noop)" up "... having said that it is up"
    ok "info by name" chaos info noop
    by_name=$(echo "$OUT" | grep -v time)
    like "$OUT" "^id: $id\$" "... has the id"
    like "$OUT" "^type: $type\$" "... the type"
    like "$OUT" '^made by chaos: yes$' "... whose it is"
    like "$OUT" '^memory: (1024|1020) KiB$' "... its memory"
    like "$OUT" '^vcpus: 1$' "... its vCPUs"
    like "$OUT" "^kernel: \"$GUESTS/noop\"\$" "... its configuration"
    uuid=$(echo "$OUT" | sed -n 's/^uuid: //p')
    is "$(chaos info "$id" | grep -v time)" "$by_name" "info by id is the same"
    is "$(chaos info "$uuid" | grep -v time)" "$by_name" "info by uuid is the same"
    ok "info as JSON" chaos info --format json noop
    like "$OUT" '"schema": 1' "... has a schema"
    like "$OUT" "\"uuid\": \"$uuid\"" "... the uuid"
    like "$OUT" '"config_yaml": ".*memory: 1MiB\\n' "... the configuration"
    ok "list" chaos list
    like "$OUT" "^noop +$id blocked +$type +102[04] +1 " "... as a table"
    ok "list as JSON" chaos list --format json
    like "$OUT" '"state": "blocked"' "... has the state"
    is "$(echo "$OUT" | grep -c '"id": ')" 1 "... of one domain"
    is "$(chaos list -q)" "$id" "list -q prints the id"
    ok "pause" chaos pause noop
    is "$(state_of noop)" paused "... pauses"
    status 1 "pause twice" chaos pause noop
    is "$ERR" "chaos pause: domain $id is paused already" "... is told"
    ok "unpause by id" chaos unpause "$id"
    is "$(state_of noop)" blocked "... lets it run on"
    status 1 "unpause twice" chaos unpause noop
    is "$ERR" "chaos unpause: domain $id is not paused" "... is told"
    status 5 "a name in use" chaos create noop.yaml
    like "$ERR" "^chaos create: name \"noop\" is in use by domain $id; choose another or destroy that one$" "... is told"
    is "$(chaos list -q)" "$id" "... and the VM that has it runs on"
    ok "destroy" chaos destroy noop
    refused 4 "no domain \"noop\"; 'chaos list' shows all" "destroy again" chaos destroy noop
done

# Names, overrides, several at once.
ok "create -p --name" chaos create -p --name other-name_1.x hello.yaml
is "$(state_of other-name_1.x)" paused "... is paused"
is "$(chaos console --dump other-name_1.x)" "" "... and has not run"
ok "create --set" chaos create --name big --set memory=8MiB --set vcpus=2 --set type=pv hello.yaml
until_true 20 in_state big blocked
said=$(chaos console --dump big)
like "$said" 'hello: type pv' "... changes the type"
like "$said" 'hello: memory 8192 KiB' "... the memory"
like "$said" 'hello: cmdline "one  two"' "... and leaves the rest"
is "$(chaos info big | grep -m 1 vcpus:)" "vcpus: 2" "... it has two vCPUs"
# The lab's processor has no invariant TSC: what Xen thinks best is to emulate it.
for type in pv pvh; do
    for mode in "default 0, emulated" "always_emulate 1, emulated" "native 2, not emulated"; do
        ok "create $type, tsc_mode: ${mode%% *}" chaos create --name tsc --set type=$type --set tsc_mode="${mode%% *}" hello.yaml
        until_true 20 in_state tsc blocked
        like "$(chaos console --dump tsc)" "^hello: tsc mode ${mode#* }\$" "... is what the guest has"
        ok "... destroy" chaos destroy tsc
    done
done
# The guest takes event channels until Xen says no.
vm exhaust exhaust
for most in 64 1023 4000; do
    ok "create, max_event_channels: $most" chaos create --set max_event_channels=$most exhaust.yaml
    until_true 60 in_state exhaust blocked
    got=$(chaos console --dump exhaust | tr -d '\r' | sed -n 's/^exhaust: .* \([0-9]*\) event channels$/\1/p')
    ok "... is what the guest has: $got, and those of Xen's own" test "${got:-0}" -le $most -a "${got:-0}" -gt $((most - 16))
    ok "... destroy" chaos destroy exhaust
done
# frames WHAT WANTED SET...: the guest maps a grant of its own, or cannot, and its table grows to so many frames.
frames() {
    frames_what=$1 frames_wanted=$2
    shift 2
    ok "create, $frames_what" chaos create "$@" exhaust.yaml
    until_true 60 in_state exhaust blocked
    got=$(chaos console --dump exhaust | tr -d '\r' | sed -n 's/^exhaust: \(.*\) a grant of its own$/\1/p; s/^exhaust: .* \([0-9]*\) grant frames.*/\1/p' | paste -s -d ' ' -)
    is "$got" "$frames_wanted" "... so many grant frames, and maps a grant of its own or not"
    ok "... destroy" chaos destroy exhaust
}
for type in pv pvh; do
    frames "$type of 8MiB" "maps 32" --set type=$type --set memory=8MiB
    frames "$type, max_maptrack_frames: 0" "cannot map 32" --set type=$type --set memory=8MiB --set max_maptrack_frames=0
    frames "$type, max_grant_frames: 3" "maps 3" --set type=$type --set max_maptrack_frames=1 --set max_grant_frames=3
done
told 7 'hypervisor refused createdomain: Invalid argument ' \
    "max_maptrack_frames beyond the host's" chaos create --set max_maptrack_frames=65536 exhaust.yaml
ok "create -n" chaos create -n 3 --name many noop.yaml
is "$(echo "$OUT" | cut -d ' ' -f 2 | tr '\n' ' ')" "many-1 many-2 many-3 " "... numbers the names"
is "$(names)" "other-name_1.x big many-1 many-2 many-3" "list is by id"
ok "--name wins over name:" chaos create --name single --set name=many-1 noop.yaml
ok "... and is the name" chaos destroy single
status 5 "-n with a name in use" chaos create -n 5 --name many noop.yaml
like "$ERR" '^chaos create: 0 of 5 were created and run on$' "... says how many there are"
chaos destroy many-2
status 5 "-n with a name in use later" chaos create -n 3 --name many --set name=x noop.yaml
status 4 "destroy of several, two of them not there" chaos destroy many-1 no-such-1 many-3 no-such-2 other-name_1.x
is "$(echo "$ERR" | grep -c 'no domain')" 2 "... the failures are told"
is "$(names)" big "... the others are gone"
vm named noop 'name: from-the-file'
ok "a name in the file" chaos create named.yaml
like "$OUT" ' from-the-file$' "... is taken"
ok "destroy --all" chaos destroy --all
like "$ERR" '^chaos destroy: 2 destroyed$' "... counts"
ok "destroy --all of nothing" chaos destroy --all
clean "after ordinary use"

# -v, and JSON for machines.
ok "create -v" chaos create -v noop.yaml
for step in check domain memory image registry unpause; do
    printf '%s\n' "$ERR" | grep -oE "^  $step +[0-9]+\.[0-9] us\$" >>steps
done
is "$(wc -l <steps)" 6 "... shows each step and its microseconds"
ok "destroy --log-format json -v" chaos --log-format json destroy -v noop
unlike "$ERR" '^([^{]|.*[^}]$)' "... writes a JSON object a line"
like "$ERR" '^\{"level":"step","command":"destroy","step":"destroy","us":[0-9.e-]+\}$' "... for each step"
refused 4 '^\{"level":"error","command":"info","code":4,"errno":2,"message":"no domain \\"x\\"; .*"\}$' \
    "an error as JSON" chaos info --log-format json x
refused 2 '^\{"level":"info","command":"info","message":"which domain\? .*"\}$' \
    "misuse as JSON" chaos --log-format json info

# Another registry.
ok "--run-dir" chaos create --run-dir "$T/registry" noop.yaml
is "$(names)" "(shell)" "... the first registry knows no name for its VM"
like "$(chaos list --run-dir "$T/registry")" '^noop ' "... the other does"
ok "... and destroys it" chaos destroy --run-dir "$T/registry" noop
clean "another registry"

# Interrupted: at each step of one, and between those of many. Nothing of the one is left.
for type in pv pvh; do
    for step in check domain memory devices image registry; do
        refused 130 'chaos create: interrupted' "$type: a signal at its step \"$step\"" \
            env CHAOS_FAULT=$step:interrupt chaos create --set type=$type noop.yaml
    done
    refused 130 'chaos create: interrupted' "$type: a signal while it gets its memory" \
        env CHAOS_FAULT=memory.batch:interrupt chaos create --set type=$type --set memory=1GiB noop.yaml
done
refused 130 'chaos create: interrupted' "a signal while create -c creates" env CHAOS_FAULT=image:interrupt chaos create -c noop.yaml
at_least() {
    [ "$(chaos list -q | wc -l)" -ge "$1" ]
}
chaos create -n 5000 noop.yaml >out 2>err &
pid=$!
until_true 30 at_least 5
kill -TERM $pid
wait $pid
is "$?" 130 "a signal ends create -n with status 130"
made=$(chaos list -q | wc -l)
is "$(wc -l <out)" "$made" "... all that were made are told"
like "$(cat err)" "^chaos create: $made of 5000 were created and run on" "... and counted"
ok "... and destroyed by --all" chaos destroy --all
finish
