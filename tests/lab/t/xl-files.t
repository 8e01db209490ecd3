#!/usr/bin/env bash
# `chaos convert` and what xl itself has to say about its files: the examples that it ships, the keys that its parser asks
# for, and the forms in its manual pages, all of them from Debian's packages and read when this runs.
set -uo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
chaos=$root/build/bin/chaos
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
count=0

if ! examples=$("$root/tests/lab/fetch" xen-utils-common)/etc/xen || ! source=$("$root/tests/lab/fetch" xen); then
    echo "Bail out! xl's files cannot be fetched"
    exit 1
fi
pages=$source/docs/man

is() {
    count=$((count + 1))
    if [ "$1" = "$2" ]; then
        echo "ok $count - $3"
    else
        echo "not ok $count - $3"
        printf '# got:      %q\n# expected: %q\n' "$1" "$2"
    fi
}

# convert FILE: exit status and what was told, without where.
convert() {
    "$chaos" convert "$1" >"$tmp/out" 2>"$tmp/err"
    echo "$?: $(sed -E 's/^chaos convert: [^ ]*:[0-9]+:[0-9]+: //' "$tmp/err" | paste -s -d ';')"
}
# Of one line.
line() {
    printf '%s\n' "$1" >"$tmp/line"
    convert "$tmp/line"
}

shipped=("$examples"/xlexample.*)
is "${#shipped[@]}" 3 "xl ships three examples"
for type in pvlinux pvhlinux; do
    is "$(convert "$examples/xlexample.$type")" "0: " "xlexample.$type is converted, and nothing is lost"
done
is "$(convert "$examples/xlexample.hvm")" "3: type: \"hvm\" has no counterpart (kernels of Linux run as \"pvh\", too);sdl: has no \
counterpart (it is for the device model of HVM guests)" "xlexample.hvm is not, and what is lost is told"

# No key of xl's is unknown.
keys=$(grep -ohE 'xlu_cfg_(get|replace)_[a-z]+ *\(config, *"[a-z0-9_]+"' "$source/tools/xl/xl_parse.c" | cut -d '"' -f 2 | sort -u)
is "$(($(wc -w <<<"$keys") > 140))" 1 "xl's parser asks for keys ($(wc -w <<<"$keys"))"
is "$(for key in $keys; do line "$key = '1'"; done | grep 'unknown key')" "" "... all of which are known"
network=$(sed -nE 's|^=head2 ([a-z]+)( / ([a-z]+))?$|\1 \3|p' "$pages/xl-network-configuration.5.pod.in")
is "$(($(wc -w <<<"$network") >= 12))" 1 "xl-network-configuration(5) has keys ($(wc -w <<<"$network"))"
is "$(for key in $network; do line "vif = ['$key=1']"; done | grep 'unknown key' | grep -v trusted)" "" "... all of which are known"
is "$(line "vif = ['trusted', 'untrusted']")" "0: vif[1].untrusted: has no counterpart (the guest trusts Dom0)" \
    "... two of them as flags"
disk=$(sed -nE 's|^=item B<([a-z-]+)>(=.*)?( / B<([a-z-]+)>)?$|\1\2 \4|p' "$pages/xl-disk-configuration.5.pod.in" |
    sed -E 's/=[^ ]*/=1/')
is "$(($(wc -w <<<"$disk") >= 10))" 1 "xl-disk-configuration(5) has keys and flags ($(wc -w <<<"$disk"))"
is "$(for key in $disk; do line "disk = ['/i,raw,xvda,rw,$key']"; done | grep 'unknown key')" "" "... all of which are known"

# The forms in the manual pages.
while read -r form; do
    case $form in
    *image.iso*) is "$(line "disk = ['$form']")" "3: disk[0]: a CD-ROM has no counterpart (give the image as a disk, with ro)" "$form" ;;
    *) is "$(line "disk = ['$form']")" '0: disk[0].vdev: "hda" has no counterpart, xvda is taken' "$form" ;;
    esac
done < <(sed -nE '1,33s/^    +((\/|raw:|format=)[^ ]*(, [^ ]+)*)( +\(deprecated.*)?$/\1/p' "$pages/xl-disk-configuration.5.pod.in")
is "$(($(grep -cE '^    +(/|raw:|format=)' "$pages/xl-disk-configuration.5.pod.in") == 9))" 1 "xl-disk-configuration(5) has nine forms"
while read -r form; do
    case $form in
    *model=*) lost='vif[0].model: has no counterpart (nothing is emulated)' ;;
    *@20ms*) lost='vif[0].rate: the interval has no counterpart (it is fixed)' ;;
    *) lost= ;;
    esac
    is "$(line "vif = ['$form']")" "0: $lost" "vif '$form'"
done < <(sed -nE "s/^        '([^']*)'.*/\1/p" "$pages/xl-network-configuration.5.pod.in")
is "$(sed -nE "s/^        '([^']*)'.*/\1/p" "$pages/xl-network-configuration.5.pod.in" | wc -l)" 6 "xl-network-configuration(5) has six forms"
echo "1..$count"
