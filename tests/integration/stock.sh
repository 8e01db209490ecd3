# shellcheck shell=sh
# Guests as they are, on Debian's own hypervisor: its kernel with its own front ends and its files on a disk, as PV and as
# PVH, over XenStore, beside one that xl made. And GRUB as a kernel, which finds another one on the disk. Of each the same
# is asked. stock.t runs this with Xen's own XenStore daemon, stock-ocaml.t with Debian's. Usage: stock.sh c|ocaml
# shellcheck source=tests/integration/lib.sh
. /src/tests/integration/lib.sh
# shellcheck source=tests/integration/xs.sh
. /src/tests/integration/xs.sh

# xl's guest is the one that all others are compared with.
case $1 in
c) xl_type=pv grub=grub-x86_64-xen.bin grub_type=pv ;;
ocaml) xl_type=pvh grub=grub-i386-xen_pvh.bin grub_type=pvh ;;
esac

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
    ok "$xs_name: ... it powers off" timeout 90 chaos wait "$xs_name"
    nok "$xs_name: ... and is no more" chaos info "$xs_name"
    hush "$xs_name"
}

xs_start "$1"
xs_serve
xl_ready

for type in pv pvh; do
    xs_disk $type
    debian_yaml $type $type 'devices: xenstore'
    ok "$type: chaos create" chaos create $type.yaml || bail "no guest: $ERR"
    talk $type chaos console $type
done
for name in pv pvh; do
    debian_works $name
    lives $name
done
ends pv chaos shutdown pv
ends pvh xl shutdown pvh
clean "two guests have come and gone"

xs_disk grub
debian_yaml grub "$grub_type" 'devices: xenstore'
sed -i -e "s|^kernel: .*|kernel: $ASSETS/$grub|" -e '/^ramdisk: /d' -e '/^cmdline: /d' grub.yaml
ok "grub: chaos create, with $grub for a kernel" chaos create grub.yaml
talk grub chaos console grub
says grub "GRUB loads Debian's kernel from the disk" "grub: it finds its menu on the disk"
debian_works grub
ends grub chaos shutdown grub

xs_disk xl
debian_cfg xl "$xl_type"
ok "xl create" xl create -q xl.cfg
talk xl xl_console xl
debian_works xl
ok "xl: chaos shutdown --foreign" chaos shutdown --foreign "$(xl domid xl)"
hush xl
ok "xl: ... and xl's process for it ends" until_true 60 xl_gone
# shellcheck disable=SC2119
finish --wait 15
