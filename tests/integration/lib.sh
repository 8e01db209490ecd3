# shellcheck shell=sh
# What every test in Dom0 shares. Source it, test, and end with `finish`, which makes the leak oracle the last test.
# The working directory, $T, is a new one of the test's own.
#
# Verdicts, in TAP:
#   ok DESCRIPTION COMMAND [ARG...]   the command succeeds
#   nok DESCRIPTION COMMAND [ARG...]  the command fails
#   status N DESCRIPTION COMMAND...   the command exits with N; its output is in $OUT and $ERR
#   is GOT EXPECTED DESCRIPTION       two texts are the same
#   like TEXT REGEX DESCRIPTION       a text has a match (extended, a line at a time)
#   unlike TEXT REGEX DESCRIPTION     a text has none
#   told N REGEX DESCRIPTION COMMAND...     fails with status N and a message that matches
#   refused N REGEX DESCRIPTION COMMAND...  the same, and the oracle finds nothing left behind
#   shows FILE REGEX DESCRIPTION      FILE comes to hold a matching line, within a minute
#   clean DESCRIPTION                 the oracle finds nothing now
#   kernels_quiet DESCRIPTION         neither Dom0's kernel nor Xen has warned since the last time
#   skip REASON                       counts one test as skipped
#   skip_all REASON                   the whole file does not apply here
#   bail REASON                       nothing after this makes sense
#   diag TEXT                         a remark
#   finish [ORACLE OPTION...]         the oracle's test and the plan; a file that ends without it fails
#
# Helpers, no tests:
#   until_true SECONDS COMMAND...     polls
#   vm NAME GUEST [LINE...]           writes NAME.yaml: a VM of 1 MiB, and further lines of configuration
#   rebase                            what exists now is the oracle's new baseline
#   baseline                          the same, after a first VM of each type has come and gone
#   id_of NAME, state_of NAME, in_state NAME STATE, names    what chaos says
#
# With devices:
#   devices_start                     loads noxs' modules, makes the bridges br0 (10.0.0.1/16 is Dom0) and br1 (Dom0
#                                     has no address there); that no XenStore runs is a test
#   devices_baseline                  the oracle's, after a daytime guest of each type has come and gone
#   net_vm NAME GUEST TYPE BRIDGE IP [LINE...]   writes NAME.yaml: a VM of 4 MiB with one vif; LINEs go into the vif
#   pings IP                          it answers, within half a minute
#   tells_date IP                     port 13 there tells the date, and the right one
#   dates IP N                        how many of N askings are answered right
#   mac_of NAME                       the address of its first vif
#   interface_of NAME                 its interface in Dom0

# shellcheck disable=SC2034 # for those who source this
ASSETS=/src/build/assets MODULES=/src/build/modules
GUESTS=/src/build/guests

TAP_COUNT=0
TAP_DONE=0
TAP_DIR=$(mktemp -d /tmp/tap.XXXXXX)
OUT='' ERR=''
T=$(mktemp -d /tmp/test.XXXXXX)
cd "$T" || exit 1

tap_result() {
    TAP_COUNT=$((TAP_COUNT + 1))
    if [ "$1" -eq 0 ]; then
        echo "ok $TAP_COUNT - $2"
    else
        echo "not ok $TAP_COUNT - $2"
    fi
    return "$1"
}

diag() {
    printf '%s\n' "$*" | sed 's/^/# /'
}

tap_run() {
    "$@" >"$TAP_DIR/out" 2>"$TAP_DIR/err"
    TAP_STATUS=$?
    OUT=$(cat "$TAP_DIR/out")
    ERR=$(cat "$TAP_DIR/err")
}

tap_output() {
    [ -z "$OUT" ] || diag "stdout: $OUT"
    [ -z "$ERR" ] || diag "stderr: $ERR"
}

ok() {
    tap_what=$1
    shift
    tap_run "$@"
    tap_result "$TAP_STATUS" "$tap_what" || {
        diag "status $TAP_STATUS of: $*"
        tap_output
        return 1
    }
}

