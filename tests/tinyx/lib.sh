# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# Sourced by the tests that run tinyx on this host: $root is the source, $tinyx what make built, and $dir, where they
# then are, is theirs and goes when they end.
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
tinyx=$root/build/bin/tinyx
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
n=0

# result STATUS DESCRIPTION [FILE]: 0 is success; else what FILE says is shown, $dir/output unless told otherwise.
result() {
    local said=${3:-$dir/output}
    n=$((n + 1))
    if [ "$1" = 0 ]; then
        echo "ok $n - $2"
    else
        echo "not ok $n - $2"
        [ ! -e "$said" ] || sed 's/^/# /' "$said"
    fi
}

finish() {
    echo "1..$n"
}
