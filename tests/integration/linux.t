#!/bin/sh
# Guests that nobody here wrote: Debian's kernel as packaged, as PV and as PVH, and GRUB's PV image, each
# seen and spoken to through `chaos console`.
# lab: --timeout 600
# needs: guest-assets
# shellcheck source=tests/integration/lib.sh
. /src/tests/integration/lib.sh
ASSETS=/src/build/assets

baseline
for type in pv pvh; do
    cat >"debian-$type.yaml" <<END
type: $type
kernel: $ASSETS/vmlinuz
ramdisk: $ASSETS/initramfs-guest.gz
cmdline: console=hvc0
memory: 128MiB
vcpus: 2
END
done
printf 'type: pv\nkernel: %s\nmemory: 64MiB\n' "$ASSETS/grub-x86_64-xen.bin" >grub.yaml

# start NAME: a VM, and a reader of its console; what is written to NAME.in is typed there.
start() {
    ok "create $1" chaos create "$1.yaml"
    mkfifo "$1.in"
    chaos console "$1" <"$1.in" >"$1.out" 2>"$1.err" &
}
start debian-pv
pv_pid=$!
exec 3>debian-pv.in
start debian-pvh
pvh_pid=$!
exec 4>debian-pvh.in
start grub
grub_pid=$!
exec 5>grub.in

# until its output matches; emulated, a kernel takes its time.
says() {
    if until_true 180 grep -qaE -- "$2" "$1.out"; then
        tap_result 0 "$3"
    else
        tap_result 1 "$3" || {
            diag "$1 says nothing that matches $2; its last lines:"
            tail -n 30 "$1.out" | cat -v | sed 's/^/# /'
        }
    fi
}

says grub 'Welcome to GRUB' "GRUB greets"
says grub '^.?grub> ' "... and has its prompt"
# shellcheck disable=SC2016
printf 'set a=right\recho it is $a\r' >&5
says grub 'it is right' "... it carries out what is typed"
printf 'halt\r' >&5
wait $grub_pid
like "$(cat grub.err)" "^chaos console: domain $(id_of grub) has ended: poweroff$" "... and ends when told to"

for type in pv pvh; do
    [ $type = pv ] && in=3 || in=4
    says debian-$type 'Linux version 6\.1\.' "Debian as $type: the kernel's first line"
    says debian-$type "guest: up \(6\.1\..*, $type\)" "... it is up, and knows what it is"
    # shellcheck disable=SC2016
    echo 'echo release=$(uname -r) cpus=$(nproc)' >&"$in"
    says debian-$type 'release=6\.1\.[0-9]+-[0-9]+-amd64 cpus=2' "... its shell takes commands, on 2 vCPUs"
    # shellcheck disable=SC2016
    echo 'echo memory=$(awk "/MemTotal/ {print int(\$2 / 1024)}" /proc/meminfo)' >&"$in"
    says debian-$type 'memory=([6-9][0-9]|1[0-2][0-9])[^0-9]' "... and have the memory given"
    is "$(chaos info debian-$type | sed -n 's/^vcpus: //p' | head -n 1)" 2 "... chaos shows both vCPUs"
done

echo 'poweroff -f' >&3
echo 'echo c >/proc/sysrq-trigger' >&4
wait $pv_pid
is "$? $(cat debian-pv.err)" "0 chaos console: domain $(id_of debian-pv) has ended: poweroff" "poweroff -f ends the PV guest"
wait $pvh_pid
is "$? $(cat debian-pvh.err)" "0 chaos console: domain $(id_of debian-pvh) has ended: crash" "a kernel panic ends the PVH guest"
is "$(state_of debian-pv) $(state_of debian-pvh)" "poweroff crash" "... list shows how"
ok "wait follows the policies" chaos wait debian-pv debian-pvh
ok "wait follows GRUB's, too" chaos wait grub
finish
