#!/bin/sh
# A compressed kernel takes chaosd seconds to unpack: takes go on meanwhile, and so does everything else.
# lab: --memory 6144 --timeout 900
# needs: guest-assets
# shellcheck disable=SC2016 # quoted for a shell of its own
# shellcheck source=tests/integration/pool.sh
. /src/tests/integration/pool.sh

baseline
cp /src/build/assets/vmlinuz "$T/"
# What the pool's shells are warm with is the kernel alone: it is never let run without a ramdisk here.
warm() {
    printf '  - flavour: debian\n    type: pvh\n    memory: 128MiB\n    kernel: %s\n    target: 1\n' "$1"
}
pools "$(warm "$T/vmlinuz")"
vm noop noop 'type: pv'
vm debian noop 'type: pvh'
sed -i "s|^kernel:.*|kernel: $T/vmlinuz|; s|^memory:.*|memory: 128MiB|" debian.yaml

loading() {
    [ "$(idle debian)" = 0 ] && [ "$(chaos pool status --format json | grep -c '"loading": true')" = 1 ]
}
# thread: the number of chaosd's threads
threads() {
    sed -n 's/^Threads:[^0-9]*//p' "/proc/$CHAOSD/status"
}

chaosd_start
ok "chaosd begins at once" until_true 5 answers
ok "the kernel is being unpacked" until_true 5 loading
is "$(threads)" 2 "... by a thread of its own"
ok "the other flavours fill meanwhile" until_true 20 sh -c '[ "$(chaos pool list | awk "\$1 == \"pv1\" { print \$7 }")" = 8 ]'
n=0 taken=0
while loading && [ $n -lt 200 ]; do
    n=$((n + 1))
    chaos create -v --name "v$n" noop.yaml 2>&1 | grep -q '^  take ' && taken=$((taken + 1))
    chaos destroy "v$n"
done
ok "creations meanwhile: $n" test $n -ge 10
is "$taken" "$n" "... all came from the pool"
ok "the flavour fills" until_true 120 sh -c '[ "$(chaos pool list | awk "\$1 == \"debian\" { print \$7 }")" = 1 ]'
is "$(threads)" 1 "... and the thread has ended"
ok "a VM of that kernel" chaos create -v -p debian.yaml
like "$ERR" '^  take ' "... comes from the pool"
ok "... the next shell needs no unpacking" until_true 10 sh -c '[ "$(chaos pool list | awk "\$1 == \"debian\" { print \$7 }")" = 1 ]'
chaos destroy debian

# A kernel that is replaced, and one that is none.
cp "$T/vmlinuz" "$T/new" && touch "$T/new" && mv "$T/new" "$T/vmlinuz"
chaos create -p debian.yaml >debian.out 2>&1 &
creator=$!
ok "the kernel is replaced: it is unpacked again" until_true 20 loading
ok "... while chaosd answers" answers
wait $creator
is "$?" 0 "... and a creation meanwhile is direct"
chaos destroy debian
kill -TERM "$CHAOSD"
wait "$CHAOSD"
is "$?" 0 "chaosd ends when it is told to, while it unpacks"
is "$(chaos list -aq | wc -l)" 0 "... with all its shells"
head -c 5000000 "$T/vmlinuz" >"$T/cut"
pools "$(warm "$T/cut")"
if chaosd --check-config --config chaosd.yaml 2>cut.err; then
    chaosd_start
    ok "a kernel that is cut short: the flavour says so" until_true 60 sh -c 'chaos pool status | grep -q cut'
    ok "... and the others fill" until_true 20 sh -c '[ "$(chaos pool list | awk "\$1 == \"pv1\" { print \$7 }")" = 8 ]'
    chaosd_stop
else
    like "$(cat cut.err)" cut "a kernel that is cut short is refused"
fi

# A restart needs the kernel of a VM that chaosd did not make.
pools
chaosd_start
ok "another chaosd fills" full
vm again noop 'type: pvh' 'on_crash: restart' 'cmdline: console=hvc0 panic=0'
sed -i "s|^kernel:.*|kernel: $T/vmlinuz|; s|^memory:.*|memory: 128MiB|" again.yaml
ok "a VM that panics, as it has no root, and is restarted" chaos create again.yaml
first=$(id_of again)
ok "... has ended" until_true 120 sh -c 'chaos list | grep -q "^again .* crash " || ! chaos info '"$first"
ok "... its kernel is unpacked" until_true 20 sh -c "[ \"\$(sed -n 's/^Threads:[^0-9]*//p' /proc/$CHAOSD/status)\" = 2 ]"
ok "... creations go on" sh -c 'chaos create -v noop.yaml 2>&1 | grep -q "^  take "'
ok "... and it comes back" until_true 120 sh -c "[ \"\$(chaos info again | sed -n 's/^id: //p')\" -gt $first ]"
until_true 60 chaos destroy again
chaos destroy noop
chaosd_stop
rm -rf /run/chaos/pool /run/chaos/chaosd.lock
finish
