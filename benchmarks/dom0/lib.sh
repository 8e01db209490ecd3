# shellcheck shell=sh
# What the scripts in this folder share. They run in Dom0, as root, and print one JSON document on standard output.
#
#   quiet_console             a console as Debian boots it: a bridge logs three lines for each port
#   guests                    copies the guests to $GUESTS: kernels on a local file system, as on a real host; and
#                             fork+exec's two programs
#   programs                  copies the programs, too, and takes them from there: /src is a shared folder, which waits
#                             for the host
#   modules                   noxs' modules
#   network [BRIDGES]         noxs' modules and bridges br0 ... with Dom0's address 10.0.0.1/16 in the first
#   versions                  prints {"xen": …, "kernel": …, "chaos": …}
#   pool_start FILE COUNT     chaosd with this configuration, and COUNT shells idle
#   pool_stop
set -eu
export GUESTS=/tmp/guests
FORK_EXEC=/tmp/guests/true

quiet_console() {
    dmesg -n 4
}

guests() {
    mkdir -p "$GUESTS"
    for guest in /src/build/guests/*; do
        [ ! -f "$guest" ] || cp "$guest" "$GUESTS/"
    done
    cp /src/build/bin/bench-true "$FORK_EXEC"
    mkdir -p /tmp/bin
    cp /src/build/bin/bench-parent /tmp/bin/
    PATH=/tmp/bin:$PATH
}

programs() {
    mkdir -p /tmp/bin
    cp /src/build/bin/bench-* /src/build/bin/chaos /src/build/bin/chaosd /tmp/bin/
    export PATH="/tmp/bin:$PATH"
}

modules() {
    for module in noxs noxs-netback noxs-blkback; do
        [ -d "/sys/module/$(echo $module | tr - _)" ] || insmod "/src/build/modules/$module.ko"
    done
}

network() {
    modules
    i=0
    while [ "$i" -lt "${1:-1}" ]; do
        ip link add "br$i" type bridge
        ip link set "br$i" up
        i=$((i + 1))
    done
    ip addr add 10.0.0.1/16 dev br0
    # One address more in the neighbour table for each guest.
    sysctl -qw net.ipv4.neigh.default.gc_thresh3=16384 net.ipv4.neigh.default.gc_thresh2=16384 \
        net.ipv4.neigh.default.gc_thresh1=16384
}

versions() {
    chaos version | awk -v kernel="$(uname -r)" '
        /^chaos / { chaos = $2 }
        /^xen / { xen = $2; sub(/,/, "", xen) }
        END { printf "{\"xen\": \"%s\", \"kernel\": \"%s\", \"chaos\": \"%s\"}", xen, kernel, chaos }'
}

pool_start() {
    chaosd --config "$1" &
    chaosd=$!
    i=0
    until chaos pool status 2>/dev/null | grep -q " $2 of $2 idle"; do
        i=$((i + 1))
        [ "$i" -lt 1000 ] || exit 1
        sleep 0.05
    done
}

pool_stop() {
    kill "$chaosd"
    wait "$chaosd" || true
}
