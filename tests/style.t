#!/usr/bin/env bash
# What a reader should not have to check: format, scripts, the library's symbols, manual pages, sizes of files.
# SPDX-License-Identifier: BSD-3-Clause
set -uo pipefail
# shellcheck source=tests/none.sh
. "$(dirname "${BASH_SOURCE[0]}")/none.sh"
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

c_files=() own_c_files=() scripts=() texts=()
while read -r file; do
    [ -f "$file" ] || continue
    case $file in
    tests/fuzz/corpus/* | benchmarks/results/*) continue ;;
    kernel-patches/*.[ch]) own_c_files+=("$file") ;; # in the style of Linux and Xen
    *.[ch]) c_files+=("$file") own_c_files+=("$file") ;;
    *.t | completion/*.bash) scripts+=("$file") ;;
    *.*) ;;
    *) ! head -n 1 "$file" | grep -qE '^#!.*\b(ba|da|)sh\b' || scripts+=("$file") ;;
    esac
    case $file in
    *.patch | *.lock | *.md | *.[1-9] | *.svg | *.png) ;;
    *) texts+=("$file") ;;
    esac
done < <(list_files)

unformatted() {
    local file
    for file in "${c_files[@]}"; do
        clang-format --dry-run -Werror "$file" 2>/dev/null || echo "clang-format -i $file"
    done
}

unlicensed() {
    local file
    for file in "${own_c_files[@]}"; do
        head -n 3 "$file" | grep -q 'SPDX-License-Identifier: ' || echo "$file"
    done
}

too_long() {
    wc -l "${texts[@]}" | awk '$1 >= 800 && $2 != "total"'
}

blanks() {
    grep -nHP '\t' "${c_files[@]}" | head
    grep -nHE '[[:blank:]]+$' "${own_c_files[@]}" "${scripts[@]}" Makefile | head
}

# The library exports what its headers declare, and nothing else.
exports() {
    diff <(printf '#include <chaos.h>\n#include <chaos/daemon.h>\n' | cc -E -P -Ilibchaos/include -x c - | grep -v typedef | grep -oE '\bchaos_[a-z0-9_]+\(' | tr -d '(' | sort -u) \
        <(nm -D --defined-only build/lib/libchaos.so | awk '$2 == "T" {sub(/@.*/, "", $3); print $3}' | sort -u) |
        sed -n 's/^</only in the headers:/p; s/^>/only in libchaos.so:/p'
}

# undocumented PROGRAM: the commands and options that it offers and its manual or its completion does not know.
undocumented() {
    local program=$1 manual=man/$1.1 completion=completion/$1.bash verb option
    for verb in $("build/bin/$program" help | awk '/^Commands:/ {on = 1; next} /^$/ {on = 0} on {print $1}'); do
        grep -qE "^\.Ss (.*, )?$verb(,|$)" "$manual" || echo "$manual: $verb"
        grep -qE "verbs='(.* )?${verb}[ ']" "$completion" || echo "$completion: $verb"
        for option in $("build/bin/$program" help "$verb" | sed -nE 's/^ +(-., )?--([a-z-]+).*/\2/p'); do
            grep -qE "^\.It Fl (. , )?-$option( |$)" "$manual" || echo "$manual: $verb --$option"
            grep -qE -- "--$option( |$)" "$completion" || echo "$completion: $verb --$option"
        done
    done
}

unknown_fragments() {
    local fragment
    for fragment in tinyx/kernel/*.config; do
        fragment=${fragment##*/}
        fragment=${fragment%.config}
        grep -qE "fragments='(.* )?${fragment}[ ']" completion/tinyx.bash || echo "completion: $fragment"
    done
}

exit_codes() {
    diff <(sed -nE 's/^\| ([0-9]+) \|.*/\1/p' docs/errors.md) \
        <(sed -n '/^\.Sh EXIT STATUS/,/^\.Sh EXAMPLES/p' man/chaos.1 | sed -nE 's/^\.It ([0-9]+)$/\1/p')
    diff <(sed -nE 's/^\| ([0-9]+) \| `.*/\1/p' docs/errors.md) \
        <(sed -nE 's/^ *CHAOS_(OK|E_[A-Z_]+) = ([0-9]+),.*/\2/p' libchaos/include/chaos/error.h)
}

unknown_keys() {
    local key
    for key in $(sed -nE "s/.*keys='(.*)'/\1/p" completion/chaos.bash | tr -d '='); do
        grep -qE "^\.It Cm ${key%.*}\b" man/chaos.yaml.5 || echo "$key"
    done
}

manuals() {
    local page
    for page in man/*.[1-9]; do
        mandoc -Tlint -Wwarning "$page"
    done
}

none "C files are formatted (${#c_files[@]} files)" unformatted
none "C files say their licence" unlicensed
none "scripts pass shellcheck (${#scripts[@]} files)" shellcheck -x "${scripts[@]}"
none "no file has 800 lines or more" too_long
none "no tabs in C files, no blanks at ends of lines" blanks
none "libchaos.so exports exactly the functions of its headers" exports
none "manual pages are well-formed" manuals
none "all commands and options are in chaos(1) and in the completion" undocumented chaos
none "all of tinyx' are in tinyx(1) and in its completion" undocumented tinyx
none "the completion of tinyx knows all fragments" unknown_fragments
none "exit codes are the same in docs/errors.md, chaos(1) and chaos.h" exit_codes
none "the completion's keys are in chaos.yaml(5)" unknown_keys
none_left
