#!/usr/bin/env bash
# What make install puts down can be used: programs in C and C++ compile against its headers and link with its library,
# shared and static, and call functions of each header.
# SPDX-License-Identifier: BSD-3-Clause
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
root=$dir/opt/chaos
count=0
check() {
    local what=$1
    shift
    count=$((count + 1))
    if "$@" >"$dir/log" 2>&1; then
        echo "ok $count - $what"
    else
        echo "not ok $count - $what"
        sed 's/^/# /' "$dir/log"
    fi
}

check "the packages have the library's version" grep -q "^chaos ($(sed -n 's/^#define CHAOS_VERSION "\(.*\)"/\1/p' libchaos/include/chaos.h)) " debian/changelog
check "make install" make -s install DESTDIR="$dir" PREFIX=/opt/chaos

# A program that takes the address of every function that the headers declare: none may be missing from the library.
functions=$(printf '#include <chaos.h>\n#include <chaos/pool.h>\n#include <chaos/daemon.h>\n' |
    cc -E -P -I"$root/include" -x c - | grep -v typedef | grep -oE '\bchaos_[a-z0-9_]+\(' | tr -d '(' | sort -u)
{
    printf '#include <stdio.h>\n#include <string.h>\n#include <chaos.h>\n#include <chaos/pool.h>\n#include <chaos/daemon.h>\n'
    printf 'typedef void any(void);\nstatic any *const all[] = {\n'
    # shellcheck disable=SC2086
    printf '    (any *)%s,\n' $functions
    cat <<'EOF'
};
int main(void)
{
    chaos_error *err = chaos_error_new();
    chaos_config *cfg;
    unsigned int nr = 0;
    int rc = chaos_config_parse("test", "type: pv\nmemory: 4MiB\n", 22, &cfg, err);

    for (unsigned int i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        nr += all[i] != NULL;
    printf("%d %d %u\n", rc, (int)chaos_config_memory_kib(cfg), nr);
    chaos_config_free(cfg);
    chaos_error_free(err);
    return 0;
}
EOF
} >"$dir/all.c"
cp "$dir/all.c" "$dir/all.cc"

static_libs='-l:libxenctrl.a -l:libxenforeignmemory.a -l:libxenevtchn.a -l:libxencall.a -l:libxengnttab.a
    -l:libxendevicemodel.a -l:libxentoolcore.a -l:libxentoollog.a -l:libyaml.a -l:libz.a -l:liblzma.a -l:libzstd.a -l:liblz4.a -l:libbz2.a -l:libnl-3.a -lpthread'
# What Debian 13's liblz4.a needs (and Debian 12's does not).
[ ! -e "$(cc -print-file-name=libxxhash.a)" ] || static_libs+=' -l:libxxhash.a'
says() {
    local out
    out=$(LD_LIBRARY_PATH=$root/lib "$1") && echo "$out" && [ "$out" = "0 4096 $(wc -w <<<"$functions")" ]
}

for header in chaos.h chaos/pool.h chaos/daemon.h $(cd "$root/include" && echo chaos/*.h); do
    echo "#include <$header>" >"$dir/one.c"
    cp "$dir/one.c" "$dir/one.cc"
    check "$header stands alone, in C11" cc -std=c11 -Wall -Wextra -Werror -pedantic -I"$root/include" -c -o "$dir/one.o" "$dir/one.c"
    check "$header stands alone, in C++" c++ -std=c++17 -Wall -Wextra -Werror -I"$root/include" -c -o "$dir/one.o" "$dir/one.cc"
done
check "a C program links with libchaos.so" cc -Wno-cast-function-type -I"$root/include" -o "$dir/c-shared" "$dir/all.c" -L"$root/lib" -lchaos
check "... and runs" says "$dir/c-shared"
check "a C++ program links with libchaos.so" c++ -I"$root/include" -o "$dir/cc-shared" "$dir/all.cc" -L"$root/lib" -lchaos
check "... and runs" says "$dir/cc-shared"
# shellcheck disable=SC2086
check "a C program links with libchaos.a" cc -I"$root/include" -o "$dir/c-static" "$dir/all.c" "$root/lib/libchaos.a" $static_libs
check "... and runs" says "$dir/c-static"
# shellcheck disable=SC2086
check "a C++ program links with libchaos.a" c++ -I"$root/include" -o "$dir/cc-static" "$dir/all.cc" "$root/lib/libchaos.a" $static_libs
check "... and runs" says "$dir/cc-static"
echo "1..$count"
