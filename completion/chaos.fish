# SPDX-License-Identifier: BSD-3-Clause
# Completion of chaos(1) for fish. The verbs are those that "chaos help" lists.

function __chaos_verbs
    chaos help 2>/dev/null | sed -nE 's/^  ([a-z]+) +(.*)/\1\t\2/p'
end

# Names of VMs, and ids of those that have none.
function __chaos_domains
    chaos list 2>/dev/null | awk 'NR > 1 { print $1 ~ /^(-|\(shell\))$/ ? $2 : $1 }'
end

function __chaos_flavours
    chaos pool list 2>/dev/null | awk 'NR > 1 { print $1 }'
end

# __chaos_at N VERB...: the N-th word behind one of the verbs is asked for.
function __chaos_at
    set -l words (commandline -opc | string match -v -- '-*')
    test (count $words) -eq (math $argv[1] + 1); and contains -- "$words[2]" $argv[2..]
end

function __chaos_after
    set -l words (commandline -opc | string match -v -- '-*')
    test (count $words) -ge 2; and contains -- "$words[2]" $argv
end

function __chaos_option
    string match -q -- '-*' (commandline -ct)
end

# What "chaos help VERB" lists.
function __chaos_options
    set -l words (commandline -opc | string match -v -- '-*')
    chaos help $words[2] 2>/dev/null | sed -nE 's/^ +(-., )?(--[a-z-]+)( [A-Z]+)? +(.*)/\2\t\4/p'
end

complete -c chaos -f
complete -c chaos -n __fish_use_subcommand -a '(__chaos_verbs)'
complete -c chaos -n '__chaos_at 1 help' -a '(__chaos_verbs)'
complete -c chaos -n '__chaos_after info console pause unpause destroy wait shutdown reboot suspend resume' -a '(__chaos_domains)'
complete -c chaos -n '__chaos_after create convert' -F
complete -c chaos -n '__chaos_at 1 device' -a 'add remove list'
complete -c chaos -n '__chaos_at 2 device' -a '(__chaos_domains)'
complete -c chaos -n '__chaos_at 3 device' -a 'vif vbd'
complete -c chaos -n '__chaos_at 1 pool' -a 'status list metrics drain fill resize'
complete -c chaos -n '__chaos_at 2 pool' -a '(__chaos_flavours)'

complete -c chaos -n '__chaos_option' -a '(__chaos_options)'
complete -c chaos -l run-dir -x -a '(__fish_complete_directories)'
complete -c chaos -l log-format -x -a 'text json'
complete -c chaos -n '__chaos_after list info pool device' -l format -x -a 'text table json'
complete -c chaos -n '__chaos_after console' -l log -r -F
