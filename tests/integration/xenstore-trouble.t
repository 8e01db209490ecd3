#!/bin/sh
# XenStore in trouble, while VMs with devices run: slow, stopped, its quotas used up, gone, and restarted, when it has
# forgotten all. Each time: what commands say, their status, and that nothing is left. Its argument is whose xenstored
# runs: c, ocaml.
# lab: --xen stock --timeout 900
# shellcheck source=tests/integration/lib.sh
. /src/tests/integration/lib.sh
# shellcheck source=tests/integration/xs.sh
. /src/tests/integration/xs.sh
KIND=${1:-c}

# Dom0 has no quota of nodes. But what belongs to a guest counts as the guest's memory with one daemon, and with the other
# no value may be longer than so many bytes, whoever writes it.
case $KIND in
c)
    mkdir bin
    # shellcheck disable=SC2016
    printf '#!/bin/sh\nexec %s -Q memory=8000 "$@"\n' "$(command -v xenstored)" >bin/xenstored
    chmod +x bin/xenstored
    PATH=$T/bin:$PATH
    ;;
ocaml) sed -i 's/^quota-maxsize = .*/quota-maxsize = 100/' /etc/xen/oxenstored.conf ;;
esac
long=$T/$(printf '%0100d' 0)
mkdir "$long"
truncate -s 1M a.img b.img c.img "$long/d.img"

xs_vm() {
    xs_vm_name=$1
    shift
    vm "$xs_vm_name" noop 'devices: xenstore' "$@"
}
vifs_gone() {
    ! ip -br link | grep -q '^vif'
}
loops_gone() {
    [ -z "$(losetup -a)" ]
}
gone() {
    ! chaos info "$1"
}
same_tree() {
    lab-xl tree >after
    cmp -s before after
}
# nothing DESCRIPTION
nothing() {
    ok "$1: no interface is left" until_true 10 vifs_gone
    ok "$1: ... no loop device" until_true 10 loops_gone
    until_true 10 same_tree
    is "$(diff before after)" "" "$1: ... and nothing in XenStore"
}
xs_start "$KIND"
xs_vm both 'vifs: [{bridge: br0}]' "vbds: [{target: $T/a.img}]"
xs_vm second 'vifs: [{bridge: br0}]' "vbds: [{target: $T/b.img}]"
xs_vm plain
xs_vm deep "vbds: [{target: $long/d.img}]"
xs_vm wide 'vifs: [{bridge: br0}, {bridge: br0}, {bridge: br0}, {bridge: br0}, {bridge: br0}, {bridge: br0}, {bridge: br0}, {bridge: br0}, {bridge: br0}, {bridge: br0}, {bridge: br0}, {bridge: br0}, {bridge: br0}, {bridge: br0}, {bridge: br0}, {bridge: br0}]'
chaos create both.yaml >/dev/null || bail "no VM over XenStore"
chaos destroy both
# What Dom0's kernel and XenStore keep for good after a first use.
xenstore-write /local/domain/0/error/backend/vif "" /local/domain/0/error/backend/vbd ""
until_true 10 vifs_gone
rebase
lab-xl tree >before
daemon=$(lab-xl pid)

# Slow: it answers after three seconds.
kill -STOP "$daemon"
(sleep 3 && kill -CONT "$daemon") &
ok "slow: create waits for it" chaos create both.yaml
kill -STOP "$daemon"
(sleep 3 && kill -CONT "$daemon") &
ok "slow: device list, too" chaos device list both
like "$OUT" '^vif +0 +waiting' "... and has its answer"

# Stopped, while a VM with devices runs.
kill -STOP "$daemon"
# Its socket takes a few connections more, and then none.
hangs='xenstored (has not answered for 10 s|takes no connection); it hangs, or is stopped'
told 124 "$hangs" "stopped: create" chaos create second.yaml
told 124 "$hangs" "stopped: device list" chaos device list both
told 124 "$hangs" "stopped: device add" chaos device add both vif bridge=br0
told 124 "$hangs" "stopped: device remove" chaos device remove both vbd 0
told 124 "$hangs" "stopped: shutdown" chaos shutdown both
ok "stopped: list needs it not" chaos list
like "$OUT" '^both ' "... and shows the VM"
ok "stopped: destroy, all the same" chaos destroy both
# xenconsoled has its console, and cannot hear of its end.
like "$(state_of both)" '^(dying)?$' "... it runs no more"
kill -CONT "$daemon"
ok "it goes on: the VM is gone" until_true 10 gone both
ok "... sweep" chaos sweep
nothing "after it was stopped"

