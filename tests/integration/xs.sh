# shellcheck shell=sh
# What tests beside a XenStore share. Source it after lib.sh. Helpers, no tests:
#   xs_start c|ocaml                  XenStore's daemon, xenconsoled, a bridge br0 (10.0.0.1/16 is Dom0), and what exists
#                                     then is the oracle's baseline, XenStore's nodes among it
#   xs_restart c|ocaml                the daemon anew, and xenconsoled; what it held is gone, but for what there is of Dom0
#   xs_serve                          DHCP and a web server for the guests in br0: http://10.0.0.1/file, whose SHA-256 is
#                                     $FILE_SUM
#   xs_disk NAME                      a copy of Debian's disk, NAME.img
#   debian_yaml NAME TYPE [LINE...]   writes NAME.yaml: Debian on NAME.img with an interface in br0; LINEs go to the end
#   debian_cfg NAME TYPE [LINE...]    the same as xl's NAME.cfg
#   xl_ready                          xl has made and destroyed a VM: what it leaves for good is there
#   talk NAME COMMAND [ARG...]        runs a command that shows the console of NAME; it is written to NAME.out
#   type_line NAME TEXT               types a line there
#   hush NAME                         ends the command
#   said NAME REGEX                   whether the console has said that
#   traced COMMAND...                 runs a command under strace: ./trace, ./out, ./err
#   messages                          how many requests for XenStore there are in ./trace
#   xl_console NAME                   prints the terminal that xenconsoled has for a VM, and takes lines to type
# Tests:
#   says NAME REGEX DESCRIPTION       the console comes to say it, within seven minutes
#   debian_works NAME                 it has an address, asks for a name, lets root in, and fetches the file unharmed



xs_start() {
    lab-xl start --xenstored "$1" || bail "no XenStore"
    ip link add br0 type bridge forward_delay 0 || bail "no bridge br0"
    ip link set br0 up
    ip addr add 10.0.0.1/16 dev br0 || bail "br0 has no address"
    rebase
}

xs_restart() {
    lab-xl restart --xenstored "$1"
    # It hears of ends from xenstored alone, and does not look for the next one.
    kill "$(cat /run/xenconsoled.pid)"
    until_true 10 sh -c '! pidof xenconsoled'
    xenconsoled --log=all --log-dir=/var/log/xen/console --pid-file=/run/xenconsoled.pid
    # What Dom0's kernel wrote when it booted.
    for xs_feature in poweroff reboot suspend; do
        xenstore-write "/local/domain/0/control/feature-$xs_feature" 1
    done
}

xs_serve() {
    mkdir -p "$T/www"
    dd if=/dev/urandom of="$T/www/file" bs=64k count=24 2>/dev/null
    FILE_SUM=$(sha256sum <"$T/www/file" | cut -d ' ' -f 1)
    busybox httpd -h "$T/www"
    {
        printf 'start 10.0.1.1\nend 10.0.1.200\ninterface br0\nlease_file %s\npidfile %s\n' "$T/leases" "$T/udhcpd.pid"
        printf 'option subnet 255.255.0.0\noption lease 3600\n'
    } >"$T/udhcpd.conf"
    : >"$T/leases"
    busybox udhcpd "$T/udhcpd.conf"
    rebase
}

xs_disk() {
    cp "$ASSETS/debian.img" "$T/$1.img"
}

debian_yaml() {
    xs_name=$1
    cat >"$T/$1.yaml" <<END
type: $2
kernel: $ASSETS/vmlinuz
ramdisk: $ASSETS/initrd-disk.gz
cmdline: root=/dev/xvda console=hvc0
memory: 160MiB
vifs:
  - bridge: br0
vbds:
  - target: $T/$1.img
END
    shift 2
    printf '%s\n' "$@" >>"$T/$xs_name.yaml"
}

debian_cfg() {
    xs_name=$1
    cat >"$T/$1.cfg" <<END
name = "$1"
type = "$2"
kernel = "$ASSETS/vmlinuz"
ramdisk = "$ASSETS/initrd-disk.gz"
root = "/dev/xvda"
extra = "console=hvc0"
memory = 160
vif = ["bridge=br0"]
disk = ["$T/$1.img,raw,xvda,rw"]
END
    shift 2
    printf '%s\n' "$@" >>"$T/$xs_name.cfg"
}

