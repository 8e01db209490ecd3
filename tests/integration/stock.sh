# shellcheck shell=sh
# Guests as they are, on Debian's own hypervisor: its kernel with its own front ends and its files on a disk, over
# XenStore. A file of tests/nightly is one kind of guest beside one of XenStore's daemons. Usage: stock.sh c|ocaml KIND
#   pv      Debian as a PV guest. It fills its quota of XenStore's nodes, and harms itself only
#   pvh     as a PVH guest; an interface and a disk come and go while it runs
#   grub    GRUB's PV image as a kernel, which finds Debian's on the disk. In the end xenstored is killed under it
#   grub-pvh   GRUB's PVH image
#   xl      Debian as xl makes it, which chaos ends
# shellcheck source=tests/integration/lib.sh
. /src/tests/integration/lib.sh
# shellcheck source=tests/integration/xs.sh
. /src/tests/integration/xs.sh

# lives NAME: what is true of every guest of chaos while it runs.
lives() {
    ok "$1: device list" chaos device list "$1"
    like "$OUT" '^vif .*connected' "$1: ... the interface is connected"
    like "$OUT" '^vbd .*connected' "$1: ... and the disk"
    like "$(xl list)" "^$1 +$(id_of "$1") " "$1: xl lists it by its name"
}

# ends NAME COMMAND...: the command shuts it down.
ends() {
    xs_name=$1
    shift
    ok "$xs_name: $*" "$@"
    ok "$xs_name: ... it powers off" timeout 120 chaos wait "$xs_name"
    nok "$xs_name: ... and is no more" chaos info "$xs_name"
    hush "$xs_name"
    as_before "$xs_name"
}

same_tree() {
    lab-xl tree >after
    cmp -s before after
}

# as_before NAME: XenStore has nothing of it any more.
as_before() {
    until_true 15 same_tree
    is "$(diff before after)" "" "$1: XenStore's tree is as it was before"
}

# asked NAME TEXT REGEX DESCRIPTION: what the guest's shell says to a line.
asked() {
    type_line "$1" "$2"
    says "$1" "$3" "$1: $4"
}

# hotplug NAME: to a guest that runs, and away again. It asks its disk's number of sectors, and the interface's address.
hotplug() {
    dd if=/dev/urandom of=spare.img bs=64k count=16 2>/dev/null
    spare=$(sha256sum <spare.img | cut -d ' ' -f 1)
    ok "$1: add a disk" chaos device add "$1" vbd target=spare.img,mode=ro
    asked "$1" 'until [ -b /dev/xvdb ]; do sleep 0.1; done; sha256sum </dev/xvdb | sed "s/^/spare /"' "^spare $spare " \
        "... it reads it as it is"
    ok "$1: add an interface" chaos device add "$1" vif bridge=br0
    asked "$1" 'until ip link set eth1 up 2>/dev/null; do sleep 0.1; done; sed "s/^/second /" /sys/class/net/eth1/address' \
        "^second $(chaos device list "$1" | sed -n 's/^vif  *1 .* mac \([0-9a-f:]*\) .*/\1/p')" "... it has it"
    is "$(chaos device list "$1" | grep -c ' connected ')" 4 "$1: ... all four are connected"
    ok "$1: remove the disk" chaos device remove "$1" vbd 1
    ok "$1: remove the interface" chaos device remove "$1" vif 1
    asked "$1" 'echo left: /dev/xvd* /sys/class/net/eth*' '^left: /dev/xvda /sys/class/net/eth0' "... and they are gone"
    unlike "$(losetup -a)" 'spare' "$1: ... the loop device, too"
    unlike "$(chaos device list "$1")" '^v(if|bd) +1 ' "$1: ... no list has them"
}

# connected NAME: its second disk.
connected() {
    chaos device list "$1" | grep -qE '^vbd +1 +connected'
}

