#!/usr/bin/env bash
# What the lab asks of this host: its release, and where its apt fetches Debian from. Nothing is fetched or installed.
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
count=0

is() {
    count=$((count + 1))
    if [ "$1" = "$2" ]; then
        echo "ok $count - $3"
    else
        echo "not ok $count - $3"
        printf '# got:      %q\n# expected: %q\n' "$1" "$2"
    fi
}

# system ID VERSION CODENAME NAME: an os-release of its own.
system() {
    printf 'ID=%s\nVERSION_ID="%s"\nVERSION_CODENAME=%s\nPRETTY_NAME="%s"\n' "$@" >"$tmp/os-release"
}
export OS_RELEASE=$tmp/os-release

# The release.
deps() {
    "$here/../deps" --list lab >"$tmp/out" 2>"$tmp/err"
    echo "$?:$(wc -l <"$tmp/err"):$(sed "s, on [^ ]*; .*,," "$tmp/err")"
}
system debian 12 bookworm 'Debian GNU/Linux 12 (bookworm)'
is "$(deps)" 0:0: "Debian 12 will do"
is "$(grep -c '^libxen-dev ' "$tmp/out")" 1 "... and has Xen's libraries as a package"
system debian 13 trixie 'Debian GNU/Linux 13 (trixie)'
is "$(deps)" 0:0: "Debian 13 will do"
is "$(grep -c '^libxen-dev ' "$tmp/out")" 0 "... but its libxen-dev is of another Xen"
wants='1:1:deps: this needs Debian 12 or 13 on x86-64, not '
system ubuntu 24.04 noble 'Ubuntu 24.04.1 LTS'
is "$(deps)" "${wants}Ubuntu 24.04.1 LTS" "Ubuntu is told so in one line"
system debian 11 bullseye 'Debian 11'
is "$(deps)" "${wants}Debian 11" "... and Debian 11"
system debian '' forky 'Debian forky/sid'
is "$(deps)" "${wants}Debian forky/sid" "... and testing"
system linuxmint 6 faye 'LMDE 6 (faye)'
is "$(deps)" "${wants}LMDE 6 (faye)" "... and a derivative"
rm "$OS_RELEASE"
is "$(deps)" "${wants}Linux" "... and what has no name"

# The mirror. An apt of its own, whose sources and indexes are files here.
mkdir -p "$tmp"/apt/{sources.list.d,lists/partial,preferences.d,apt.conf.d}
cat >"$tmp/apt/apt.conf" <<CONF
Dir::Etc "$tmp/apt";
Dir::State "$tmp/apt";
Dir::State::status "/dev/null";
Dir::Cache "$tmp/apt";
CONF
export APT_CONFIG=$tmp/apt/apt.conf

# mirrors: of Debian itself and of its security updates.
mirrors() {
    # shellcheck disable=SC2016
    bash -c '. "$1/cache.sh" && . "$1/apt.sh" && echo "$(mirror_of main) $(mirror_of security)"' - "$here/.." 2>&1
}
# release URL-AS-FILE-NAME ORIGIN SUITE CODENAME: an index that apt has fetched.
release() {
    printf 'Origin: %s\nSuite: %s\nCodename: %s\nDate: Sat, 01 Aug 2026 00:00:00 UTC\nSHA256:\n' "$2" "$3" "$4" \
        >"$tmp/apt/lists/${1}_InRelease"
    : >"$tmp/apt/lists/${1}_main_binary-amd64_Packages"
}
sources() {
    rm -f "$tmp"/apt/sources.list "$tmp"/apt/sources.list.d/* "$tmp"/apt/lists/*_*
    cat >"$tmp/apt/$1"
}
system debian 13 trixie 'Debian GNU/Linux 13 (trixie)'
sources sources.list <<'END'
deb http://one.example/debian trixie main contrib
deb http://one.example/debian trixie-updates main
deb http://safe.example/debian-security trixie-security main
END
is "$(mirrors)" "http://one.example/debian/ http://safe.example/debian-security/" "one-line sources, no index fetched"
sources sources.list.d/debian.sources <<'END'
Types: deb deb-src
URIs: https://two.example/debian
Suites: trixie-updates trixie trixie-backports
Components: main non-free-firmware

Types: deb
URIs: https://two.example/debian-security
Suites: trixie-security
Components: main
END
is "$(mirrors)" "https://two.example/debian/ https://two.example/debian-security/" "deb822 sources, no index fetched"
sources sources.list <<'END'
deb cdrom:[Debian 13]/ trixie main
deb https://vendor.example/linux/debian trixie main
deb http://three.example/debian stable main
END
release vendor.example_linux_debian_dists_trixie Vendor trixie trixie
release three.example_debian_dists_stable Debian stable trixie
is "$(mirrors)" "http://three.example/debian/ " "an alias; neither a CD nor a vendor's repository"
sources sources.list <<'END'
deb http://new.example/debian trixie main
deb http://old.example/debian bookworm main
END
is "$(mirrors)" "http://old.example/debian/ " "one of Debian 12 itself comes first"
sources sources.list <<'END'
deb https://vendor.example/apt trixie main
END
is "$(mirrors)" " " "no mirror of Debian: none"
# shellcheck disable=SC2016
CHAOS_CACHE=$tmp/cache bash -c '. "$1/cache.sh" && . "$1/apt.sh" && apt_setup' - "$here/.." 2>"$tmp/err"
is "$?:$(wc -l <"$tmp/err"):$(grep -c CHAOS_DEBIAN_MIRROR=URL "$tmp/err")" 1:1:1 "... and one line says what to do"
echo "1..$count"
