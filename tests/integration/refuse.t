#!/bin/sh
# Each way in which the command can fail: message, exit status, and nothing left behind.
# lab: --timeout 300
# shellcheck source=tests/integration/lib.sh
. /src/tests/integration/lib.sh

baseline
vm noop noop
vm hello hello

# The command line.
usage() {
    chaos_regex=$1
    shift
    told 2 "$chaos_regex" "chaos $*" chaos "$@"
}
usage '^Usage: chaos '
usage 'no such command: "frob"' frob
usage 'no such command: "frob"' help frob
usage 'which configuration file\?' create
usage 'one configuration file at a time' create noop.yaml hello.yaml
usage '"0" is not a number from 1 to 32000' create -n 0 noop.yaml
usage '"3x" is not a number' create -n 3x noop.yaml
usage '-c takes one VM, and starts it' create -c -n 2 noop.yaml
usage '-c takes one VM, and starts it' create -c -p noop.yaml
usage '"a b" cannot name a VM' create --name 'a b' noop.yaml
usage '"17" cannot name a VM' create --name 17 noop.yaml
usage 'cannot name a VM' create --name "$(printf '%064d' 0 | tr 0 x)" noop.yaml
long=$(printf '%060d' 0 | tr 0 x)
usage "\"$long-1000\" cannot name a VM .at most 63" create -n 1000 --name "$long" noop.yaml
cp noop.yaml "$long-and-more.yaml"
usage "\"$long-and-more\" cannot name a VM .*at most 63.*another with --name" create "$long-and-more.yaml"
usage "'--frob'" list --frob
usage 'list takes no arguments' list 1
usage 'sweep takes no arguments' sweep 1
usage '"xml" is neither table nor json' list --format xml
usage '"xml" is neither text nor json' info --format xml 1
usage '"xml" is neither text nor json' list --log-format xml
usage 'which domain\?' info
usage 'which domain\?' console 1 2
usage 'which domains\?' pause
usage 'which domains\? .*or --all' destroy
usage 'either --all or names' destroy --all 1
usage 'which domains\?' wait
usage '"soon" is not a number of seconds' wait --timeout soon 1
clean "misuse"

# Configuration and files.
refused 3 'no-such.yaml: No such file' "no configuration file" chaos create no-such.yaml
printf 'kernel: /x\nmemory: 1MiB\nmemroy: 2MiB\n' >bad.yaml
refused 3 '^chaos create: bad.yaml:3:1: memroy: ' "an unknown key" chaos create bad.yaml
refused 3 'memory: "12Q" is not a size \(try ' "a bad override" chaos create --set memory=12Q noop.yaml
refused 9 "^chaos create: .*/no-such-kernel: No such file or directory" "a missing kernel" \
    chaos create --set kernel=/no-such-kernel noop.yaml
refused 9 "/no-such-ramdisk: No such file or directory" "a missing ramdisk" \
    chaos create --set ramdisk=/no-such-ramdisk noop.yaml
refused 9 'noop.yaml: not a kernel: ' "a kernel that is no ELF file" chaos create --set kernel=noop.yaml noop.yaml
refused 9 '/: is not a regular file' "a kernel that is a folder" chaos create --set kernel=/ noop.yaml
size=$(stat -c %s "$GUESTS/noop")
for part in 10 63 200 $((size / 2)); do
    head -c "$part" "$GUESTS/noop" >truncated
    refused 9 'truncated: not a kernel: ' "an ELF file cut off after $part of $size bytes" \
        chaos create --set kernel=truncated noop.yaml
done
: >empty
refused 9 'empty: not a kernel: ' "an empty kernel" chaos create --set kernel=empty noop.yaml
refused 10 'console.log: /no-such-dir .*No such file' "a log in a folder that is not there" \
    chaos create --set console.log=/no-such-dir/log noop.yaml
head -c 2000000 /dev/zero >ramdisk
for type in pv pvh; do
    refused 3 'memory: 1024 KiB is too little .* at least [0-9]+ KiB' "$type: a ramdisk that does not fit" \
        chaos create --set "type=$type" --set ramdisk=ramdisk noop.yaml
done

