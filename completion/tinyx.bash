# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# Completion of tinyx(1) for bash.

_tinyx_options() {
    printf '%s\n' --help
    case $1 in
    build) printf '%s\n' --output --update ;;
    run) printf '%s\n' --type ;;
    inspect) printf '%s\n' --why --packages --options --least ;;
    kernel) printf '%s\n' --options ;;
    trim) printf '%s\n' --output --initramfs --test --memory --cmdline --keep ;;
    '') printf '%s\n' --version ;;
    esac
}

_tinyx() {
    local word=$2 before=$3 verb='' words=''
    local verbs='build run inspect diff kernel trim version help'
    local fragments='base xen xen-pv xen-pvh net dhcp ipv6 block'
    [ "$COMP_CWORD" -lt 2 ] || verb=${COMP_WORDS[1]}
    COMPREPLY=()
    case $verb:$before in
    run:--type | run:-t) words='pv pvh' ;;
    inspect:--least | inspect:-l | inspect:--why | inspect:-w) return ;;
    trim:--test | trim:-t | trim:--memory | trim:-m | trim:--cmdline | trim:-c | trim:--keep | trim:-k) return ;;
    build:--output | build:-o | trim:--output | trim:-o) compopt -o dirnames && return ;;
    *)
        case $verb:$word in
        *:-*) words=$(_tinyx_options "$verb") ;;
        :* | help:*) words=$verbs ;;
        kernel:* | trim:*) words=$fragments && compopt -o default ;;
        run:* | inspect:* | diff:*) compopt -o dirnames && return ;;
        build:*) compopt -o default && return ;;
        *) return ;;
        esac
        ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}
complete -F _tinyx tinyx
