#!/bin/sh
# A disk has one writer. Two VMs that write to one file, by whatever name, or a VM and Dom0 itself, destroy its file
# system; each such attempt is refused with status 11, with a word about who has the disk, and leaves nothing behind.
# And files that are no disk as they are.
# lab: --xen noxs --timeout 300
# shellcheck source=tests/integration/lib.sh
. /src/tests/integration/lib.sh

devices_start
baseline
truncate -s 1M disk.img

# disk NAME TARGET MODE [LINE...]: writes NAME.yaml, a VM with one disk; LINEs are keys of the disk
disk() {
    disk_name=$1 disk_target=$2 disk_mode=$3
    vm "$disk_name" noop vbds: "  - target: $disk_target" "    mode: $disk_mode"
    shift 3
    for disk_line in "$@"; do
        echo "    $disk_line" >>"$disk_name.yaml"
    done
}

# busy REGEX DESCRIPTION COMMAND...: refused for want of the disk, while VMs run
busy() {
    told 11 "$@"
    ! names | grep -qw b || diag "b is there"
}

# Modes, and names of the same file.
ln -s disk.img symbolic.img
ln disk.img hard.img
disk a "$T/disk.img" rw
ok "a VM that writes" chaos create a.yaml
for target in disk.img symbolic.img hard.img; do
    for mode in rw ro shared; do
        disk b "$T/$target" $mode
        busy '"a" has it' "$target, $mode" chaos create b.yaml
    done
done
ok "the first VM still has it" chaos device list a
like "$OUT" "^vbd .* xvda 1024 KiB rw" "... as it was"
vm c noop
chaos create c.yaml >/dev/null
busy '"a" has it' "device add" chaos device add c vbd target=disk.img
busy '"a" has it' "device add to the VM that has it" chaos device add a vbd target=hard.img,mode=ro
is "$(chaos device list c | wc -l)" 1 "... leaves no device"
losetup -f hard.img
LOOP=$(losetup -a | sed -n 's/:.*hard.img.*//p')
disk b "$LOOP" rw
busy '"a" has it' "a loop device of the same file" chaos create b.yaml
chaos destroy a
told 11 'shows the same file' "without the VM, too, as the loop device is there" chaos create a.yaml
ok "... but the loop device itself is a disk" chaos create b.yaml
disk d "$LOOP" rw
told 11 '"b" has it' "... of one VM" chaos create d.yaml
told 11 '"b" has it' "... so that the file is not free" chaos create a.yaml
chaos destroy b
losetup -d "$LOOP"
ok "then it is free" chaos create a.yaml
chaos destroy a
chaos destroy c
clean "modes and names"

# Readers go with each other.
disk a "$T/disk.img" ro
ok "three VMs that read" chaos create -n 3 a.yaml
disk b "$T/disk.img" rw
busy '"a-[123]" has it' "... exclude one that writes" chaos create b.yaml
for n in 1 2 3; do chaos destroy a-$n; done
clean "readers"
told 3 'vbds\[0\].mode: 2 VMs cannot write to the same disk' "-n with a disk that is written to" chaos create -n 2 b.yaml
disk a "$T/disk.img" shared
ok "VMs that share" chaos create -n 2 a.yaml
busy '"a-[12]" has it' "... exclude one that does not" chaos create b.yaml
for n in 1 2; do chaos destroy a-$n; done
vm e noop vbds: "  - target: $T/disk.img" "  - target: $T/hard.img" "    mode: ro"
refused 3 'vbds\[1\].target: .* is the disk of vbds\[0\], too' "two disks of one VM on one file" chaos create e.yaml

