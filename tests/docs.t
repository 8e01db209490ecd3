#!/usr/bin/env bash
# What the documents name is there: files and folders in backticks, targets of links, and files in comments.
# SPDX-License-Identifier: BSD-3-Clause
set -uo pipefail
# shellcheck source=tests/none.sh
. "$(dirname "${BASH_SOURCE[0]}")/none.sh"
cd "${DOCS_ROOT:-$(dirname "${BASH_SOURCE[0]}")/..}" || exit 1

files=$(list_files --cached --others --exclude-standard)
documents=$(grep -E '\.md$' <<<"$files" | grep -vE '^(CHANGELOG\.md$|benchmarks/results/)')
tops=$(grep / <<<"$files" | cut -d / -f 1 | sort -u)

# there PATH FOLDER: whether PATH, which may have * in it, is one of the project's files or folders: from its root, from
# FOLDER, or as a header is included.
there() {
    local path=${1%/} name
    for name in "$path" "$2/$path" "libchaos/$path" "libchaos/include/$path" "noxs/include/$path"; do
        [ -z "$(compgen -G "$name")" ] || return 0
    done
    # A file's name without a folder stands for the file wherever it lies.
    [[ $path != */* ]] && grep -qE "(^|/)$(sed 's/[.+]/\\&/g; s/\*/[^\/]*/g' <<<"$path")\$" <<<"$files"
}

# ours PATH FOLDER: whether PATH looks like one of the project's: it begins with a folder that is there, or has the name
# of a source file. Not what is built, and no pattern with capitals in it (NAME).
ours() {
    local first=${1%%/*}
    [[ $1 != *[A-Z][A-Z]* || $1 == *.md ]] || return 1
    [[ $1 != build/* && $1 != results/latest/* && $1 != benchmarks/results/latest* ]] || return 1
    if [[ $1 == */* ]]; then
        grep -qxF -- "$first" <<<"$tops" || [ -d "$2/$first" ]
    else
        [[ $1 =~ ^[a-z0-9_*.-]+\.([cht]|md|gp|py|mk|ld)$ ]]
    fi
}

# Files of Linux, Xen and other projects that the documents speak of.
foreign='xenbus.c interface.c netback.c'

in_backticks() {
    local document word
    for document in $documents; do
        # Not in code blocks: these may show anything.
        sed -e '/^```/,/^```/d' -e '/^    /d' "$document" | grep -oE '`[^` ]+`' | tr -d '`' | sort -u | while read -r word; do
            [[ $word =~ ^[A-Za-z0-9_.*/+-]+$ && $word != /* && " $foreign " != *" $word "* ]] || continue
            ! ours "$word" "$(dirname "$document")" || there "$word" "$(dirname "$document")" || echo "$document: $word"
        done
    done
}

links() {
    local document target path anchor
    for document in $documents; do
        grep -oE '\]\([^) ]+\)' "$document" | sed 's/^](//; s/)$//' | sort -u | while read -r target; do
            [[ $target != *:* ]] || continue
            path=${target%%#*} anchor=${target#"${target%%#*}"}
            path=${path:+$(dirname "$document")/$path}
            path=${path:-$document}
            [ -e "$path" ] || { echo "$document: $target"; continue; }
            [ -z "$anchor" ] || headings "$path" | grep -qxF -- "${anchor#\#}" || echo "$document: no such heading: $target"
        done
    done
}

# The names that GitHub gives to the headings of a document.
headings() {
    sed -nE 's/^#+ //p' "$1" | tr '[:upper:]' '[:lower:]' | sed -E 's/[^a-z0-9 _-]//g; s/ /-/g'
}

# Paths with a folder of the project in front, wherever a text says them.
in_texts() {
    local tops_re
    tops_re='(libchaos|chaos|noxs|tinyx|tests|benchmarks|kernel-patches|docs|man|completion|systemd)'
    grep -vE '^(tests/fuzz/corpus/|benchmarks/results/|docs/demo\.|tests/(docs|rooms)\.t$|CHANGELOG\.md$|.*\.(svg|png|patch|lock)$)' <<<"$files" |
        xargs grep -HoE "(^|[^A-Za-z0-9_./<\$}*-])$tops_re/[A-Za-z0-9_/.-]*[A-Za-z0-9_-]\.([cht]|md|py|mk|ld|sh)\b" |
        sed -E 's/^([^:]*):[^A-Za-z]?(.*)/\1 \2/' | sort -u | while read -r file path; do
        [[ $path == *[A-Z][A-Z]* ]] || there "$path" "$(dirname "$file")" || echo "$file: $path"
    done
}

# Names of C files without a folder, in comments of our own sources.
in_comments() {
    grep -E '^(libchaos|chaos|tests/unit)/.*\.[ch]$|^noxs/noxs\.[ch]$|^tests/fuzz/[^/]*\.[ch]$' <<<"$files" |
        xargs grep -HE '^ \*|/\*' | sed -E 's/"[^"]*"//g; /#include/d' |
        grep -oE '^[^:]*:|(^|[^A-Za-z0-9_./<-])[a-z][a-z0-9_]*\.[ch]\b' |
        awk '/:$/ {file = $0; next} {sub(/^[^a-z]/, ""); print file, $0}' | sort -u | while read -r file name; do
        grep -qE "(^|/)$name\$" <<<"$files" || echo "$file $name"
    done
}

demo_svg() {
    docs/demo-svg docs/demo.txt | diff - docs/demo.svg | head -n 3
}

# The check itself finds what is not there.
finds_what_is_missing() {
    local copy out
    [ -z "${DOCS_ROOT:-}" ] || return 0
    copy=$(mktemp -d)
    mkdir -p "$copy/docs" "$copy/libchaos/base"
    touch "$copy/libchaos/base/error.c"
    printf '%s\n' '`libchaos/error.c` and `error.c`' '[here](gone.md)' '[there](a.md#no-such)' >"$copy/docs/a.md"
    out=$(DOCS_ROOT=$copy GIT_CEILING_DIRECTORIES=/ "$PWD/tests/docs.t")
    rm -rf "$copy"
    for word in 'docs/a.md: libchaos/error.c' 'docs/a.md: gone.md' 'no such heading: a.md#no-such'; do
        grep -qF "$word" <<<"$out" || echo "not found: $word"
    done
    ! grep -qxF '# docs/a.md: error.c' <<<"$out" || echo "error.c is there: $out"
}

none "files and folders that documents name are there" in_backticks
none "links lead somewhere" links
none "paths in comments and messages are there" in_texts
none "files that comments name are there" in_comments
none "docs/demo.svg is what docs/demo-svg draws" demo_svg
none "what is missing would be found" finds_what_is_missing
none_left
