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
# What bash offers is what the programs' own help lists, verb by verb.
for program in chaos tinyx; do
    for verb in $(build/bin/$program help | sed -nE 's/^  ([a-z]+) +.*/\1/p'); do
        count=$((count + 1))
        listed=$(build/bin/$program help "$verb" | grep -oE '^ +(-., )?--[a-z-]+' | grep -oE -- '--[a-z-]+' | sort)
        offered=$("_${program}_options" "$verb" | sort)
        if [ "$listed" = "$offered" ]; then
            echo "ok $count - $program $verb: options"
        else
            echo "not ok $count - $program $verb: options"
            diff <(echo "$listed") <(echo "$offered") | sed -n 's/^[<>]/# &/p'
        fi
    done
done

# The other shells' completions, where these are installed.
stub=$(mktemp -d)
trap 'rm -rf "$stub"' EXIT
cat >"$stub/chaos" <<END
#!/bin/sh
case \$1 in
list) printf 'NAME ID\nweb 3\n(shell) 4\n- 5\n' ;;
pool) printf 'FLAVOUR TYPE\nsmall pv\nlarge pvh\n' ;;
*) exec "$PWD/build/bin/chaos" "\$@" ;;
esac
END
chmod +x "$stub/chaos"

# fish_offers WORDS EXPECTED
fish_offers() {
    local got
    count=$((count + 1))
    if ! command -v fish >/dev/null; then
        echo "ok $count # SKIP no fish here"
        return
    fi
    got=$(PATH=$stub:$PATH fish -c "source completion/chaos.fish; complete -C '$1'" | cut -f 1 | sort | tr '\n' ' ')
    if [ "$got" = "$2 " ]; then
        echo "ok $count - fish: $1: $2"
    else
        echo "not ok $count - fish: $1"
        printf '# offers:   %s\n# expected: %s\n' "$got" "$2"
    fi
}
fish_offers 'chaos po' 'pool'
fish_offers 'chaos pool ' 'drain fill list metrics resize status'
fish_offers 'chaos pool drain ' 'large small'
fish_offers 'chaos console ' '4 5 web'
fish_offers 'chaos device add web ' 'vbd vif'
fish_offers 'chaos destroy --fo' '--foreign'

# zsh shows what it offers on a terminal only.
count=$((count + 1))
if ! command -v zsh >/dev/null; then
    echo "ok $count # SKIP no zsh here"
else
    zsh_offers() {
        PATH=$stub:$PATH python3 - "$1" <<'END'
import os, pty, select, sys, time
pid, fd = pty.fork()
if pid == 0:
    os.environ.update(TERM="dumb", ZDOTDIR="/nonexistent", HOME="/nonexistent")
    os.execvp("zsh", ["zsh", "-f", "-i"])
def read(marker, limit=30):
    seen, end = "", time.time() + limit
    while marker not in seen and time.time() < end:
        if select.select([fd], [], [], 0.2)[0]:
            seen += os.read(fd, 65536).decode(errors="replace")
    return seen
os.write(fd, b"PS1='R''DY ' LISTMAX=0; unsetopt zle_bracketed_paste; fpath=(completion $fpath); autoload -Uz compinit && compinit -u -D\n")
read("RDY ")
os.write(fd, b"bindkey '^I' complete-word; setopt list_ambiguous; unsetopt auto_menu always_to_end\n")
read("RDY ")
os.write(fd, (sys.argv[1] + "\t").encode())
os.write(fd, b"\x01echo '\x05' E''ND\n")
print(read("END"))
END
    }
    out=$(zsh_offers 'chaos pool dr')
    if grep -q 'chaos pool drain' <<<"$out"; then
        echo "ok $count - zsh: chaos pool dr: drain"
    else
        echo "not ok $count - zsh: chaos pool dr"
        head -n 20 <<<"$out" | sed 's/^/# /'
    fi
fi
echo "1..$count"