# Out of quota.
case $KIND in
c)
    told 10 'xenstored refused (WRITE|MKDIR|SET_PERMS) .*: Input/output error \(.*quota of memory' "out of quota: create" \
        chaos create wide.yaml
    nothing "out of quota"
    ok "create one that fits" chaos create plain.yaml
    n=0
    while chaos device add plain vif bridge=br0 >/dev/null 2>err; do n=$((n + 1)); done
    like "$(cat err)" 'xenstored refused .*quota of memory' "out of quota: device add, after $n: $(cut -c 1-60 err)"
    ;;
ocaml)
    told 10 'xenstored refused WRITE .*/params: .* \(the value is longer than its quota allows: quota-maxsize' \
        "out of quota: create" chaos create deep.yaml
    nothing "out of quota"
    ok "create one that fits" chaos create plain.yaml
    told 10 'xenstored refused WRITE .*quota-maxsize' "out of quota: device add" \
        chaos device add plain vbd "target=$long/d.img"
    n=0
    ;;
esac
is "$(chaos device list plain | grep -c '^v')" "$n" "... the device is not listed"
is "$(ip -br link | grep -c '^vif')" "$n" "... and not there"
ok "... destroy it" chaos destroy plain
nothing "out of quota, with devices"
ok "the leak oracle finds the host as it was" chaos-oracle check --wait 5 "$TAP_DIR/baseline"

# Gone.
for name in both second plain; do
    chaos create $name.yaml >/dev/null || bail "no VM"
done
kill -KILL "$daemon"
none='no xenstored runs on this host .*; start it, or say devices: noxs'
told 10 "$none" "gone: create" chaos create --name other plain.yaml
told 10 "$none" "gone: device list" chaos device list both
told 10 "$none" "gone: device add" chaos device add both vif bridge=br0
told 10 "$none" "gone: device remove" chaos device remove both vbd 0
told 10 "$none" "gone: shutdown" chaos shutdown both
ok "gone: list" chaos list
like "$OUT" '^both ' "... shows the VM"
ok "gone: info" chaos info both
ok "gone: destroy one with devices" chaos destroy second
ok "gone: destroy one without" chaos destroy plain

# Restarted: it has forgotten all, and Dom0's kernel does not hear of anything any more.
xs_restart "$KIND"
like "$(ip -br link)" '^vif' "restarted: the kernel has back ends of VMs that are gone"
ok "restarted: a sweep frees them" chaos sweep
is "$(ip -br link | grep -c '^vif')" 1 "... only the interface of the VM that runs is left"
is "$(losetup -a | grep -c .)" 1 "... and its loop device"
forgot='xenstored knows nothing of domain [0-9]+; where it was restarted it has forgotten all'
told 10 "$forgot" "restarted: device list" chaos device list both
told 10 "$forgot" "restarted: device add, vif" chaos device add both vif bridge=br0
told 10 "$forgot" "restarted: device add, vbd" chaos device add both vbd "target=$T/c.img"
told 10 "$forgot" "restarted: device remove" chaos device remove both vif 0
told 10 "$forgot" "restarted: shutdown" chaos shutdown both
nothing_new() {
    same_tree
    is "$(diff before after)" "" "... and nothing of that is in XenStore"
}
nothing_new
told 11 'a.img: ' "restarted: its disk is still taken" chaos create --name other both.yaml
told 124 "Dom0's kernel has made no vif.* xenstored the one that was there when Dom0 booted" \
    "restarted: a new one gets no back ends" chaos create --name other second.yaml
ok "restarted: one without devices is made" chaos create --name other plain.yaml
like "$(xl list other)" "^other " "... xl lists it"
ok "... and destroyed" chaos destroy other
ok "restarted: destroy the one of before" chaos destroy both
nothing "restarted"
is "$(find /run/chaos/names /run/chaos/domains -mindepth 1)" "" "restarted: ... and no record"
kernels_quiet "all of it"
finish --wait 15
