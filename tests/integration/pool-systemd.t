#!/bin/sh
# chaosd as systemd itself runs its units: a systemd of its own, in namespaces of processes and mounts.
# lab: --xen noxs --timeout 400
# shellcheck disable=SC2016 # quoted for a shell of its own
# shellcheck source=tests/integration/pool.sh
. /src/tests/integration/pool.sh

[ -x /src/build/systemd/usr/bin/systemctl ] || skip_all "built without systemd"
devices_start
devices_baseline
vm noop noop 'type: pv'
pools
# Dom0 has no systemd: what it needs is brought along, and taken away again.
(cd /src/build/systemd && find . -type f) | while read -r file; do
    [ -e "/$file" ] || {
        mkdir -p "/${file%/*}"
        cp "/src/build/systemd/$file" "/$file"
        echo "/$file"
    }
done >added
mkdir -p /etc/chaos /sys/fs/cgroup /etc/systemd/system
for unit in chaosd.service chaosd.socket; do
    sed "s|/usr/local/bin/chaosd|$(command -v chaosd)|" "/src/systemd/$unit" >"/etc/systemd/system/$unit"
done
cp /etc/group group.before 2>/dev/null
printf 'root:x:0:\nchaos:x:990:\n' >/etc/group
echo 0123456789abcdef0123456789abcdef >/etc/machine-id # not this machine's first boot, which would enable all units

# systemd wants to be the first process. /run is everybody's: the test's chaos looks there.
cat >begin <<'END'
set -e
mount --make-rprivate /
mount -t proc proc /proc
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount --bind /run /run
exec env -i PATH="$PATH" container=lab /usr/lib/systemd/systemd --system --unit=basic.target --show-status=no \
    --log-target=kmsg
END
unshare -p -f -m sh begin >systemd.log 2>&1 &
unshare=$!
first_process() {
    tr -d ' ' <"/proc/$unshare/task/$unshare/children"
}
inside() {
    nsenter -t "$(first_process)" -p -m "$@"
}
up() {
    inside systemctl is-active basic.target
}
ok "systemd is up" until_true 120 up || {
    diag "$(cat systemd.log; dmesg | tail -n 20)"
    bail "no systemd"
}
state() {
    inside systemctl show --property "$1" --value "$2"
}
pool_answers() {
    inside chaos pool status
}

ok "chaosd starts without a configuration file" inside systemctl start chaosd.service ||
    diag "$(inside systemctl status chaosd.service; dmesg | tail -n 20)"
is "$(inside chaos pool list | wc -l)" 1 "... and has no pool then"
ok "stop" inside systemctl stop chaosd.service
cp chaosd.yaml /etc/chaos/

ok "start chaosd" inside systemctl start chaosd.service || diag "$(inside systemctl status chaosd.service; dmesg | tail -n 20)"
is "$(state ActiveState chaosd.service)" active "... it has told that it is ready"
fills() {
    inside sh -c 'chaos pool list | awk "NR > 1 && \$6 != \$7 { short = 1 } END { exit NR < 2 || short }"'
}
ok "... it fills, with all that the unit forbids" until_true 120 fills
like "$(inside sh -c 'cat /proc/$(systemctl show --property MainPID --value chaosd.service)/status')" '^Seccomp:[^0-9]*2' \
    "... its system calls are filtered"
ok "create" inside chaos create -v "$T/noop.yaml"
like "$ERR" '^  take ' "... from the pool"
id=$(id_of noop)
ok "it fills again" until_true 120 fills

# A VM's files may be anywhere: here the kernel and the log are in /tmp, and the disk is root's.
mkdir -p /root
truncate -s 1M /root/disk.img
cp "$GUESTS/poweroff" "$T/kernel"
cat >restarted.yaml <<END
type: pv
kernel: $T/kernel
memory: 1MiB
cmdline: reboot
on_reboot: restart
console: {log: /tmp/restarted.log}
vbds: [{target: /root/disk.img, mode: rw}]
END
restarted() {
    inside sh -c 'chaos pool metrics | grep -qE "^chaos_restarts_total ([2-9]|[1-9][0-9])"'
}
ok "create a VM that reboots, with files in /tmp and /root" inside chaos create "$T/restarted.yaml"
ok "... chaosd restarts it, and again" until_true 60 restarted ||
    diag "$(inside systemctl status chaosd.service; dmesg | grep chaosd | tail -n 10)"
ok "... its log is in the host's /tmp" until_true 20 test -s /tmp/restarted.log
until_true 60 inside chaos destroy restarted
rm -f /root/disk.img /tmp/restarted.log*

# The same shells, whatever happens to chaosd.
shells() {
    find /run/chaos/pool/shells -type f | sort
}
knows_more() {
    inside sh -c 'chaos pool list | grep -q "^more "'
}
another() {
    now=$(state MainPID chaosd.service)
    [ "$now" != "$first" ] && [ "$now" != 0 ] && pool_answers
}
shells >before
first=$(state MainPID chaosd.service)
printf '  - flavour: more\n    type: pv\n    memory: 2MiB\n    target: 1\n' >>/etc/chaos/chaosd.yaml
ok "reload" inside systemctl reload chaosd.service
ok "... its configuration is read again" until_true 60 knows_more
is "$(state MainPID chaosd.service)" "$first" "... by the same chaosd"
ok "... which fills" until_true 120 fills
shells >after
is "$(grep -vxFf after before)" "" "... and loses no shell for it"
mv after before
ok "restart" inside systemctl restart chaosd.service
ok "... is another chaosd" another
is "$(shells)" "$(cat before)" "... with the same shells"
first=$(state MainPID chaosd.service)
inside kill -KILL "$first"
ok "killed, it is begun again" until_true 60 another
is "$(state NRestarts chaosd.service)" 1 "... once"
is "$(shells)" "$(cat before)" "... with the same shells"
is "$(id_of noop)" "$id" "... and the VM is there"
ok "create" inside chaos create -v --name second "$T/noop.yaml"
like "$ERR" '^  take ' "... from the pool"
ok "stop" inside systemctl stop chaosd.service
is "$(state Result chaosd.service)" success "... it ends well"
nok "... and answers no more" pool_answers
is "$(shells)" "" "... and takes its shells along"

ok "the socket alone" inside systemctl start chaosd.socket
is "$(stat -c %a:%g /run/chaos/chaosd.sock)" 660:990 "... is its group's"
is "$(state ActiveState chaosd.service)" inactive "... chaosd has not begun"
ok "a client begins chaosd" until_true 60 pool_answers
is "$(state ActiveState chaosd.service)" active "... by systemd"
ok "stop both" inside systemctl stop chaosd.service chaosd.socket
ok "destroy" inside chaos destroy noop second

{
    kill -KILL "$(first_process)"
    wait "$unshare"
} 2>/dev/null
if [ -e group.before ]; then cat group.before >/etc/group; else rm -f /etc/group; fi
xargs rm -f <added
rm -rf /etc/machine-id /etc/systemd /etc/chaos /run/systemd /run/chaos/pool /run/chaos/chaosd.lock /run/chaos/chaosd.sock /var/log/chaos
finish
