# shellcheck shell=sh
# Tests in Dom0 that speak TAP. Source it, test, and end with `finish`, which makes the leak oracle the last test.
#
#   ok DESCRIPTION COMMAND [ARG...]   the command succeeds
#   nok DESCRIPTION COMMAND [ARG...]  the command fails
#   status N DESCRIPTION COMMAND...   the command exits with N; its output is in $OUT and $ERR
#   is GOT EXPECTED DESCRIPTION       two texts are the same
#   like TEXT REGEX DESCRIPTION       a text has a match (extended, a line at a time)
#   unlike TEXT REGEX DESCRIPTION     a text has none
#   until_true SECONDS COMMAND...     polls; a helper, not a test
#   skip REASON                       counts one test as skipped
#   skip_all REASON                   the whole file does not apply here
#   bail REASON                       nothing after this makes sense
#   diag TEXT                         a remark
#   rebase                            what exists now is the oracle's new baseline
#   finish [ORACLE OPTION...]         the oracle's test and the plan; a file that ends without it fails

TAP_COUNT=0
TAP_DONE=0
TAP_DIR=$(mktemp -d /tmp/tap.XXXXXX)
OUT='' ERR=''

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

tap_exit() {
    if [ "$TAP_DONE" -eq 0 ]; then
        echo "Bail out! the test ended before its finish"
        exit 1
    fi
}
trap tap_exit EXIT
rebase
