#!/usr/bin/env bash
# What all tests and benchmarks rely on in `lab run`: exit statuses, output, arguments, folders, and that no
# QEMU is left by any way out. Runs on the host, with snapshots of its own.
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
lab=$here/../lab
tmp=$(mktemp -d)
count=0
export LAB_NO_BUILD=1

# The cache of the user, but for what this test breaks or counts.
cache=${CHAOS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/chaos}
if ! "$here/../build-dom0" >/dev/null || ! "$here/../build-xen" --stock >/dev/null ||
    ! "$here/../build-qemu" >/dev/null; then
    echo "Bail out! the lab's parts do not build"
    exit 1
fi
export CHAOS_CACHE=$tmp/cache
mkdir -p "$CHAOS_CACHE"
for part in package source dom0 xen qemu; do
    [ ! -d "$cache/$part" ] || ln -s "$cache/$part" "$CHAOS_CACHE/$part"
done

ok() {
    count=$((count + 1))
    if [ "$1" = 0 ]; then
        echo "ok $count - $2"
    else
        echo "not ok $count - $2"
    fi
}

is() {
    local result=0
    [ "$1" = "$2" ] || result=1
    ok $result "$3"
    [ $result = 0 ] || printf '# got:      %q\n# expected: %q\n' "$1" "$2"
}

like() {
    local result=0
    grep -qE -- "$2" <<<"$1" || result=1
    ok $result "$3"
    [ $result = 0 ] || printf '# %s\n' "$1" | sed 's/^/# /'
}

# Every process that a lab of this test started carries this mark in its environment.
export LAB_TEST_MARK=mark-$$-$RANDOM
marked() {
    local dir
    for dir in /proc/[0-9]*; do
        [ "$(cat "$dir/comm" 2>/dev/null)" = qemu-system-x86 ] || continue
        grep -qz "^LAB_TEST_MARK=$LAB_TEST_MARK\$" "$dir/environ" 2>/dev/null && echo "${dir#/proc/}"
    done
    return 0
}

no_qemu() {
    local n
    for n in 1 2 3 4 5 6 7 8 9 10; do
        [ -n "$(marked)" ] || break
        sleep 0.2
    done
    is "$(marked)" "" "$1: no QEMU is left"
}

trap 'for pid in $(marked); do kill -KILL "$pid"; done; rm -rf "$tmp"' EXIT

# Exit status, output, arguments. The first run boots, the others restore.
"$lab" run -- sh -c 'exit 7' >"$tmp/out" 2>"$tmp/err"
is "$?" 7 "the status is the command's, from a boot"
is "$(cat "$tmp/out")" "" "nothing but the command's output on standard output"
is "$(find "$CHAOS_CACHE/snapshots" -type f ! -name '*.console' | wc -l)" 1 "the boot left a snapshot"
"$lab" run -- sh -c 'exit 7' >/dev/null 2>&1
is "$?" 7 "the status is the command's, from the snapshot"
"$lab" run -- sh -c 'kill -TERM $$' >/dev/null 2>&1
is "$?" 143 "a command that died of a signal: 128 + signal"
"$lab" run -- no-such-command >/dev/null 2>"$tmp/err"
is "$?" 127 "a command that is not there: 127"
like "$(cat "$tmp/err")" 'no-such-command' "... and it is named"

"$lab" run -- sh -c 'echo one; echo two >&2; echo three' >"$tmp/out" 2>"$tmp/err"
is "$(cat "$tmp/out")" $'one\nthree' "standard output comes out on standard output"
is "$(cat "$tmp/err")" two "standard error comes out on standard error"