nok() {
    tap_what=$1
    shift
    tap_run "$@"
    if [ "$TAP_STATUS" -ne 0 ]; then
        tap_result 0 "$tap_what"
    else
        tap_result 1 "$tap_what" || diag "succeeded: $*"
    fi
}

status() {
    tap_expected=$1 tap_what=$2
    shift 2
    tap_run "$@"
    if [ "$TAP_STATUS" -eq "$tap_expected" ]; then
        tap_result 0 "$tap_what"
    else
        tap_result 1 "$tap_what" || diag "status $TAP_STATUS, not $tap_expected, of: $*"
        tap_output
    fi
}

is() {
    if [ "$1" = "$2" ]; then
        tap_result 0 "$3"
    else
        tap_result 1 "$3" || {
            diag "got:      $1"
            diag "expected: $2"
        }
    fi
}

like() {
    if printf '%s\n' "$1" | grep -qE -- "$2"; then
        tap_result 0 "$3"
    else
        tap_result 1 "$3" || {
            diag "no match for: $2"
            diag "$1"
        }
    fi
}

unlike() {
    if printf '%s\n' "$1" | grep -qE -- "$2"; then
        tap_result 1 "$3" || {
            diag "a match for: $2"
            diag "$1"
        }
    else
        tap_result 0 "$3"
    fi
}

until_true() {
    tap_tries=$(($1 * 20))
    shift
    until "$@" >/dev/null 2>&1; do
        tap_tries=$((tap_tries - 1))
        [ "$tap_tries" -gt 0 ] || return 1
        sleep 0.05
    done
}

skip() {
    TAP_COUNT=$((TAP_COUNT + 1))
    echo "ok $TAP_COUNT # SKIP $1"
}

skip_all() {
    echo "1..0 # SKIP $1"
    TAP_DONE=1
    exit 0
}

bail() {
    echo "Bail out! $1"
    TAP_DONE=1
    exit 1
}

rebase() {
    chaos-oracle save "$TAP_DIR/baseline" || bail "the leak oracle does not work"
}

finish() {
    OUT=$(chaos-oracle check "$@" "$TAP_DIR/baseline" 2>&1)
    tap_result $? "the leak oracle finds the host as it was" || diag "$OUT"
    echo "1..$TAP_COUNT"
    TAP_DONE=1
    exit 0
}

vm() {
    chaos_name=$1
    printf 'kernel: %s\nmemory: 1MiB\n' "$GUESTS/$2" >"$T/$chaos_name.yaml"
    shift 2
    for chaos_line in "$@"; do
        echo "$chaos_line" >>"$T/$chaos_name.yaml"
    done
}

# What Xen and Dom0 keep for good after a first use must not look like a leak.
baseline() {
    vm warm-up noop
    for chaos_type in pv pvh; do
        chaos create --set "type=$chaos_type" warm-up.yaml >/dev/null || bail "no VM of type $chaos_type can be created"
        chaos console --dump warm-up >/dev/null
        chaos destroy warm-up || bail "no VM can be destroyed"
    done
    rebase
}

told() {
    chaos_want=$1 chaos_regex=$2 chaos_what=$3
    shift 3
    tap_run "$@"
    chaos_problem=''
    [ "$TAP_STATUS" = "$chaos_want" ] || chaos_problem="status $TAP_STATUS, not $chaos_want;"
    printf '%s\n' "$ERR" | grep -qE -- "$chaos_regex" || chaos_problem="$chaos_problem no match for: $chaos_regex"
    if [ -z "$chaos_problem" ]; then
        tap_result 0 "$chaos_what: $(printf '%s\n' "$ERR" | head -n 1 | cut -c 1-150 | tr '#' ' ')"
    else
        tap_result 1 "$chaos_what" || {
            diag "$chaos_problem"
            tap_output
        }
    fi
}

refused() {
    told "$@"
    clean "..."
}

clean() {
    chaos_oracle=$(chaos-oracle check "$TAP_DIR/baseline" 2>&1)
    tap_result $? "$1: nothing is left behind" || diag "$chaos_oracle"
}

shows() {
    if until_true 60 grep -qE -- "$2" "$1"; then
        tap_result 0 "$3"
    else
        tap_result 1 "$3" || {
            diag "no line of $1 matches $2"
            tail -n 20 "$1" | cat -v | sed 's/^/# /'
        }
    fi
}

