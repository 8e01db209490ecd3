# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# Tests of the files themselves, in TAP: each is a command that prints what is wrong. Sourced from any folder.
#
#   none DESCRIPTION COMMAND [ARG...]   passes where the command prints nothing, else tells what it printed
#   list_files                          the project's files; in an archive, without git, all but what was built
#   none_left                           the plan

NONE_COUNT=0

none() {
    local what=$1 found
    shift
    found=$("$@" 2>&1)
    NONE_COUNT=$((NONE_COUNT + 1))
    if [ -z "$found" ]; then
        echo "ok $NONE_COUNT - $what"
    else
        echo "not ok $NONE_COUNT - $what"
        printf '# %s\n' "${found//$'\n'/$'\n# '}"
    fi
}

list_files() {
    if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
        git ls-files "$@"
    else
        find . \( -path ./build -o -path ./.git \) -prune -o -type f -print | sed 's|^\./||'
    fi
}

none_left() {
    echo "1..$NONE_COUNT"
}
