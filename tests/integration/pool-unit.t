#!/bin/sh
# chaosd as its unit has it run: few capabilities and system calls, a read-only host, a socket that is there before it,
# and a word when it is ready. as-unit stands in for systemd, which does not run in the lab.
# lab: --xen noxs --timeout 400
# shellcheck disable=SC2016 # quoted for a shell of its own
# shellcheck source=tests/integration/pool.sh
. /src/tests/integration/pool.sh
AS_UNIT=/src/build/tests/integration/as-unit

"$AS_UNIT" --try >tried
tried=$?
[ $tried -ne 77 ] || skip_all "built without systemd-analyze"
is "$tried" 0 "what the unit forbids is refused: $(wc -l <tried) things"
is "$(grep 'NOT REFUSED' tried)" "" "... each of them"
# What is refused must be what would else be allowed.
ok "mount is allowed without it" sh -c 'mount -t tmpfs none /mnt && umount /mnt'

devices_start
truncate -s 1M disk
devices_baseline
vm noop noop 'type: pv'
net_vm net daytime pv br0 10.0.0.2/16
mkdir -p /var/log/chaos
pools '  - flavour: vif' '    type: pv' '    memory: 4MiB' '    target: 2' '    vifs:' '      - bridge: br0' \
    '  - flavour: vbd' '    type: pv' '    memory: 1MiB' '    target: 1' '    vbds:' "      - target: $T/disk" \
    '  - flavour: warm' '    type: pvh' '    memory: 1MiB' '    target: 2' "    kernel: $GUESTS/noop" \
    'console:' '  log_dir: /var/log/chaos'

# host_of_unit COMMAND...: the file system as the unit has it (ProtectSystem=full, ProtectProc=invisible).
cat >host_of_unit <<'END'
set -e
mount --make-rprivate /
mkdir -p /tmp/unit-root
mount --rbind / /tmp/unit-root
for dir in usr etc; do
    mount --bind "/tmp/unit-root/$dir" "/tmp/unit-root/$dir"
    mount -o remount,bind,ro "/tmp/unit-root/$dir"
done
umount -l /tmp/unit-root/proc
mount -t proc -o hidepid=invisible proc /tmp/unit-root/proc
exec chroot /tmp/unit-root "$@"
END
export T
begin() {
    unshare -m sh "$T/host_of_unit" "$AS_UNIT" "$@" chaosd --config "$T/chaosd.yaml" 2>>chaosd.log &
    CHAOSD=$!
}

: >/run/notified
begin --notify /run/notified
ok "chaosd begins under the unit's restrictions" until_true 20 answers
ok "... and tells that it is ready" until_true 5 grep -qx 'READY=1' /run/notified
ok "... with what it has, it fills: with interfaces, disks and kernels" full
diag "$(grep -E '^(CapEff|CapBnd|NoNewPrivs|Seccomp):' "/proc/$CHAOSD/status" | tr '\n' ' ')"
like "$(cat "/proc/$CHAOSD/status")" '^Seccomp:[^0-9]*2' "... its system calls are filtered"
like "$(cat "/proc/$CHAOSD/status")" '^NoNewPrivs:[^0-9]*1' "... it can gain nothing"
nok "... it cannot write where programs and settings are" touch "/proc/$CHAOSD/root/etc/x"
for config in noop net; do
    ok "create, $config" chaos create -v $config.yaml
    like "$ERR" '^  take ' "... from the pool"
done
ok "create, warm" chaos create -v --set type=pvh --name warm noop.yaml
like "$ERR" '^  take ' "... from the pool"
ok "the VM with an interface answers" pings 10.0.0.2
ok "consoles are logged" until_true 20 test -s /var/log/chaos/net.log
ok "... and served" sh -c 'chaos console --dump net | grep -q daytime'
ok "a client that dies loses its shells" "$PEER" takes
ok "... which are made anew" until_true 30 full
ok "policies are followed" sh -c 'chaos create --set "kernel=$1" --set on_crash=restart --name c "$2" && sleep 1' sh "$GUESTS/crash" "$T/noop.yaml"
ok "... by restarts" until_true 20 sh -c 'chaos pool metrics | grep -qE "^chaos_restarts_total [1-9]"'
until_true 20 chaos destroy c
kill -HUP "$CHAOSD"
ok "it reads its configuration again" until_true 10 grep -q 'was read again' chaosd.log
chaos destroy --all >/dev/null
full
kill -TERM "$CHAOSD"
wait "$CHAOSD"
is "$?" 0 "it ends when it is told to"
ok "... and tells that, too" grep -qx 'STOPPING=1' /run/notified

# Socket activation: the socket is there before chaosd, and stays when it has gone.
: >/run/notified
begin --listen /run/chaos/chaosd.sock --notify /run/notified
ok "chaosd on a socket that it is handed" until_true 20 answers
ok "... fills" full
ok "... hands out" sh -c 'chaos create -v noop.yaml 2>&1 | grep -q "^  take "'
attached=$(chaos console --dump noop 2>&1 >/dev/null)
is "$attached" "" "... serves consoles"
chaos destroy noop
kill -TERM "$CHAOSD"
wait "$CHAOSD"
is "$?" 0 "... ends"
ok "... and leaves the socket" test -S /run/chaos/chaosd.sock
ok "without anybody behind it creations are direct, at once" timeout 20 chaos create noop.yaml
chaos destroy noop
rm -f /run/chaos/chaosd.sock /run/notified
# A socket of another kind is refused.
told 10 'is not ListenSequentialPacket=' "what is no socket is not taken for one" \
    env LISTEN_FDS=1 sh -c 'LISTEN_PID=$$; export LISTEN_PID; exec chaosd --config chaosd.yaml 3</dev/null'
CHAOSD=''
rm -rf /run/chaos/pool /run/chaos/chaosd.lock /var/log/chaos /tmp/unit-root
finish
