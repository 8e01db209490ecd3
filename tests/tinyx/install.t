#!/usr/bin/env bash
# tinyx as make install leaves it: on its own, far from the source, it builds an image with the very same kernel.
# SPDX-License-Identifier: BSD-3-Clause
# shellcheck source=tests/tinyx/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
share=$dir/opt/chaos/share
tinyx=$dir/opt/chaos/bin/tinyx

mkdir -p "$share/chaos/tinyx/kernel-patches/linux/hooks/6.1"
touch "$share/chaos/tinyx/kernel-patches/linux/hooks/6.1/of-an-earlier-version.patch"
umask 077 # of who installs, it is not for the installed files
make -s -C "$root" install DESTDIR="$dir" PREFIX=/opt/chaos >output 2>&1
result $? "make install"
umask 022
for file in man/man1/tinyx.1 bash-completion/completions/tinyx chaos/tinyx/kernel-patches/linux/apply; do
    [ -s "$share/$file" ] || echo "$file"
done >output
[ ! -s output ]
result $? "... with the manual, the completion and what kernels are made from"
find "$share/chaos/tinyx" -name 'of-an-earlier-version*' >output
[ ! -s output ]
result $? "... and without what an earlier version had there"
find "$share/chaos/tinyx" ! -perm -a=rX >output
[ ! -s output ]
result $? "... for all users"
(cd "$share/chaos/tinyx" && find . -type f -exec sh -c 'for file; do cmp -s "$file" "$0/$file" || echo "$file"; done' "$root" {} +) >output
[ ! -s output ]
result $? "... as it is here"

unset TINYX_DATA
echo 'int main(void) { return 0; }' >app.c
cc -static -Os -s -o app app.c
printf 'name: app\nbinary: app\nnetwork: {mode: noxs, bridge: br0, ip: 10.0.0.9/16}\n' >spec.yaml
"$tinyx" build spec.yaml -o image >output 2>&1
result $? "it builds an image of a static program"
"$root/build/bin/tinyx" build spec.yaml -o here >output 2>&1
result $? "... as the one in the source does"
diff <(cd image && sha256sum -- *) <(cd here && sha256sum -- *) >output 2>&1
result $? "... the same bytes"
# The kernel may have come from the cache: what a first one is fetched and patched with.
"$share/chaos/tinyx/tests/lab/fetch" linux-source-6.1 >fetched 2>output && [ -e "$(cat fetched)/usr/src/linux-source-6.1.tar.xz" ]
result $? "its own fetch finds Linux' source"
# no_lab DESCRIPTION FILE ARG...: tinyx says which lab is missing and what to do, and makes no FILE.
no_lab() {
    local what=$1 file=$2
    shift 2
    "$tinyx" "$@" >output 2>&1
    [ $? = 4 ] && grep -qF "the lab is missing (no program $share/chaos/tinyx/tests/lab/lab)" output &&
        grep -q 'set TINYX_DATA to the source' output && [ ! -e "$file" ]
    result $? "$what"
}
no_lab "run says that it needs a Dom0 or the lab" none run image
no_lab "trim says that it needs the lab, and does nothing" trimmed trim -o trimmed -i image/initramfs -t true base xen xen-pv
finish
