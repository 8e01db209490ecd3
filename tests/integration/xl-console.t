#!/bin/sh
# The program behind `xl console` on VMs of chaos: where chaosd runs it serves them a terminal, elsewhere xenconsoled does.
# Its argument is whose xenstored runs: c, ocaml.
# lab: --xen stock --timeout 600
# shellcheck source=tests/integration/pool.sh
. /src/tests/integration/pool.sh
# shellcheck source=tests/integration/xs.sh
. /src/tests/integration/xs.sh
ON_TERMINAL=/src/build/tests/integration/on-terminal

# typed NAME TEXT DESCRIPTION: a line typed where NAME shows a console comes back from its VM.
typed() {
    type_line "$1" "$2"
    says "$1" "^echo: $2" "$3"
}

# leaves NAME DESCRIPTION: Ctrl-] ends it, in order.
leaves() {
    printf '\035' >"$T/$1.in"
    left "$1" "$2"
}

# left NAME DESCRIPTION: it ends by itself.
left() {
    ok "$2" until_true 20 ended "$1"
    wait "$(cat "$1.pid")"
    is "$?" 0 "... in order"
    hush "$1"
    rm -f "$1.out"
}

ended() {
    ! kill -0 "$(cat "$1.pid")"
}

# of_type NAME: who serves its console.
of_type() {
    xenstore-read "/local/domain/$(id_of "$1")/console/type"
}

tty_of() {
    xenstore-read "/local/domain/$(id_of "$1")/console/tty"
}

talkative() {
    vm "$1" hello "type: $2" 'devices: xenstore'
}

xs_start "${1:-c}"
talkative talks pv
# What xenconsoled keeps for good after a first console.
chaos create talks.yaml >/dev/null || bail "no VM over XenStore"
until_true 10 tty_of talks || bail "xenconsoled has no terminal for it"
chaos destroy talks
rebase
lab-xl tree >before

for type in pv pvh; do
    talkative talks $type
    ok "$type: create, without chaosd" chaos create talks.yaml
    is "$(of_type talks)" xenconsoled "$type: xenconsoled may serve it"
    talk talks "$ON_TERMINAL" xl console talks
    says talks '^hello: ready' "$type: xl console shows what it said"
    typed talks one "$type: ... and types"
    leaves talks "$type: ... and Ctrl-] leaves it"
    talk talks chaos console talks
    typed talks two "$type: chaos console goes to the same terminal"
    hush talks
    rm -f talks.out
    talk talks "$ON_TERMINAL" xl console talks
    typed talks three "$type: xl console once more"
    ok "$type: destroy" chaos destroy talks
    left talks "$type: ... ends xl console"
    clean "$type: without chaosd"
done

# It was made before there was a chaosd, and stays where it is.
ok "create, without chaosd" chaos create --name elder talks.yaml
ok "... xenconsoled has it" until_true 10 tty_of elder
elder=$(tty_of elder)
pools
chaosd_start
full
for type in pv pvh; do
    talkative talks $type
    ok "$type: create" chaos create talks.yaml
    # At once: it waits for the terminal.
    talk talks "$ON_TERMINAL" xl console talks
    is "$(of_type talks)" chaos "$type: chaosd serves it"
    says talks '^hello: ready' "$type: xl console shows what it said"
    typed talks one "$type: ... and types"
    chaos console --read-only talks >seen </dev/null &
    viewer=$!
    typed talks two "$type: ... while chaos console looks on"
    shows seen '^echo: two' "$type: ... and sees it, too"
    kill $viewer
    wait $viewer 2>/dev/null
    ok "$type: the terminal is one" test -c "$(tty_of talks)"

    # chaosd is killed, and another one comes: xl console goes on at the terminal of that.
    kill -KILL "$CHAOSD"
    wait "$CHAOSD" 2>/dev/null
    chaosd_start
    full
    typed talks three "$type: it goes on with the next chaosd"
    leaves talks "$type: Ctrl-] leaves it"
    talk talks "$ON_TERMINAL" xl console talks
    typed talks four "$type: xl console once more"
    ok "$type: destroy" chaos destroy talks
    left talks "$type: ... ends xl console"
done
is "$(tty_of elder)" "$elder" "the VM that is older than chaosd has its terminal still"
talk elder "$ON_TERMINAL" xl console elder
typed elder one "... and xl console reaches it"
leaves elder "... and leaves it"
talk elder chaos console elder
typed elder two "... and so does chaos console"
hush elder
ok "destroy" chaos destroy elder
chaosd_stop
rm -rf /run/chaos/pool /run/chaos/chaosd.lock
is "$(lab-xl tree)" "$(cat before)" "XenStore is as it was before"
# shellcheck disable=SC2119
finish --wait 15
