#!/usr/bin/env bash
# chaosd's units, as systemd itself sees them: no errors, and little that an intruder could do.
# SPDX-License-Identifier: BSD-3-Clause
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

if ! command -v systemd-analyze >/dev/null; then
    echo "1..0 # SKIP there is no systemd-analyze"
    exit 0
fi
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
# As it is installed; the program must be where the unit says.
make -s install DESTDIR="$dir" PREFIX=/opt/chaos >"$dir/log" 2>&1
for unit in "$dir"/opt/chaos/lib/systemd/system/*; do
    sed "s|/opt/chaos/bin|$dir&|" "$unit" >"$dir/${unit##*/}"
done

count=0
result() {
    count=$((count + 1))
    if [ "$1" -eq 0 ]; then
        echo "ok $count - $2"
    else
        echo "not ok $count - $2"
        printf '# %s\n' "${3//$'\n'/$'\n# '}"
    fi
}

missing=$(for file in bin/chaosd lib/systemd/system/chaosd.service lib/systemd/system/chaosd.socket \
    lib/sysusers.d/chaos.conf share/doc/chaos/chaosd.yaml share/man/man8/chaosd.8 share/man/man5/chaosd.yaml.5; do
    [ -s "$dir/opt/chaos/$file" ] || echo "$file"
done)
[ -z "$missing" ]
result $? "make install installs chaosd, its units, its group, an example and its manual" "$missing
$(cat "$dir/log")"
missing=$(grep -n /usr/local "$dir"/opt/chaos/lib/systemd/system/*)
[ -z "$missing" ]
result $? "... for its PREFIX" "$missing"
found=$("$dir/opt/chaos/bin/chaosd" --check-config --config "$dir/opt/chaos/share/doc/chaos/chaosd.yaml" 2>&1)
result $? "the example is right" "$found"
found=$(grep -E '^(ProtectHome|PrivateTmp|TemporaryFileSystem|InaccessiblePaths|ReadOnlyPaths)=' systemd/chaosd.service)
[ -z "$found" ]
result $? "chaosd.service hides no file that a VM may name" "$found"
# A socket unit whose group nobody makes does not start.
group=$(sed -n 's/^SocketGroup=//p' systemd/chaosd.socket)
found=$(systemd-sysusers --root="$dir/root" --dry-run "$dir/opt/chaos/lib/sysusers.d/chaos.conf" 2>&1)
grep -qE "group '?$group'?" <<<"$found"
result $? "the socket's group is made by sysusers.d" "$found"
for unit in chaosd.service chaosd.socket; do
    found=$(SYSTEMD_UNIT_PATH=$dir: systemd-analyze --no-pager verify --man=no "$dir/$unit" 2>&1 | grep -F "$dir")
    [ -z "$found" ]
    result $? "$unit has no errors" "$found"
done
# 10 is all that root can do, 0 nothing. What is left: it is root, and asks for capabilities.
found=$(systemd-analyze --no-pager security --offline=yes --threshold=38 "$dir/chaosd.service" 2>&1)
status=$?
result $status "chaosd.service is exposed little:$(sed -nE 's/.*Overall exposure level[^:]*: ([0-9.]+) .*/ \1 of 10/p' <<<"$found")" "$found"
found=$(systemd-analyze --no-pager security --offline=yes "$dir/chaosd.service" 2>&1 |
    grep -E 'SystemCallFilter=~@(clock|debug|module|mount|raw-io|reboot|swap|cpu-emulation|obsolete)' | grep -vE '^. *.\[32m|^✓')
[ -z "$found" ]
result $? "its filter has none of the system calls of clocks, debuggers, modules, mounts, ports, reboots and swap" "$found"
# It parses what guests write, as root.
lacks() {
    grep -qE "$1" <<<"$2" || echo "$3"
}
headers=$(readelf -hldW build/bin/chaosd) symbols=$(nm build/bin/chaosd) calls=$(nm build/hardened/libchaos.a 2>&1)
found=$(
    lacks 'Type: *DYN' "$headers" "it is not position-independent"
    lacks GNU_RELRO "$headers" "its tables stay writable (no RELRO)"
    lacks BIND_NOW "$headers" "its tables stay writable (no BIND_NOW)"
    lacks 'GNU_STACK.* RW ' "$headers" "its stack is executable"
    lacks ' __stack_chk_fail$' "$symbols" "it has no stack protector"
    lacks ' U __stack_chk_fail$' "$calls" "its copy of libchaos has no stack protector"
    lacks ' U __[a-z]*printf_chk$' "$calls" "its copy of libchaos is not fortified"
)
[ -z "$found" ]
result $? "chaosd is hardened" "$found"
grep -qx 'Type=notify' systemd/chaosd.service && grep -qx 'ListenSequentialPacket=/run/chaos/chaosd.sock' systemd/chaosd.socket
result $? "it tells when it is ready, and can be begun by its socket" ""
echo "1..$count"
