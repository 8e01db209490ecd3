# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# Completion of chaos(1) for bash.

# _chaos_domains: names of VMs, and ids of those that have none.
_chaos_domains() {
    chaos list 2>/dev/null | awk 'NR > 1 { print $1 ~ /^(-|\(shell\))$/ ? $2 : $1 }'
}

# _chaos_flavours: names of chaosd's.
_chaos_flavours() {
    chaos pool list 2>/dev/null | awk 'NR > 1 { print $1 }'
}

# _chaos_spec KIND WORD: the keys of a device, behind those that WORD has already.
_chaos_spec() {
    local spec='bridge= mac= ip= gateway= mtu= rate=' done=''
    [ "$1" = vif ] || spec='target= vdev= mode= format='
    case $2 in
    *,*) done=${2%,*}, ;;
    esac
    # shellcheck disable=SC2086 # words
    printf "$done%s\n" $spec
}

# _chaos_verb: the first word that is no option.
_chaos_verb() {
    local i
    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
        --log-format | --run-dir) i=$((i + 1)) ;;
        -*) ;;
        *)
            printf '%s\n' "${COMP_WORDS[i]}"
            return
            ;;
        esac
    done
}

_chaos_options() {
    printf '%s\n' --verbose --log-format --run-dir --help
    case $1 in
    create) printf '%s\n' --count --console --escape --name --set --paused --dry-run ;;
    list) printf '%s\n' --format --all --quiet ;;
    info | pool) printf '%s\n' --format ;;
    console) printf '%s\n' --log --escape --read-only --force --dump --foreign ;;
    destroy) printf '%s\n' --all --foreign ;;
    shutdown) printf '%s\n' --timeout --foreign ;;
    wait | reboot | suspend) printf '%s\n' --timeout ;;
    device) printf '%s\n' --force --timeout --format ;;
    '') printf '%s\n' --version ;;
    esac
}

_chaos() {
    local word=$2 before=$3 verb words
    local verbs='create convert list info console pause unpause destroy sweep wait shutdown reboot suspend resume device pool version help'
    local keys='name= type= kernel= ramdisk= cmdline= memory= vcpus= cpus= cpu_weight= cpu_cap= tsc_mode= max_event_channels= max_grant_frames= max_maptrack_frames= devices= on_poweroff= on_reboot= on_crash= console.log= console.log_size= console.log_keep= console.rate= console.server='
    local devices='vifs[0].bridge= vifs[0].mac= vifs[0].ip= vifs[0].gateway= vifs[0].mtu= vifs[0].rate= vbds[0].target= vbds[0].vdev= vbds[0].mode= vbds[0].format='
    verb=$(_chaos_verb)
    COMPREPLY=()
    case $before in
    --log-format) words='text json' ;;
    --format)
        case $verb in
        list | device) words='table json' ;;
        pool) words='text table json' ;;
        *) words='text json' ;;
        esac
        ;;
    --set) words="$keys $devices" && compopt -o nospace ;;
    --run-dir) compopt -o dirnames && return ;;
    --log) compopt -o default && return ;;
    -e | --escape) words='^] ^a ~ none' ;;
    -n | --count | --name | --timeout) return ;;
    *)
        case $verb:$word in
        *:-*) words=$(_chaos_options "$verb") ;;
        :*) words=$verbs ;;
        help:*) words=$verbs ;;
        create:* | convert:*) compopt -o default && return ;;
        device:*)
            case $before in
            device) words='add remove list' ;;
            add | remove | list) words=$(_chaos_domains) ;;
            vif | vbd)
                [[ " ${COMP_WORDS[*]} " == *' add '* ]] || return
                words=$(_chaos_spec "$before" "$word") && compopt -o nospace
                ;;
            *) words='vif vbd' ;;
            esac
            ;;
        pool:*)
            case $before in
            pool) words='status list metrics drain fill resize' ;;
            drain | fill | resize) words=$(_chaos_flavours) ;;
            *) return ;;
            esac
            ;;
        version:* | sweep:*) return ;;
        *) words=$(_chaos_domains) ;;
        esac
        ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}
complete -F _chaos chaos