xl_ready() {
    printf 'name = "first"\ntype = "pv"\nkernel = "%s/noop"\nmemory = 8\n' "$GUESTS" >"$T/first.cfg"
    xl create -q "$T/first.cfg" || bail "xl makes no VM"
    xl destroy first || bail "xl destroys no VM"
    until_true 15 xl_gone
    rebase
}

xl_gone() {
    ! pidof xl
}

talk() {
    xs_name=$1
    shift
    mkfifo "$T/$xs_name.in"
    "$@" <"$T/$xs_name.in" >"$T/$xs_name.out" 2>"$T/$xs_name.err" &
    echo $! >"$T/$xs_name.pid"
    # Somebody has the pipe open for writing until hush: else the command's input would end with the first line.
    sleep 100000 >"$T/$xs_name.in" &
    echo $! >"$T/$xs_name.holder"
}

type_line() {
    printf '%s\n' "$2" >"$T/$1.in"
}

hush() {
    kill "$(cat "$T/$1.holder")" "$(cat "$T/$1.pid")" 2>/dev/null
    wait "$(cat "$T/$1.holder")" "$(cat "$T/$1.pid")" 2>/dev/null
    rm -f "$T/$1.in"
}

said() {
    tr -d '\r' <"$T/$1.out" | grep -qaE -- "$2"
}

traced() {
    strace -f -xx -s 200000 -o trace "$@" >out 2>err </dev/null || diag "failed: $* $(cat err)"
}

messages() {
    awk '
        function digit(hex, at) { return index("0123456789abcdef", substr(hex, at, 1)) - 1 }
        function byte(hex) { return digit(hex, 1) * 16 + digit(hex, 2) }
        / sendto\(.*MSG_NOSIGNAL/ { # to chaosd, too: those messages begin otherwise
            sub(/^[^"]*"/, ""); sub(/".*/, "")
            if (/^\\x63\\x68\\x61\\x6f/) next
            n = split($0, hex, /\\x/) - 1
            for (at = 2; at <= n; at += 16 + len) {
                len = byte(hex[at + 12]) + 256 * byte(hex[at + 13])
                count++
            }
        }
        END { print count + 0 }' trace
}

xl_console() {
    xs_tty=$(xenstore-read "/local/domain/$(xl domid "$1")/console/tty") || return 1
    busybox stty -F "$xs_tty" raw -echo
    cat "$xs_tty" &
    xs_cat=$!
    trap 'kill $xs_cat' EXIT
    trap 'exit 0' TERM
    while read -r xs_line; do
        printf '%s\r' "$xs_line" >"$xs_tty"
    done
}

# heard NAME REGEX SECONDS: by the clock, and looked for rarely: each look takes time from the guest.
heard() {
    heard_by=$(($(date +%s) + $3))
    until said "$1" "$2"; do
        [ "$(date +%s)" -lt "$heard_by" ] || return 1
        sleep 0.5
    done
}

says() {
    if heard "$1" "$2" 420; then
        tap_result 0 "$3"
    else
        tap_result 1 "$3" || {
            diag "$1 says nothing that matches $2; its last lines:"
            tail -n 30 "$T/$1.out" | cat -v | sed 's/^/# /'
            sed 's/^/# stderr: /' "$T/$1.err"
        }
    fi
}

debian_works() {
    # GRUB leaves no line's end behind, and a quiet kernel says nothing.
    says "$1" 'guest: eth0 is 10\.0\.1\.' "$1: the guest has an address by DHCP"
    says "$1" '^debian login:' "$1: ... and asks who logs in"
    type_line "$1" root
    says "$1" '^root@debian:~# ' "$1: ... lets root in"
    type_line "$1" 'wget -q -O - http://10.0.0.1/file | sha256sum | sed "s/^/sum /"'
    says "$1" "^sum $FILE_SUM " "$1: ... and fetches a file as it is"
}