# fills NAME: it writes into its part of XenStore until that is full, by the device that programs use: a message is of
# type 11 (WRITE), has 18 bytes, path and value. A folder may not have too many, either.
fills() {
    # shellcheck disable=SC2016
    asked "$1" 'i=1000; while [ $i -lt 2100 ]; do printf "\13\0\0\0\0\0\0\0\0\0\0\0\22\0\0\0control/d$((i / 100))/q$((i % 100 + 100))\0x" >/dev/xen/xenbus; i=$((i + 1)); done; echo filled' \
        '^filled' "it fills its part of XenStore"
    filled=$(xenstore-ls "/local/domain/$(id_of "$1")/control" | wc -l)
    ok "$1: ... to its quota ($filled nodes)" test "$filled" -gt 900 -a "$filled" -le 1000
    ok "$1: ... chaos adds a disk all the same" chaos device add "$1" vbd target=spare.img,mode=ro
    nok "$1: ... which the guest cannot connect" until_true 10 connected "$1"
    ok "$1: ... and removes it" chaos device remove --force "$1" vbd 1
}

nothing_left() {
    [ -z "$(losetup -a)" ] && ! ip -br link | grep -q '^vif'
}

# loses NAME KIND: xenstored is killed, then the guest is destroyed. Its devices are connected, so that Dom0's back ends
# hold its memory: until they let go of it, it is not gone.
loses() {
    kill -KILL "$(lab-xl pid)"
    ok "$1: destroy, without xenstored" chaos destroy "$1"
    hush "$1"
    xs_restart "$2"
    ok "$1: ... with a new one: sweep" chaos sweep
    ok "$1: ... its interface and its loop device are gone" until_true 10 nothing_left
    ok "$1: ... sweep again" chaos sweep
    is "$(chaos list -aq)" "" "$1: ... and so is the domain"
    as_before "$1"
}

xs_start "$1"
xs_serve
xl_ready
truncate -s 1M spare.img
lab-xl tree >before

case $2 in
pv | pvh)
    name=$2
    xs_disk "$name"
    debian_yaml "$name" "$name" 'devices: xenstore'
    ok "$name: chaos create" chaos create "$name.yaml" || bail "no guest: $ERR"
    talk "$name" chaos console "$name"
    debian_works "$name"
    lives "$name"
    ;;
grub | grub-pvh)
    name=$2
    case $name in
    grub) image=grub-x86_64-xen.bin type=pv ;;
    *) image=grub-i386-xen_pvh.bin type=pvh ;;
    esac
    xs_disk "$name"
    debian_yaml "$name" $type 'devices: xenstore'
    sed -i -e "s|^kernel: .*|kernel: $ASSETS/$image|" -e '/^ramdisk: /d' -e '/^cmdline: /d' "$name.yaml"
    ok "$name: chaos create, with $image for a kernel" chaos create "$name.yaml" || bail "no guest: $ERR"
    talk "$name" chaos console "$name"
    says "$name" "GRUB loads Debian's kernel from the disk" "$name: it finds its menu on the disk"
    debian_works "$name"
    lives "$name"
    ;;
xl)
    xs_disk xl
    debian_cfg xl pv
    ok "xl create" xl create -q xl.cfg || bail "no guest: $ERR"
    talk xl xl_console xl
    debian_works xl
    ok "xl: chaos shutdown --foreign" chaos shutdown --foreign "$(xl domid xl)"
    hush xl
    ok "xl: ... and xl's process for it ends" until_true 90 xl_gone
    as_before xl
    ;;
*) bail "no such kind of guest: $2" ;;
esac
case $2 in
pv)
    fills pv
    ends pv chaos shutdown pv
    ;;
pvh)
    hotplug pvh
    ends pvh xl shutdown pvh
    ;;
grub) loses grub "$1" ;;
grub-pvh) ends grub-pvh chaos shutdown grub-pvh ;;
esac
# shellcheck disable=SC2119
finish --wait 15
