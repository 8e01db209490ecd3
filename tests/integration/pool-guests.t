#!/bin/sh
# Every kind of guest out of the pool: unikernels, unikernels with an interface, Debian's kernel, GRUB; PV and PVH.
# The same files with chaosd stopped; Debian and GRUB without it are linux.t's.
# lab: --xen noxs --memory 6144 --timeout 900
# needs: guest-assets
# shellcheck source=tests/integration/pool.sh
. /src/tests/integration/pool.sh

devices_start
devices_baseline
for type in pv pvh; do
    vm "hello-$type" hello "type: $type" 'cmdline: said by the guest' 'tsc_mode: native'
    net_vm "day-$type" daytime $type br0 "10.0.0.$([ $type = pv ] && echo 2 || echo 3)/16"
    net_vm "odd-$type" daytime $type br1 10.0.0.9/16 'mac: 02:00:00:00:00:07'
    printf 'type: %s\nkernel: %s\nramdisk: %s\ncmdline: console=hvc0\nmemory: 128MiB\n' $type \
        "$ASSETS/vmlinuz" "$ASSETS/initramfs-guest.gz" >"debian-$type.yaml"
done
printf 'type: pv\nkernel: %s\nmemory: 64MiB\n' "$ASSETS/grub-x86_64-xen.bin" >grub-pv.yaml
vm many noop 'type: pv'

flavour() {
    printf '  - flavour: %s\n    type: %s\n    memory: %s\n    target: %s\n' "$1" "$2" "$3" "$4"
    [ $# -lt 5 ] || printf '    vifs:\n      - bridge: %s\n' "$5"
}
{
    echo 'pools:'
    flavour hello-pv pv 1MiB 64
    flavour hello-pvh pvh 1MiB 2
    for type in pv pvh; do
        flavour day-$type $type 4MiB 2 br0
        flavour debian-$type $type 128MiB 1
    done
    flavour grub-pv pv 64MiB 1
} >chaosd.yaml

# made HOW NAME: creates NAME, and looks how that was done.
made() {
    ok "$1: create $2" chaos create -v "$2.yaml"
    if [ "$1" = pool ]; then
        like "$ERR" '^  take ' "... from the pool"
        unlike "$ERR" '^  (domain|memory) ' "... which had it ready"
    else
        unlike "$ERR" '^  take ' "... without the pool"
        like "$ERR" '^  domain ' "... from nothing"
    fi
}

# says NAME REGEX DESCRIPTION: its console comes to say so; emulated, a kernel takes its time.
says() {
    if until_true 180 sh -c "chaos console --dump $1 >>$1.out; grep -qaE -- '$2' $1.out"; then
        tap_result 0 "$3"
    else
        tap_result 1 "$3" || tail -n 30 "$1.out" | cat -v | sed 's/^/# /'
    fi
}

unikernels() {
    rm -f ./*.out
    for type in pv pvh; do
        made "$1" hello-$type
        says hello-$type 'said by the guest' "... it has its command line"
        says hello-$type '^hello: tsc mode 2, not emulated' "... and reads the processor's own TSC"
        made "$1" day-$type
        address=10.0.0.$([ $type = pv ] && echo 2 || echo 3)
        ok "... it answers ping" pings "$address"
        is "$(dates "$address" 20)" 20 "... and 20 times tells the right date"
        mac=$(chaos device list day-$type | sed -n 's/.* mac \([0-9a-f:]*\) .*/\1/p')
        like "$(ip neigh show "$address")" "lladdr $mac " "... under its own address"
    done
    ok "$1: create -n 100" chaos create -v -n 100 many.yaml
    is "$(printf '%s\n' "$ERR" | grep -c '^  unpause ')" 100 "... makes 100"
    count=$(printf '%s\n' "$ERR" | grep -c '^  domain ')
    if [ "$1" = pool ]; then
        ok "... $((100 - count)) of them from the pool" [ "$count" -le 40 ]
    else
        is "$count" 100 "... all of them from nothing"
    fi
    ok "destroy all" chaos destroy --all
}

kernels_quiet before
unikernels direct
clean direct
kernels_quiet direct

chaosd_start
ok "the pool fills" full
unikernels pool
ok "the pool fills again" full

# An interface in another bridge is another kind; one with an address of its own is not.
made direct odd-pv
ok "destroy" chaos destroy odd-pv
sed -i 's/br1/br0/' odd-pv.yaml odd-pvh.yaml
for type in pv pvh; do
    made pool odd-$type
    ok "... it answers ping" pings 10.0.0.9
    like "$(ip neigh show 10.0.0.9)" 'lladdr 02:00:00:00:00:07 ' "... under the address that was asked for"
    ok "destroy" chaos destroy odd-$type
    ip neigh flush dev br0
done
for name in grub-pv debian-pv debian-pvh; do
    made pool $name
done
says grub-pv 'grub> ' "GRUB has its prompt"
for type in pv pvh; do
    says debian-$type "guest: up \\(6\\.1\\..*, $type\\)" "Debian as $type is up, and knows what it is"
done
ok "destroy all" chaos destroy --all
kernels_quiet pool
chaosd_stop
rm -rf /run/chaos/pool /run/chaos/chaosd.lock
ip neigh flush dev br0
finish
