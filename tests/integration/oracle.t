#!/bin/sh
# lab: --timeout 120
# The leak oracle itself: it must see one of each kind of thing that can be left behind, or the other tests'
# last line means nothing.
# shellcheck source=tests/integration/lib.sh
. /src/tests/integration/lib.sh

# sees REGEX: the oracle finds exactly that difference to the baseline.
sees() {
    status 1 "it sees: $2" chaos-oracle check --wait 0.1 "$TAP_DIR/baseline"
    like "$OUT" "$1" "... and says so"
    is "$(echo "$OUT" | wc -l)" "${3:-1}" "... and nothing else"
}

cat >"$TAP_DIR/vm.yaml" <<'END'
name: leaked
type: pv
kernel: /src/build/guests/noop
memory: 2MiB
END
modprobe dummy numdummies=0
mkdir -p /run/chaos

ok "nothing has happened: clean" chaos-oracle check --wait 0 "$TAP_DIR/baseline"

ok "create a domain" chaos create "$TAP_DIR/vm.yaml"
status 1 "it sees: a domain" chaos-oracle check --wait 0.1 "$TAP_DIR/baseline"
like "$OUT" 'domain [0-9]+: was 0, is 1' "... by its number"
like "$OUT" 'free pages: .*\([0-9]{3} missing\)' "... its pages"
like "$OUT" 'file /run/chaos/.*: was 0, is 1' "... its files"
ok "destroy it" chaos destroy leaked
ok "clean again" chaos-oracle check --slack 2 "$TAP_DIR/baseline"

touch /run/chaos/left
sees 'file /run/chaos/left: was 0, is 1' "a file of chaos"
rm /run/chaos/left

ip link add left0 type dummy
sees 'interface left0: was 0, is 1' "an interface"
ip link del left0

ip link add br9 type bridge
ip link add left0 type dummy
rebase
ip link set left0 master br9
sees 'bridge port left0 of br9: was 0, is 1' "a bridge port"
ip link set left0 nomaster
ok "clean after taking it out" chaos-oracle check "$TAP_DIR/baseline"
ip link del left0
ip link del br9
rebase

dd if=/dev/zero of="$TAP_DIR/image" bs=64k count=1 2>/dev/null
losetup /dev/loop7 "$TAP_DIR/image"
sees 'loop device of .*/image: was 0, is 1' "a loop device"
losetup -d /dev/loop7

mkdir "$TAP_DIR/mnt"
mount -t tmpfs left "$TAP_DIR/mnt"
sees 'mount on .*/mnt: was 0, is 1' "a mount"
umount "$TAP_DIR/mnt"

mkfifo /tmp/tap-never
cp /bin/bash "$TAP_DIR/chaosd"
"$TAP_DIR/chaosd" -c 'read -r _ </tmp/tap-never' </dev/null >/dev/null 2>&1 7</dev/xen/evtchn &
pid=$!
until_true 2 sh -c "grep -qx chaosd /proc/$pid/comm"
status 1 "it sees: a process" chaos-oracle check --wait 0.1 "$TAP_DIR/baseline"
like "$OUT" 'process chaosd: was 0, is 1' "... by its name"
like "$OUT" 'open file of chaosd: /dev/xen/evtchn: was 0, is 1' "... its open files"
kill "$pid"
wait "$pid"

lab-xl start
status 1 "it sees: event channels of Dom0" chaos-oracle check --wait 0.1 "$TAP_DIR/baseline"
like "$OUT" 'event channel .*: was [0-9]+, is [0-9]+' "... by their kind"
rebase

# The time to settle is used: the difference goes while the oracle waits.
touch /run/chaos/soon
(sleep 1 && rm /run/chaos/soon) &
ok "it waits for what is being torn down" chaos-oracle check "$TAP_DIR/baseline"
wait

status 2 "a baseline that is not there: an error, not a difference" chaos-oracle check /no/such/file
# shellcheck disable=SC2119
finish
