# shellcheck shell=sh
# Beside lib.sh, a Linux guest with noxs' front ends: Debian's stock kernel, which serves its disk over HTTP
# (guest-init). Sourcing it makes initramfs.gz and disk.img, $DISK_MIB (64) MiB of noise whose checksum is $SUM.
#
#   linux_vm NAME TYPE IP [LINE...]   writes NAME.yaml: one vif in br0, one vbd; LINEs are configuration
#   linux_start NAME IP               creates it, attaches; a test of its answering ping
#   linux_attach NAME                 holds its console: what is written to descriptor 3 is typed, what it says is
#                                     added to NAME.out
#   linux_leave                       lets go of the console
#   type_in NAME TEXT REGEX           types TEXT, waits until the console has a further line that matches
#   served IP [BYTES]                 the checksum of what HTTP gives of the disk
#   guest_warnings IP                 how many lines of the guest's kernel log are warnings

DISK_MIB=${DISK_MIB:-64}

linux_prepare() {
    # An archive behind the stock one: its files take the place of those of the same name.
    mkdir -p root/lib
    cp /src/tests/noxs/guest-init root/init
    chmod 755 root/init
    cp "$MODULES"/noxs-front.ko "$MODULES"/noxs-netfront.ko "$MODULES"/noxs-blkfront.ko root/lib/
    (cd root && find . | cpio -o -H newc 2>/dev/null) | gzip -1 | cat "$ASSETS/initramfs-guest.gz" - >initramfs.gz
    rm -r root
    head -c $((DISK_MIB * 1048576)) /dev/urandom >disk.img
    # shellcheck disable=SC2034 # for those who source this
    SUM=$(md5sum <disk.img)
}
linux_prepare

linux_vm() {
    linux_name=$1
    cat >"$linux_name.yaml" <<END
type: $2
kernel: $ASSETS/vmlinuz
ramdisk: initramfs.gz
cmdline: console=hvc0 quiet
memory: 256MiB
vifs:
  - bridge: br0
    ip: $3/16
vbds:
  - target: disk.img
    mode: ro
END
    shift 3
    for linux_line in "$@"; do
        echo "$linux_line" >>"$linux_name.yaml"
    done
}

linux_attach() {
    rm -f "$1.in"
    mkfifo "$1.in"
    chaos console "$1" <"$1.in" >>"$1.out" 2>"$1.err" &
    linux_console=$!
    exec 3>"$1.in"
}

linux_start() {
    ok "$1: create" chaos create "$1.yaml"
    # Somebody has to read its console: Linux waits where the ring is full.
    linux_attach "$1"
    until_true 120 ping -c 1 -W 1 "$2"
    ok "$1: it answers" pings "$2"
}

linux_leave() {
    exec 3>&-
    wait "$linux_console"
}

type_in() {
    linux_lines=$(grep -caE -- "$3" "$1.out")
    echo "$2" >&3
    linux_more() {
        [ "$(grep -caE -- "$1" "$2.out")" -gt "$linux_lines" ]
    }
    until_true 60 linux_more "$3" "$1"
}

served() {
    if [ -n "${2:-}" ]; then
        curl -s --max-time 600 "http://$1/cgi-bin/disk" | head -c "$2" | md5sum
    else
        curl -s --max-time 600 "http://$1/cgi-bin/disk" | md5sum
    fi
}

guest_warnings() {
    curl -s --max-time 60 "http://$1/cgi-bin/dmesg" >dmesg.out
    [ -s dmesg.out ] || echo "no log"
    grep -cE 'WARNING|BUG:|Call Trace|blocked for|general protection' dmesg.out
}