# Domains that are not there.
for verb in info console pause unpause destroy wait; do
    told 4 "^chaos $verb: no domain \"x\"; 'chaos list' shows all\$" "$verb of what is not there" chaos $verb x
    told 4 '^chaos .*: no domain "4000"' "$verb of an id that is not there" chaos $verb 4000
done
told 4 'Dom0 itself' "Dom0 is out of bounds" chaos destroy 0
clean "looking for what is not there"

# No memory: much too much, and a little too much.
free_mib() {
    chaos version | sed -n 's/.* \([0-9]*\) of [0-9]* MiB free$/\1/p'
}
for type in pv pvh; do
    free=$(free_mib)
    for need in 65536 $((free + 64)); do
        refused 6 "the guest needs $need MiB and the hypervisor has [0-9]+ MiB free" \
            "$type: $need MiB where $free MiB are free" \
            chaos create --set "type=$type" --set "memory=${need}MiB" noop.yaml
        told=$(echo "$ERR" | sed 's/.*has \([0-9]*\) MiB free.*/\1/')
        # Xen's tables for such a guest are not free.
        ok "... the figure is right: $told MiB" test "$told" -ge $((free - 8 - need / 128)) -a "$told" -le "$free"
    done
    status 6 "$type: -n until memory ends" chaos create -n 20 --set "type=$type" --set "memory=$((free / 4))MiB" noop.yaml
    is "$(echo "$OUT" | grep -c .)" "$(chaos list -q | wc -l)" "... those made are told, and run"
    like "$ERR" "$(chaos list -q | wc -l) of 20 were created and run on" "... and are counted"
    ok "... and destroyed" chaos destroy --all
    clean "$type: memory given back"
done

# The hypervisor says no.
refused 7 'hypervisor refused setvcpuaffinity .*errno 22' "a CPU that is not there" chaos create --set cpus=900 noop.yaml

# The registry: full, read-only, not a folder.
registry_on() {
    mkdir -p /run/chaos
    mount -t tmpfs -o "$1" registry /run/chaos || bail "no tmpfs"
    chaos list >/dev/null || bail "no registry"
}
cannot_create() {
    status 10 "$2" chaos create noop.yaml
    like "$ERR" "registry: .*$1" "... is told"
    is "$(names)$(find /run/chaos ! -type d ! -name fill)" "" "... makes no VM and leaves no file"
}
registry_on size=64k
dd if=/dev/zero of=/run/chaos/fill bs=1k 2>/dev/null
cannot_create 'No space left on device' "/run is full"
rm /run/chaos/fill
ok "... with room again it works" chaos create noop.yaml
dd if=/dev/zero of=/run/chaos/fill bs=1k 2>/dev/null
ok "destroy works where /run is full" chaos destroy noop
umount /run/chaos
clean "/run is full"
registry_on nr_inodes=4
: >/run/chaos/fill
cannot_create 'No space left on device' "/run takes no more files"
rm /run/chaos/fill
cannot_create 'No space left on device' "/run has room for the record but not for the name"
umount /run/chaos
clean "/run takes no more files"
registry_on size=64k
mount -o remount,ro /run/chaos
cannot_create 'Read-only file system' "/run is read-only"
umount /run/chaos
clean "/run is read-only"
refused 10 'registry: .*Not a directory' "a registry that is a file" chaos list --run-dir "$T/noop.yaml"

# Not root, no Xen, nobody who reads.
echo 'nobody:x:65534:65534:nobody:/:/bin/sh' >>/etc/passwd
refused 12 'run as root' "not root" su -s /bin/sh nobody -c "$(command -v chaos) list"
# shellcheck disable=SC2317 # called by way of ok and refused
without_xen() {
    # shellcheck disable=SC2016
    unshare -m sh -c 'mount -t tmpfs none /dev/xen && mount -t tmpfs none /proc/xen && exec "$@"' - "$@"
}
refused 8 '^chaos list: this is not a Xen control domain' "list without Xen" without_xen chaos list
refused 8 '^chaos create: this is not a Xen control domain' "create without Xen" without_xen chaos create noop.yaml
ok "--dry-run without Xen" without_xen chaos create --dry-run noop.yaml
ok "version without Xen" without_xen chaos version
is "$(echo "$OUT" | wc -l)" 1 "... is that of chaos alone"
refused 10 'cannot write the output: No space left' "a full disk behind standard output" sh -c 'chaos list >/dev/full'
finish
