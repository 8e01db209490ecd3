# shellcheck shell=sh
# Shells whose devices are in XenStore: what is there before anybody takes them, what a take adds, and that nothing of them
# stays, wherever chaosd or a client is killed. pool-store.t runs this with Xen's own XenStore daemon, pool-store-ocaml.t
# with Debian's. Usage: pool-store.sh c|ocaml
# shellcheck source=tests/integration/pool.sh
. /src/tests/integration/pool.sh
# shellcheck source=tests/integration/xs.sh
. /src/tests/integration/xs.sh

store=$1
truncate -s 1M disk
# small NAME TYPE [LINE...]: a VM of 1 MiB, whose guest has no drivers, with an interface and a disk.
small() {
    small_name=$1 small_type=$2
    shift 2
    vm "$small_name" noop "type: $small_type" "vbds: [{target: $T/disk, mode: ro}]" "$@"
}
# flavour NAME TYPE MEMORY TARGET [LINE...]
flavour() {
    printf '  - flavour: %s\n    type: %s\n    memory: %s\n    target: %s\n    devices: xenstore\n' "$1" "$2" "$3" "$4"
    shift 4
    for flavour_line in "$@"; do
        printf '    %s\n' "$flavour_line"
    done
}
of_small="vbds: [{target: $T/disk, mode: ro}]"

xs_start "$store"
xs_serve
for type in pv pvh; do
    small $type $type 'devices: xenstore' 'vifs: [{bridge: br0}]'
    chaos create $type.yaml >/dev/null || bail "no VM over XenStore"
    chaos destroy $type || bail "no end of a VM over XenStore"
done
xenstore-write /local/domain/0/error/backend/vif "" /local/domain/0/error/backend/vbd ""
until_true 10 sh -c '! ip -br link | grep -q "^vif"'
rebase
lab-xl tree >before
as_before() {
    lab-xl tree >now
    cmp -s before now
}
tree_clean() {
    ok "$1: XenStore is as before" until_true 10 as_before || diag "$(diff before now)"
}

cp "$(command -v chaos)" "$(command -v chaosd)" "$T/"
PATH=$T:$PATH
{
    echo 'pools:'
    for type in pv pvh; do
        flavour cold-$type $type 1MiB 2 "$of_small" 'vifs: [{bridge: br0}]'
        flavour warm-$type $type 1280KiB 2 "$of_small" 'vifs: [{bridge: br0}]' "kernel: $GUESTS/noop"
        flavour plain-$type $type 1536KiB 1
    done
} >chaosd.yaml

# value PATH: what XenStore has there
value() {
    xenstore-read "$1" 2>/dev/null
}

chaosd_start
full || bail "no pool"
is "$(xenstore-list /libxl | wc -l)" 10 "XenStore has all shells"
nameless=$(chaos list -a | awk '$1 == "(pool)" { print $2; exit }')
is "$(value "/libxl/$nameless/chaos")" "$(chaos info "$nameless" | sed -n 's/^uuid: //p')" "... with chaos' mark"
like "$(value "/local/domain/$nameless/store/port")" '^[0-9]+$' "... and the way to xenstored"
nok "... but without a name" xenstore-exists "/local/domain/$nameless/name"
for type in pv pvh; do
    for kind in cold warm plain; do
        case $kind in
        cold) memory=1MiB most=4 ;;
        warm) memory=1280KiB most=4 ;;
        plain) memory=1536KiB most=2 ;;
        esac
        if [ $kind = plain ]; then
            vm $kind-$type noop "type: $type" 'devices: xenstore'
        else
            small $kind-$type $type 'devices: xenstore' 'vifs: [{bridge: br0}]'
        fi
        traced chaos create -v --set "memory=$memory" $kind-$type.yaml
        like "$(cat err)" '^  take ' "$kind $type: create takes a shell"
        unlike "$(cat err)" '^  (domain|memory|devices) ' "... which is all there"
        count=$(messages)
        ok "... with at most $most messages for XenStore ($count)" test "$count" -le "$most" -a "$count" -ge 2
        id=$(id_of $kind-$type)
        uuid=$(chaos info $kind-$type | sed -n 's/^uuid: //p')
        is "$(value "/local/domain/$id/name")" "$kind-$type" "... the VM's name is there"
        is "$(value "/vm/$uuid/name")" "$kind-$type" "... also with its uuid"
        like "$(xl list $kind-$type)" "^$kind-$type +$id " "... xl lists it"
        [ $kind != plain ] || continue
        mac=$(value "/local/domain/$id/device/vif/0/mac")
        like "$mac" '^02:' "... its interface has an address"
        is "$(value "/local/domain/0/backend/vif/$id/0/mac")" "$mac" "... the same at both ends"
        like "$(chaos device list $kind-$type)" "^vif +0 +waiting +vif$id.0 mac $mac .*bridge br0$" "... and is in its bridge"
        like "$(chaos device list $kind-$type)" '^vbd +0 +waiting +xvda ro' "... and there is its disk"
    done
done
ok "the pool fills again" full
# A flavour that names the bus is for VMs that leave it open, too, where they would get that bus.
small open pv 'vifs: [{bridge: br0, mac: "02:00:00:00:00:07"}]'
ok "create a VM that leaves its bus open" chaos create -v open.yaml
like "$ERR" '^  take ' "... from the pool"
is "$(value "/local/domain/$(id_of open)/device/vif/0/mac")" 02:00:00:00:00:07 "... with the address that it asks for"
is "$(value "/local/domain/0/backend/vif/$(id_of open)/0/mac")" 02:00:00:00:00:07 "... at both ends"
ok "destroy all VMs" chaos destroy --all
chaosd_stop
tree_clean "the pool is gone"