id_of() {
    chaos info "$1" | sed -n 's/^id: //p'
}

state_of() {
    chaos info "$1" | sed -n 's/^state: //p'
}

in_state() {
    [ "$(state_of "$1")" = "$2" ]
}

names() {
    chaos list | tail -n +2 | awk '{print $1}' | tr '\n' ' ' | sed 's/ $//'
}

devices_start() {
    is "$(pidof xenstored oxenstored)" "" "no XenStore runs here"
    for noxs_module in noxs noxs-netback noxs-blkback; do
        insmod "$MODULES/$noxs_module.ko" || bail "$noxs_module does not load; 'make modules' builds it"
    done
    # A port starts forwarding at once, and addresses of hundreds of guests are remembered.
    for noxs_bridge in br0 br1; do
        ip link add $noxs_bridge type bridge forward_delay 0 || bail "no bridge $noxs_bridge"
        ip link set $noxs_bridge up
    done
    ip addr add 10.0.0.1/16 dev br0 || bail "br0 has no address"
    sysctl -qw net.ipv4.neigh.default.gc_thresh1=8192 net.ipv4.neigh.default.gc_thresh2=8192 \
        net.ipv4.neigh.default.gc_thresh3=8192
    rebase
}

net_vm() {
    noxs_name=$1
    printf 'type: %s\nkernel: %s\nmemory: 4MiB\n' "$3" "$GUESTS/$2" >"$T/$noxs_name.yaml"
    printf 'vifs:\n  - bridge: %s\n    ip: %s\n' "$4" "$5" >>"$T/$noxs_name.yaml"
    shift 5
    for noxs_line in "$@"; do
        echo "    $noxs_line" >>"$T/$noxs_name.yaml"
    done
}

devices_baseline() {
    for noxs_type in pv pvh; do
        net_vm warm-up daytime $noxs_type br0 10.0.255.1/16
        chaos create warm-up.yaml >/dev/null || bail "no VM of type $noxs_type with a vif can be created"
        pings 10.0.255.1 || bail "a daytime guest of type $noxs_type does not answer"
        chaos console --dump warm-up >/dev/null
        chaos destroy warm-up || bail "no VM can be destroyed"
    done
    ip neigh flush dev br0
    rebase
}

pings() {
    until_true 30 ping -c 1 -W 1 "$1"
}

# Any second from one before the question to one after the answer: a loaded machine takes its time in between.
tells_date() {
    noxs_second=$(($(date +%s) - 1))
    noxs_said=$(nc -w 30 "$1" 13 </dev/null 2>/dev/null | tr -d '\r\n')
    noxs_last=$(($(date +%s) + 1))
    while [ $noxs_second -le $noxs_last ]; do
        [ "$noxs_said" != "$(date -u -d "@$noxs_second" '+%a %b %d %H:%M:%S %Y')" ] || return 0
        noxs_second=$((noxs_second + 1))
    done
    diag "$1 says at $(date -u '+%H:%M:%S'): $noxs_said"
    return 1
}

dates() {
    noxs_right=0
    noxs_left=$2
    while [ "$noxs_left" -gt 0 ]; do
        tells_date "$1" && noxs_right=$((noxs_right + 1))
        noxs_left=$((noxs_left - 1))
    done
    echo "$noxs_right"
}

mac_of() {
    chaos device list "$1" | sed -n 's/^vif  *0 .* mac \([0-9a-f:]*\) .*/\1/p'
}

interface_of() {
    chaos device list "$1" | grep -oE 'vif[0-9]+\.0'
}

kernels_quiet() {
    noxs_warnings=$({ dmesg -c; xl dmesg -c; } 2>/dev/null |
        grep -aE 'WARNING|BUG|Call Trace|call trace|Assertion|blocked for|general protection' || true)
    is "$noxs_warnings" "" "$1: no warning of Dom0's kernel or Xen"
}

tap_exit() {
    if [ "$TAP_DONE" -eq 0 ]; then
        echo "Bail out! the test ended before its finish"
        exit 1
    fi
}
trap tap_exit EXIT
rebase