# shellcheck disable=SC2016,SC1003
args=('a b' '' $'new\nline' '"double"' "sin'gle" '$HOME `id` *' '\back\' 'ünïcode' ' ')
"$lab" run -- bash -c 'printf "<%s>" "$@"' _ "${args[@]}" >"$tmp/out" 2>/dev/null
is "$(cat "$tmp/out")" "$(printf '<%s>' "${args[@]}")" "arguments survive blanks, quotes and newlines"

"$lab" run -- sh -c 'head -c 5000000 /dev/urandom >/tmp/x; cat /tmp/x; sha256sum /tmp/x >&2' >"$tmp/out" 2>"$tmp/err"
is "$(sha256sum <"$tmp/out" | cut -d ' ' -f 1)" "$(cut -d ' ' -f 1 "$tmp/err")" "5 MB of any bytes come out whole"
"$lab" run --timeout 20 -- sh -c 'cat; sleep 100 & echo done' >"$tmp/out" 2>/dev/null
is "$?:$(cat "$tmp/out")" "0:done" "standard input is empty, and a child left behind holds nothing up"

# Folders and Dom0's state.
mkdir "$tmp/share, odd name"
echo from-host >"$tmp/share, odd name/in"
"$lab" run --share "$tmp/share, odd name" -- sh -c 'cat /share/in; echo from-dom0 >/share/out; touch /src/x' \
    >"$tmp/out" 2>"$tmp/err"
is "$(cat "$tmp/out"):$(cat "$tmp/share, odd name/out")" "from-host:from-dom0" "/share is the folder given, read-write"
like "$(cat "$tmp/err")" 'Read-only' "/src is read-only"
"$lab" run -- sh -c 'ls /src/tests/lab/lab; pidof xenstored xenconsoled; id -u; date +%Y' >"$tmp/out" 2>/dev/null
is "$(cat "$tmp/out")" $'/src/tests/lab/lab\n0\n'"$(date +%Y)" \
    "/src is the repository, no xenstored runs, the user is root, the clock is right"
"$lab" run -- sh -c 'lab-xl start && xl list' >"$tmp/out" 2>&1
like "$(cat "$tmp/out")" 'Domain-0' "lab-xl start gives a working xl"
no_qemu "after ordinary ends"

# Ways out.
start=$SECONDS
"$lab" run --timeout 2 -- sleep 1000 >/dev/null 2>&1
is "$?" 124 "a hung command ends at its timeout"
[ $((SECONDS - start)) -lt 15 ]
ok $? "... in time"
no_qemu "after the timeout"
"$lab" run --timeout 2 -- sh -c 'echo early; sleep 1000' >"$tmp/out" 2>/dev/null
is "$(cat "$tmp/out")" early "output before the timeout is not lost"

for signal in KILL:137 TERM:143 INT:130 HUP:129; do
    # In the background of a script SIGINT would be ignored from the start, and under nohup SIGHUP.
    rm -f "$tmp/up"
    mkfifo "$tmp/up"
    env --default-signal=INT,HUP "$lab" run -- sh -c 'echo up; sleep 1000' >"$tmp/up" 2>/dev/null &
    pid=$!
    read -r _ <"$tmp/up"
    qemu=$(marked)
    kill "-${signal%:*}" "$pid"
    wait "$pid" 2>/dev/null
    is "$?" "${signal#*:}" "SIG${signal%:*} ends the lab"
    like "$qemu" '^[0-9]+$' "... which had one QEMU"
    no_qemu "after SIG${signal%:*}"
done

"$lab" run --timeout 60 -- sh -c 'echo c >/proc/sysrq-trigger; sleep 1000' >/dev/null 2>"$tmp/err"
is "$?" 125 "a crash of Dom0: 125"
like "$(cat "$tmp/err")" 'sysrq|Dom0 crashed' "... with the console's last lines"
"$lab" run --timeout 60 -- sh -c 'poweroff -f; sleep 1000' >/dev/null 2>&1
is "$?" 125 "Dom0 powered off under the command: 125"
rm -f "$tmp/up"
mkfifo "$tmp/up"
"$lab" run -- sh -c 'echo up; sleep 1000' >"$tmp/up" 2>/dev/null &
pid=$!
read -r _ <"$tmp/up"
kill -KILL "$(marked)"
wait "$pid"
is "$?" 125 "QEMU killed: 125"
no_qemu "after crashes"
like "$("$lab" console-log)" 'Xen version 4\.17' "console-log shows Xen's console, from before the snapshot too"

# Snapshots that are no good.
snapshot=$(find "$CHAOS_CACHE/snapshots" -type f ! -name '*.console')
truncate -s 1000000 "$snapshot"
"$lab" run -- echo fine >"$tmp/out" 2>/dev/null
is "$?:$(cat "$tmp/out")" "0:fine" "a truncated snapshot: the lab boots"
dd if=/dev/urandom of="$snapshot" bs=4096 seek=2000 count=8 conv=notrunc status=none
"$lab" run -- echo fine >"$tmp/out" 2>/dev/null
is "$?:$(cat "$tmp/out")" "0:fine" "a damaged snapshot: the lab boots"
echo junk >"$snapshot"
"$lab" run -- echo fine >"$tmp/out" 2>/dev/null
is "$?:$(cat "$tmp/out")" "0:fine" "a snapshot that is none: the lab boots"

# Two at once.
"$lab" run -- sh -c 'echo A; sleep 1; exit 3' >"$tmp/a" 2>/dev/null &
first=$!
"$lab" run -- sh -c 'echo B; sleep 1; exit 4' >"$tmp/b" 2>/dev/null &
second=$!
wait "$first"
a=$?
wait "$second"
is "$a:$?:$(cat "$tmp/a" "$tmp/b")" $'3:4:A\nB' "two labs at once"

# Deterministic time.
# shellcheck disable=SC2016
measure='a=${EPOCHREALTIME/./}; for i in {1..50}; do /lab/true; done; b=${EPOCHREALTIME/./}; echo $((b - a))'
for n in 1 2; do
    "$lab" run --icount -- bash -c "$measure" >"$tmp/us$n" 2>/dev/null
done
echo "# icount: $(cat "$tmp/us1") and $(cat "$tmp/us2") us for 50 times fork+exec"
awk -v a="$(cat "$tmp/us1")" -v b="$(cat "$tmp/us2")" 'BEGIN {d = a - b; if (d < 0) d = -d; exit !(a > 0 && d / a < 0.01)}'
ok $? "--icount: two runs, of which one booted, agree within 1 %"

# A terminal.
coproc SHELL_IO { script -qec "stty rows 33 cols 99; $lab shell" /dev/null; }
shell_pid=$SHELL_IO_PID
seen=''
# until_seen TEXT: reads what the terminal shows.
until_seen() {
    local char
    while [[ $seen != *"$1"* ]]; do
        IFS= read -r -d '' -n 1 -t 60 -u "${SHELL_IO[0]}" char || return 1
        seen+=$char
    done
}
until_seen '# '
printf 'stty size; sleep 1000; echo "interrupted: $?"\n' >&"${SHELL_IO[1]}"
until_seen '33 99'
ok $? "shell: a terminal of the right size"
sleep 0.5
printf '\003' >&"${SHELL_IO[1]}"
until_seen '^C'
seen=''
# shellcheck disable=SC2016
printf 'echo $((40 + 2)) answers\nexit 5\n' >&"${SHELL_IO[1]}"
until_seen '42 answers'
ok $? "... Ctrl-C ends the command in Dom0, and the shell goes on"
cat <&"${SHELL_IO[0]}" >/dev/null
wait "$shell_pid"
is "$?" 5 "... and its exit status comes out"

# Misuse.
"$lab" run --memory lots -- true >/dev/null 2>"$tmp/err"
is "$?" 125 "a bad option"
like "$(cat "$tmp/err")" 'lots' "... is quoted"
no_qemu "at the end"
is "$(find "$CHAOS_CACHE/runs" "$CHAOS_CACHE/tmp" -mindepth 1 -maxdepth 1 2>/dev/null | wc -l)" 0 \
    "no run leaves a folder, not even the one killed with SIGKILL"
echo "1..$count"