# Block devices, and what Dom0 has mounted.
modprobe ext4
mkdir mnt
truncate -s 64M big.img
LOOP=$(losetup -f)
losetup "$LOOP" big.img
mke2fs "$LOOP" >/dev/null
losetup -d "$LOOP"
cp "$TAP_DIR/baseline" without-mount
mount -t ext4 -o loop,noinit_itable big.img mnt || bail "no file system can be mounted"
until_true 30 sh -c '! grep -qs ext4lazyinit /proc/[0-9]*/comm' # a thread that comes with the first mount
rebase
disk a "$T/big.img" rw
refused 11 "Dom0 has mounted it on $T/mnt" "an image that Dom0 has mounted" chaos create a.yaml
disk a "$T/big.img" ro
refused 11 "Dom0 has mounted it on $T/mnt" "... read-only" chaos create a.yaml
LOOP=$(sed -n "s|^\([^ ]*\) $T/mnt .*|\1|p" /proc/mounts)
disk a "$LOOP" rw
refused 11 "Dom0 has mounted it on $T/mnt" "the device itself" chaos create a.yaml
disk a "$LOOP" shared
ok "... shared insists" chaos create a.yaml
chaos destroy a
umount mnt
losetup -d "$LOOP" 2>/dev/null
mv without-mount "$TAP_DIR/baseline"
mount -t ext4 -o loop,ro big.img mnt
disk a "$T/big.img" ro
ok "both only read" chaos create a.yaml
chaos destroy a
LOOP=$(sed -n "s|^\([^ ]*\) $T/mnt .*|\1|p" /proc/mounts)
disk a "$LOOP" ro
ok "... and so for the device" chaos create a.yaml
chaos destroy a
umount mnt
losetup -d "$LOOP" 2>/dev/null
disk a "$T/big.img" rw
ok "unmounted, it is a disk" chaos create a.yaml
LOOP=$(losetup -a | sed -n 's/:.*big.img.*//p')
nok "... which Dom0 cannot mount" mount -t ext4 "$LOOP" mnt
chaos destroy a
umount mnt 2>/dev/null
# A partition and its disk.
printf '\0\0\2\0\203\0\0\0\200\0\0\0\0\100\0\0' | dd of=big.img bs=1 seek=446 conv=notrunc 2>/dev/null
printf '\125\252' | dd of=big.img bs=1 seek=510 conv=notrunc 2>/dev/null
losetup -P -f big.img
LOOP=$(losetup -a | sed -n 's/:.*big.img.*//p')
if [ -b "${LOOP}p1" ]; then
    disk a "${LOOP}p1" rw
    disk b "$LOOP" rw
    ok "a partition" chaos create a.yaml
    busy '"a" has it' "... and its disk" chaos create b.yaml
    chaos destroy a
    ok "the disk" chaos create b.yaml
    told 11 '"b" has it' "... and its partition" chaos create a.yaml
    chaos destroy b
else
    skip "no partitions of loop devices here"
fi
losetup -d "$LOOP"
clean "block devices"

# A restart needs the disk that its predecessor has.
vm r poweroff 'on_poweroff: restart' vbds: "  - target: $T/disk.img"
chaos create -c r.yaml </dev/null >out 2>err &
pid=$!
lives() {
    [ "$(cat out err | grep -c restarted)" -ge 3 ]
}
ok "three lives with one disk" until_true 60 lives || diag "$(cat out err)"
kill -TERM $pid
wait $pid
gone() {
    chaos destroy r 2>/dev/null
    ! chaos info r >/dev/null 2>&1
}
ok "... and the last can be destroyed" until_true 20 gone
clean "restarts"

# Sizes.
head -c 1000001 /dev/urandom >odd.img
disk a "$T/odd.img" rw
ok "an odd size" chaos create a.yaml
like "$ERR" 'does not see the last 65,.*truncate -s %512' "... is told"
chaos destroy a
for size in 0 300; do
    head -c $size /dev/zero >small.img
    disk a "$T/small.img" rw
    refused 10 "has $size bytes, and a disk at least 512" "$size bytes" chaos create a.yaml
done

# Formats.
vm c noop
chaos create c.yaml >/dev/null
printf 'QFI\373' >qcow2.img
printf '\037\213\010' >gzip.img
for format in qcow2 gzip; do
    truncate -s 1M $format.img
    disk a "$T/$format.img" rw
    told 3 "looks like $format" "$format" chaos create a.yaml
    told 3 "looks like $format" "... device add" chaos device add c vbd target=$format.img
    disk a "$T/$format.img" rw 'format: raw'
    ok "... format: raw" chaos create a.yaml
    chaos destroy a
done
ok "... device add" chaos device add c vbd target=qcow2.img,format=raw
chaos destroy c

# Hot-plugged disks.
disk a "$T/disk.img" ro 'vdev: xvdb'
chaos create a.yaml >/dev/null
ok "the first free name" chaos device add a vbd target=disk.img,mode=ro
told 3 '"xvdb" is vbd 0.s already' "a name that is taken" chaos device add a vbd target=disk.img,mode=ro,vdev=xvdb
n=1
while [ $((n += 1)) -lt 18 ]; do chaos device add a vbd target=disk.img,mode=ro >/dev/null || break; done
is "$(chaos device list a | awk '$1 == "vbd" {print $4}' | sort | tr -d '\n')" \
    "$(printf xvd%s a b c d e f g h i j k l m n o p q r)" "eighteen disks, eighteen names"
chaos destroy a
kernels_quiet "all of it"
finish