# Debian's kernel with its own drivers, out of shells that did not know it.
{
    echo 'pools:'
    for type in pv pvh; do
        flavour debian-$type $type 160MiB 1 'vifs: [{bridge: br0}]' "vbds: [{target: $T/debian-$type.img}]"
    done
} >debian-chaosd.yaml
mv chaosd.yaml small-chaosd.yaml
mv debian-chaosd.yaml chaosd.yaml
for type in pv pvh; do
    xs_disk debian-$type
    debian_yaml debian-$type $type 'devices: xenstore'
done
chaosd_start
full || bail "no pool of larger shells"
for type in pv pvh; do
    ok "debian-$type: create" chaos create -v debian-$type.yaml
    like "$ERR" '^  take ' "... from the pool"
    talk debian-$type chaos console debian-$type
done
for type in pv pvh; do
    debian_works debian-$type
    ok "debian-$type: it answers ping" ping -c 1 -W 10 "$(sed -n 's/.*guest: eth0 is \([0-9.]*\).*/\1/p' debian-$type.out | tail -n 1)"
    like "$(chaos device list debian-$type)" '^vif .*connected' "... its interface is connected"
    like "$(chaos device list debian-$type)" '^vbd .*connected' "... and its disk"
    ok "... chaos shutdown" chaos shutdown debian-$type
    hush debian-$type
done
ok "both are gone" until_true 120 sh -c '[ -z "$(chaos list -q)" ]'
chaosd_stop
tree_clean "Debian's guests have come and gone"

# Killed and failing at each point.
{
    echo 'pools:'
    flavour cold pv 1MiB 1 "$of_small" 'vifs: [{bridge: br0}]'
    flavour warm pvh 1280KiB 1 "$of_small" 'vifs: [{bridge: br0}]' "kernel: $GUESTS/noop"
} >chaosd.yaml
small a pv 'devices: xenstore' 'vifs: [{bridge: br0}]'
# sound VMS: so many VMs, two shells, an interface in the bridge and a mark for each, and nothing else.
sound() {
    is_full && none_taken && [ "$(chaos list -q | wc -l)" -eq "$1" ] &&
        [ "$(chaos list -aq | wc -l)" -eq $(($1 + 2)) ] &&
        [ "$(xenstore-list /libxl | wc -l)" -eq $(($1 + 2)) ] &&
        [ "$(xenstore-list /vm | wc -l)" -eq $(($1 + 2)) ] &&
        [ "$(find /sys/class/net/br0/brif/ -name 'vif*' | wc -l)" -eq $(($1 + 2)) ] &&
        [ "$(losetup -a | wc -l)" -eq $(($1 + 2)) ]
}
holds() {
    until_true 60 sound "$1" || {
        diag "VMs: $(chaos list -q | wc -l) of $1; all: $(chaos list -aq | wc -l)" "$(ls /sys/class/net)"
        diag "/libxl: $(xenstore-list /libxl)" "/vm: $(xenstore-list /vm)" "$(losetup -a)"
        diag "$(chaos pool status 2>&1)" "$(tail -n 3 chaosd.log)"
        return 1
    }
}
ready_or_dead() {
    is_full || ! kill -0 "$CHAOSD"
}
again() {
    for name in cold warm; do
        chaos pool resize $name 0
        chaos pool fill $name
    done >/dev/null 2>&1
}
# Shells are made, taken, become a VM or do not, and are destroyed.
passes() {
    until_true 30 ready_or_dead
    chaos create a.yaml >/dev/null 2>&1
    env CHAOS_FAULT=check:kill chaos create --name dead a.yaml >/dev/null 2>&1
    again
    until_true 30 ready_or_dead
}
for action in kill fail; do
    for point in domain devices image refill.journal take.sent pool.destroy pool.destroyed; do
        case $action.$point in
        fail.domain | fail.refill.journal | fail.take.sent | fail.pool.destroyed) continue ;; # pool-devices.t has those
        esac
        chaosd_start "CHAOS_FAULT=$point:$action"
        passes
        if [ $action = kill ]; then
            ok "$point: chaosd is killed there" until_true 20 sh -c "! kill -0 $CHAOSD" || kill -KILL "$CHAOSD"
            wait "$CHAOSD" 2>/dev/null
            chaosd_start
        fi
        ok "$point: $action: the VM is there, and the pool is whole" holds 1
        ok "... destroy it" chaos destroy a
        chaosd_stop
        tree_clean "$point: $action"
    done
done
chaosd_start
full
for action in kill fail; do
    for step in take check image registry unpause; do
        env "CHAOS_FAULT=$step:$action" chaos create --name c a.yaml >/dev/null 2>&1
        case $action.$step in
        fail.take | kill.registry | kill.unpause) left=1 ;; # it was created without, or is a VM from its name on
        *) left=0 ;;
        esac
        ok "a client, $step: $action: VMs: $left, and the pool is whole" holds $left
        chaos destroy c >/dev/null 2>&1
    done
done
# The next chaosd adopts them.
shells=$(chaos list -aq | sort | tr '\n' ' ')
kill -KILL "$CHAOSD"
wait "$CHAOSD" 2>/dev/null
chaosd_start
ok "chaosd is killed, and the next one has its shells" holds 0
is "$(chaos list -aq | sort | tr '\n' ' ')" "$shells" "... the same ones"
ok "create" chaos create -v a.yaml
like "$ERR" '^  take ' "... from one of them"
ok "destroy" chaos destroy a
chaosd_stop
tree_clean "at the end"
rm -rf /run/chaos/pool /run/chaos/chaosd.lock
kernels_quiet "all of it"
finish --wait 15
