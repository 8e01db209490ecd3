# shellcheck shell=sh
# What the tests of chaosd share, beside lib.sh.
#
#   pools [LINE...]         writes chaosd.yaml: 8 PV and 4 PVH shells of 1 MiB, and further lines
#   chaosd_start [NAME=VALUE]   starts chaosd with an environment variable; $CHAOSD is its pid
#   chaosd_stop             ends it, and is a test of its exit status
#   full                    waits until each flavour is at its target
#   idle FLAVOUR, taken FLAVOUR     numbers
#   none_taken              as the journal has it
# shellcheck source=tests/integration/lib.sh
. /src/tests/integration/lib.sh

# shellcheck disable=SC2034 # for those who source this
PEER=/src/build/tests/integration/pool-peer
CHAOSD=''

pools() {
    {
        printf 'pools:\n'
        printf '  - flavour: pv1\n    type: pv\n    memory: 1MiB\n    target: 8\n'
        printf '  - flavour: pvh1\n    type: pvh\n    memory: 1MiB\n    target: 4\n'
        for pool_line in "$@"; do
            echo "$pool_line"
        done
    } >"$T/chaosd.yaml"
}

answers() {
    chaos pool status
}

chaosd_start() {
    env "${1:-A=b}" chaosd --config "$T/chaosd.yaml" 2>>"$T/chaosd.log" &
    CHAOSD=$!
}

chaosd_stop() {
    kill -TERM "$CHAOSD"
    wait "$CHAOSD"
    is "$?" 0 "chaosd ends when it is told to"
    CHAOSD=''
}

is_full() {
    chaos pool list | awk 'NR > 1 && $6 != $7 { short = 1 } END { exit NR < 2 || short }'
}

full() {
    until_true 60 is_full || {
        diag "the pool does not fill"
        diag "$(chaos pool status 2>&1)"
        diag "$(tail -n 5 "$T/chaosd.log")"
        return 1
    }
}

idle() {
    chaos pool list | awk -v name="$1" '$1 == name { print $7 }'
}

# The journal knows of no taker.
none_taken() {
    [ "$(tr -d '\000' </run/chaos/pool/leases | wc -c)" -eq 0 ]
}

taken() {
    chaos pool list | awk -v name="$1" '$1 == name { print $8 }'
}
