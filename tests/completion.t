#!/usr/bin/env bash
# The completions of chaos(1) and tinyx(1) for bash: what is offered where.
# SPDX-License-Identifier: BSD-3-Clause
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
# shellcheck source=completion/chaos.bash
. completion/chaos.bash
# shellcheck source=completion/tinyx.bash
. completion/tinyx.bash

compopt() { :; } # works within a completion only
chaos() {
    case $1 in
    list) printf 'NAME ID\nweb 3\n(shell) 4\n- 5\n' ;;
    pool) printf 'FLAVOUR TYPE\nsmall pv\nlarge pvh\n' ;;
    esac
}

count=0
# offers WORDS EXPECTED: what is offered for the last of the words (a blank at the end: for a new one).
offers() {
    local -a words
    local before
    read -r -a words <<<"$1"
    [[ $1 != *' ' ]] || words+=('')
    COMP_WORDS=("${words[@]}")
    COMP_CWORD=$((${#words[@]} - 1))
    before=${words[COMP_CWORD - 1]}
    "_${words[0]}" "${words[0]}" "${words[COMP_CWORD]}" "$before"
    count=$((count + 1))
    if [ "${COMPREPLY[*]-}" = "$2" ]; then
        echo "ok $count - $1: $2"
    else
        echo "not ok $count - $1"
        printf '# offers:   %s\n# expected: %s\n' "${COMPREPLY[*]-}" "$2"
    fi
}

offers 'chaos po' pool
offers 'chaos conv' convert
offers 'chaos sw' sweep
offers 'chaos sweep ' ''
offers 'chaos pool ' 'status list metrics drain fill resize'
offers 'chaos pool drain ' 'small large'
offers 'chaos pool resize l' large
offers 'chaos pool resize large ' ''
offers 'chaos pool --format ' 'text table json'
offers 'chaos console ' 'web 4 5'
offers 'chaos console -e n' none
offers 'chaos console --' '--verbose --log-format --run-dir --help --log --escape --read-only --force --dump --foreign'
offers 'chaos create --set vi' 'vifs[0].bridge= vifs[0].mac= vifs[0].ip= vifs[0].gateway= vifs[0].mtu= vifs[0].rate='
offers 'chaos create --set vbds[0].m' 'vbds[0].mode='
offers 'chaos create --set console.s' 'console.server='
offers 'chaos device add web vif ' 'bridge= mac= ip= gateway= mtu= rate='
offers 'chaos device add web vbd t' 'target='
offers 'chaos device add web vif bridge=br0,i' 'bridge=br0,ip='
offers 'chaos device remove web vif ' ''
offers 'chaos device ' 'add remove list'

offers 'tinyx b' build
offers 'tinyx help t' trim
offers 'tinyx inspect --' '--help --why --packages --options --least'
offers 'tinyx run --type ' 'pv pvh'
offers 'tinyx kernel base xen-' 'xen-pv xen-pvh'
offers 'tinyx trim -m ' ''

# Each key that the manual has for interfaces and disks is offered.
while read -r key; do
    offers "chaos create --set vifs[0].$key" "vifs[0].$key="
done < <(sed -nE '/^\.It Cm vifs :/,/^\.It Cm vbds :/s/^\.It Cm ([a-uw-z][a-z]*) :.*/\1/p' man/chaos.yaml.5)
while read -r key; do
    offers "chaos create --set vbds[0].$key" "vbds[0].$key="
done < <(sed -nE '/^\.It Cm vbds :/,/^\.Ss/s/^\.It Cm (target|v?[a-ac-z]*) :.*/\1/p' man/chaos.yaml.5)
echo "1..$count"
