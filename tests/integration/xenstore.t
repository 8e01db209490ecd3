#!/bin/sh
# Devices over XenStore with stock back ends: what a creation asks for, and what of it stays. The guest is one
# without drivers; tests/nightly/stock-*.t have guests that use their devices, xenstore-trouble.t a XenStore that does not
# answer. The argument is whose xenstored runs: c, ocaml.
# lab: --xen stock --timeout 600
# shellcheck source=tests/integration/lib.sh
. /src/tests/integration/lib.sh
# shellcheck source=tests/integration/xs.sh
. /src/tests/integration/xs.sh

truncate -s 1M a.img b.img
# xs_vm NAME TYPE [LINE...]
xs_vm() {
    xs_vm_name=$1 xs_vm_type=$2
    shift 2
    vm "$xs_vm_name" noop "devices: xenstore" "type: $xs_vm_type" "$@"
}
VIF='vifs: [{bridge: br0}]'

xs_start "${1:-c}"
xs_vm first pvh "$VIF" "vbds: [{target: $T/a.img}]"
chaos create first.yaml >/dev/null || bail "no VM over XenStore"
chaos destroy first || bail "no end of a VM over XenStore"
# What Dom0's kernel and XenStore keep for good after a first use. The folders of errors: a back end that is taken away
# while it starts may make some.
xenstore-write /local/domain/0/error/backend/vif "" /local/domain/0/error/backend/vbd ""
until_true 10 sh -c '! ip link show dev vif1.0'
rebase
lab-xl tree >before

for type in pv pvh; do
    xs_vm net $type "$VIF"
    xs_vm both $type "$VIF" "vbds: [{target: $T/a.img}]"
    traced chaos create net.yaml
    is "$(grep -cE ' (fork|vfork|clone|clone3)\(' trace)" 0 "$type: a creation forks nothing"
    is "$(grep -cE ' (nanosleep|clock_nanosleep)\(' trace)" 0 "... and does not sleep"
    count=$(messages)
    ok "... with an interface it has at most 50 messages for XenStore ($count)" test "$count" -gt 30 -a "$count" -le 50
    is "$(grep -cE ' sendto\(.*MSG_NOSIGNAL' trace)" 2 "... in two writes"
    count=$(grep -c '(' trace)
    ok "... and at most 110 system calls in all ($count)" test "$count" -le 110
    id=$(id_of net)
    like "$(xl list net)" "^net +$id " "... xl lists it"
    like "$(ip link show dev "vif$id.0")" "master br0" "... in its bridge"
    like "$(chaos device list net)" "^vif +0 +waiting +vif$id.0 mac .* bridge br0$" "... its back end waits for the guest"
    traced chaos destroy net
    count=$(messages)
    ok "... its end has at most 12 ($count)" test "$count" -le 12
    traced chaos create both.yaml
    count=$(messages)
    ok "$type: with a disk, too, at most 72 ($count)" test "$count" -le 72
    like "$(losetup -a)" "^/dev/loop[0-9]+:" "... there is a loop device"
    told 11 'a.img: "both" has it, and a disk has one writer' "... no other VM gets the disk" \
        chaos create --name other both.yaml
    ok "... destroy" chaos destroy both
    until_true 10 sh -c "! ip link show dev vif$((id + 1)).0"
    is "$(lab-xl tree)" "$(cat before)" "... and XenStore is as before"
    ok "... the loop device is gone" until_true 5 sh -c '[ -z "$(losetup -a)" ]'
done

# Hot-plug, for a guest that has no drivers: what never connected goes at once.
xs_vm plug pv
ok "create" chaos create plug.yaml
ok "add an interface" chaos device add plug vif bridge=br0
ok "... and a disk" chaos device add plug vbd "target=$T/b.img"
like "$(chaos device list plug)" "^vbd +0 +waiting +xvda rw" "... both are listed"
ok "remove the interface" chaos device remove plug vif 0
ok "... and the disk" chaos device remove plug vbd 0
is "$(chaos device list plug | grep -cE "^v(if|bd) ")" 0 "... nothing is listed any more"
ok "destroy" chaos destroy plug

# Somebody else's tool ends it: its loop device is freed when the file is wanted again, or by a sweep.
xs_vm both pv "$VIF" "vbds: [{target: $T/a.img}]"
ok "create" chaos create both.yaml
ok "xl destroys it" xl destroy both
ok "create it again, with the same disk" chaos create both.yaml
ok "xl destroys that, too" xl destroy both
ok "sweep" chaos sweep
ok "... and no loop device is left" until_true 5 sh -c '[ -z "$(losetup -a)" ]'

# What an earlier domain of the same number left goes first.
chaos create net.yaml >/dev/null
next=$(($(id_of net) + 1))
chaos destroy net
xenstore-write "/libxl/$next/type" pv "/local/domain/$next/data/old" 1 "/local/domain/0/backend/vbd/$next/1/online" 0
ok "create where something was left" chaos create both.yaml
is "$(id_of both)" "$next" "... under that number"
nok "... which has nothing of it" xenstore-exists "/local/domain/$next/data"
ok "destroy" chaos destroy both

# A block device: its back end claims nothing, so chaos looks at what VMs have, xl's too.
losetup /dev/loop7 b.img
xs_vm block pv "vbds: [{target: /dev/loop7}]"
xs_vm reader pv "vbds: [{target: /dev/loop7, mode: ro}]"
ok "create a VM with a block device" chaos create block.yaml
told 11 '/dev/loop7: "block" has it' "... nobody may read it" chaos create reader.yaml
ok "destroy it" chaos destroy block
ok "now somebody reads it" chaos create reader.yaml
ok "... and another" chaos create --name reader2 reader.yaml
told 11 '/dev/loop7: "reader' "... but nobody may write" chaos create block.yaml
ok "destroy the readers" chaos destroy reader reader2
losetup -d /dev/loop7
# shellcheck disable=SC2119
finish --wait 15
