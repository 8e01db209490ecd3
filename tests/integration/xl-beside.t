#!/bin/sh
# chaos and xl beside each other: each sees what the other made, and ends it where it is told to. Ends of VMs over
# XenStore are heard of from xenstored, which has Xen's one channel for them. Its argument is whose xenstored: c, ocaml.
# lab: --xen stock --timeout 600
# shellcheck source=tests/integration/pool.sh
. /src/tests/integration/pool.sh
# shellcheck source=tests/integration/xs.sh
. /src/tests/integration/xs.sh

# store_vm NAME GUEST [LINE...]: a VM over XenStore.
store_vm() {
    store_name=$1
    vm "$@"
    echo 'devices: xenstore' >>"$store_name.yaml"
}

# xl_cfg NAME [LINE...]: the noop guest for xl.
xl_cfg() {
    printf 'name = "%s"\ntype = "pv"\nkernel = "%s/noop"\nmemory = 8\n' "$1" "$GUESTS" >"$1.cfg"
    xl_name=$1
    shift
    printf '%s\n' "$@" >>"$xl_name.cfg"
}

loops() {
    losetup -a | wc -l
}

gone() {
    ! chaos info "$1"
}

nobody() {
    [ "$(loops)" = "$1" ] && xl_gone
}

xs_start "${1:-c}"
xl_ready

# xl's VM, chaos' verbs.
xl_cfg other
xl create -q other.cfg || bail "xl creates no VM"
id=$(xl domid other)
ok "chaos list" chaos list
like "$OUT" "^other +$id " "... shows xl's VM by its name"
ok "... as JSON" chaos list --format json
like "$OUT" '"name": "other"' "... has the name, too"
like "$(chaos console --foreign --dump "$id")" '^up' "console --foreign shows what it wrote"
told 2 'is no domid, by which alone' "--foreign takes no name" chaos destroy --foreign other
told 12 'was not made by chaos' "without --foreign it is refused" chaos destroy "$id"
told 12 'was not made by chaos' "shutdown, too" chaos shutdown "$id"
told 2 'foreign' "pause has no --foreign" chaos pause --foreign "$id"
told 2 'foreign' "nor have others at once" chaos destroy --foreign --all
status 0 "it is still there" xl domid other
told 1 'does not listen' "shutdown --foreign asks it, and it does not know how" chaos shutdown --foreign --timeout 1 "$id"
ok "destroy --foreign" chaos destroy --foreign "$id"
nok "... and it is gone" xl domid other
ok "... xl's process for it as well" until_true 15 xl_gone
clean "nothing of it is left"

# A disk behind a loop device that a hotplug script made.
dd if=/dev/zero of=disk.img bs=1M count=2 2>/dev/null
before=$(loops)
xl_cfg other "disk = [\"$T/disk.img,raw,xvda,rw\"]" 'vif = ["bridge=br0"]'
xl create -q other.cfg || bail "xl creates no VM with devices"
id=$(xl domid other)
is "$(loops)" "$((before + 1))" "xl's VM has a loop device"
vm taker noop "vbds: [{target: $T/disk.img}]" 'devices: xenstore'
told 11 "domain $id has it" "its disk is not to be had" chaos create taker.yaml
ok "destroy --foreign" chaos destroy --foreign "$id"
ok "... frees its loop device" until_true 15 nobody "$before"
clean "nothing of it is left"

# chaos' VM, xl's verbs.
store_vm mine noop
ok "chaos create over XenStore" chaos create mine.yaml
id=$(id_of mine)
like "$(xl list)" "^mine +$id " "xl lists it by its name"
ok "chaos info" chaos info mine
like "$OUT" '^bus: xenstore \(its configuration says so\)$' "... says which bus it has, and why"
ok "xl destroys it" xl destroy mine
ok "chaos sweeps what is left" chaos sweep
ok "... so that it is gone" gone mine
clean "nothing of it is left"

# -v tells of the choice.
store_vm told noop
ok "create -v" chaos create -v told.yaml
like "$ERR" '^chaos create: devices by xenstore: its configuration says so$' "... says which bus is taken, and why"
chaos destroy told

# Who hears of ends.
store_vm ends poweroff
pools
chaosd_start
full
sleep 12 # what stands in for Xen's channel gets slow where nothing happens

# how_long: seconds from the creation of a VM that powers itself off at once until chaosd has seen it.
how_long() {
    read -r started _ </proc/uptime
    chaos create ends.yaml >/dev/null
    until_true 20 gone ends
    read -r ended _ </proc/uptime
    echo "$started $ended" | awk '{ print $2 - $1 }'
}
like "$(how_long)" '^([01]|[01]\.[0-9]+)$' "chaosd hears at once of the end of a VM over XenStore"
like "$(how_long)" '^([01]|[01]\.[0-9]+)$' "... and of the next one"

# xenstored is restarted under chaosd, which leaves it Xen's channel: without that it does not start.
kill -KILL "$(lab-xl pid)"
sleep 4
ok "a xenstored starts beside chaosd" xs_restart "${1:-c}"
like "$(how_long)" '^([01]|[01]\.[0-9]+)$' "... and chaosd hears of ends soon enough"
chaosd_stop
rm -rf /run/chaos/pool /run/chaos/chaosd.lock
# shellcheck disable=SC2119
finish --wait 15
