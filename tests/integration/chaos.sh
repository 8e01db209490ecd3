# shellcheck shell=sh
# Beside lib.sh, what the tests of the chaos command share. The working directory is a new one, of the test's own.
#
#   vm NAME GUEST [LINE...]           writes NAME.yaml: a VM of 1 MiB, and further lines of configuration
#   baseline                          the oracle's, after a first VM of each type has come and gone
#   told N REGEX DESCRIPTION COMMAND...     fails with status N and a message that matches
#   refused N REGEX DESCRIPTION COMMAND...  the same, and the oracle finds nothing left behind
#   clean DESCRIPTION                 the oracle finds nothing now
#   shows FILE REGEX DESCRIPTION      FILE comes to hold a matching line, within a minute
#   id_of NAME, state_of NAME, in_state NAME STATE, names    what chaos says
# shellcheck source=tests/integration/lib.sh
. /src/tests/integration/lib.sh

GUESTS=/src/build/guests
T=$(mktemp -d /tmp/test.XXXXXX)
cd "$T" || bail "no working directory"

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
