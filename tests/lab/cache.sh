# shellcheck shell=bash
# The lab's cache: directories named by the hash of what they were made from. Sourced by the lab's
# scripts. A directory is made under a temporary name and renamed when complete, so one that was
# interrupted is never taken for a whole one.

LAB_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
REPO_DIR=$(cd "$LAB_DIR/../.." && pwd)
CACHE_DIR=${CHAOS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/chaos}
export LAB_DIR REPO_DIR CACHE_DIR

# Progress and notices go to the user's standard error, also from inside a build whose own output
# goes to a log (there NOTE_FD is 3).
note() {
    printf 'lab: %s\n' "$*" >&"${NOTE_FD:-2}"
}

die() {
    printf 'lab: %s\n' "$*" >&2
    exit "${DIE_STATUS:-1}"
}

# hash_of TEXT...: one short name for all the arguments.
hash_of() {
    printf '%s\0' "$@" | sha256sum | cut -c 1-24
}

# files_hash FILE...: one short name for the names and contents of files.
files_hash() {
    sha256sum -- "$@" | sed -E 's|  .*/|  |' | sha256sum | cut -c 1-24
}

# cache_make NAME FUNCTION [ARG...]: prints the path of the entry NAME. Where it is not there yet,
# FUNCTION runs in a new directory that becomes the entry, its output goes to a log that is shown if
# it fails; others who want the entry wait.
cache_make() {
    local name=$1 entry="$CACHE_DIR/$1" log tmp status=0
    shift
    if [ ! -d "$entry" ]; then
        mkdir -p "$CACHE_DIR/locks" "$CACHE_DIR/tmp" "$(dirname "$entry")"
        # What builds that were killed have left.
        find "$CACHE_DIR/tmp" -mindepth 1 -maxdepth 1 -mmin +600 -exec rm -rf {} +
        (
            exec {lock}>"$CACHE_DIR/locks/${name//\//_}"
            if ! flock -n "$lock"; then
                note "waiting for another run that builds $name"
                flock "$lock"
            fi
            if [ ! -d "$entry" ]; then
                tmp=$(mktemp -d "$CACHE_DIR/tmp/entry.XXXXXX")
                chmod 755 "$tmp"
                log="$tmp.log"
                trap 'rm -rf "$tmp" "$log"' EXIT
                # A shell of its own, because errexit is off wherever a status is looked at.
                (cd "$tmp" && exec bash -euo pipefail -c "$(declare -f); NOTE_FD=3; \"\$@\"" builder "$@") \
                    {lock}>&- 3>&"${NOTE_FD:-2}" >"$log" 2>&1 &
                wait $! || status=$?
                if [ "$status" -ne 0 ]; then
                    tail -n 25 "$log" >&2
                    mkdir -p "$CACHE_DIR/logs"
                    mv "$log" "$CACHE_DIR/logs/failed-build"
                    die "building $name failed (all of its output: $CACHE_DIR/logs/failed-build)"
                fi
                mv -T "$tmp" "$entry"
            fi
        ) || return 1
    fi
    touch -c "$entry"
    printf '%s\n' "$entry"
}

# cache_trim FOLDER COUNT: keeps the entries of a folder that were used last.
cache_trim() {
    find "$CACHE_DIR/$1" -mindepth 1 -maxdepth 1 -type d -printf '%T@ %p\n' | sort -rn | tail -n "+$(($2 + 1))" |
        cut -d ' ' -f 2- | xargs -r -d '\n' rm -rf
}
