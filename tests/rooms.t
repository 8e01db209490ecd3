#!/usr/bin/env bash
# Which room may include which. A room is a folder with one job; arrows between them go one way (docs/architecture.md).
# SPDX-License-Identifier: BSD-3-Clause
set -uo pipefail
# shellcheck source=tests/none.sh
. "$(dirname "${BASH_SOURCE[0]}")/none.sh"
cd "${ROOMS_ROOT:-$(dirname "${BASH_SOURCE[0]}")/..}" || exit 1

# ROOM: the rooms whose headers it may include, besides its own. The public headers, <chaos.h> and <chaos/…>, are
# everybody's.
rules='
libchaos/base:
libchaos/config:    libchaos/base
libchaos/hv:        libchaos/base
libchaos/image:     libchaos/base
libchaos/registry:  libchaos/base
libchaos/devices:   libchaos/base libchaos/config libchaos/hv libchaos/registry noxs
libchaos/build:     libchaos/base libchaos/config libchaos/hv libchaos/image
libchaos/shell:     libchaos/base libchaos/config libchaos/hv libchaos/image libchaos/registry libchaos/devices libchaos/build
libchaos/pool:      libchaos/base libchaos/config libchaos/hv libchaos/image libchaos/registry libchaos/devices libchaos/build libchaos/shell
libchaos/life:      libchaos/base libchaos/config libchaos/hv libchaos/image libchaos/registry libchaos/devices libchaos/build libchaos/shell libchaos/pool
libchaos/console:   libchaos/base libchaos/config libchaos/hv libchaos/registry libchaos/devices libchaos/shell libchaos/pool libchaos/life
chaos/cli:          libchaos/base
chaos/daemon:       libchaos/base
noxs:
tinyx:              libchaos/base libchaos/config
'

# Each quoted include, as FILE:HEADER, against the rules. The room of a file: its first two folders, or one.
wrong_arrows() {
    {
        grep -E '^[a-z]' <<<"$rules"
        echo ---
        find libchaos chaos noxs tinyx -name '*.h'
        echo ---
        grep -rEo '^#include "[^"]+"' --include='*.[ch]' libchaos chaos noxs tinyx | sed -E 's/:#include "(.*)"/ \1/'
    } | awk '
        function room(file, part) {
            if (file ~ /^libchaos\/include\//) return "public"
            if (file ~ /^(noxs\/guest|tinyx\/init)\//) return "guest" # compiled for another machine
            split(file, part, "/")
            return part[1] ~ /^(libchaos|chaos)$/ ? part[1] "/" part[2] : part[1]
        }
        function target(file, header, folder) {
            folder = file
            sub(/[^\/]*$/, "", folder)
            if (folder header in headers) return folder header
            if ("libchaos/" header in headers) return "libchaos/" header
            if ("chaos/" header in headers) return "chaos/" header
            if ("noxs/" header in headers) return "noxs/" header
            return header ~ /^\.\.\// ? file : "nowhere/" header
        }
        $0 == "---" { step++; next }
        step == 0 { from = substr($1, 1, length($1) - 1); for (i = 2; i <= NF; i++) may[from, $i] = 1; next }
        step == 1 { headers[$0] = 1; next }
        {
            from = room($1); to = room(target($1, $2))
            if (from != "guest" && from != "public" && from != to && to != "public" && !((from, to) in may))
                print $1 " includes \"" $2 "\": " from " may not know " to
        }'
}

# Sources that lie in no room.
homeless() {
    find libchaos chaos -maxdepth 1 -name '*.[ch]'
    find libchaos chaos -mindepth 1 -maxdepth 2 -type d -path '*/*' | while read -r folder; do
        case $folder in libchaos/include* | chaos/*/*) continue ;; esac
        [ "$(cut -d / -f 3- <<<"$folder")" ] || grep -qE "^$folder:" <<<"$rules" || echo "$folder has no rule here"
    done
}

# The longest file, and the middle one.
sizes() {
    find libchaos chaos noxs tinyx -name '*.[ch]' -exec wc -l {} + | awk '$2 != "total" && $1 > 400 {print $2 ": " $1 " lines (400)"}'
    find libchaos chaos -name '*.c' -exec wc -l {} + | awk '$2 != "total" {print $1}' | sort -n |
        awk '{all[NR] = $1} END {if (all[int((NR + 1) / 2)] >= 160) print "the middle file has " all[int((NR + 1) / 2)] " lines (160)"}'
}

# The check itself finds a wrong arrow: config may not know life.
finds_wrong_arrows() {
    local copy out
    [ -z "${ROOMS_ROOT:-}" ] || return 0
    copy=$(mktemp -d)
    cp -R libchaos chaos noxs tinyx "$copy"
    echo '#include "life/domain.h"' >>"$copy/libchaos/config/config.c"
    out=$(ROOMS_ROOT=$copy "$PWD/tests/rooms.t")
    rm -rf "$copy"
    grep -q 'libchaos/config may not know libchaos/life' <<<"$out" || echo "a wrong arrow was not found: $out"
}

none "rooms include what they may" wrong_arrows
none "each source lies in a room that has a rule" homeless
none "no file over 400 lines, and half of them under 160" sizes
none "a wrong arrow would be found" finds_wrong_arrows
none_left
