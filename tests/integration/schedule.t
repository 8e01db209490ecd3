#!/bin/sh
# Where and how much VMs run: cpus, cpu_weight and cpu_cap. Method: one file in xl's format, read by chaos and by xl; Xen
# must say the same of both VMs.
# lab: --cpus 3 --timeout 300
# shellcheck source=tests/integration/lib.sh
. /src/tests/integration/lib.sh

lab-xl start

# affinity DOMAIN: the hard affinity of each vCPU, as xl prints it.
affinity() {
    xl vcpu-list "$1" 2>/dev/null | awk 'NR > 1 {sub(/ *\/.*/, ""); print $NF}' | paste -s -d ';'
}
# shares DOMID: weight and cap.
shares() {
    xl sched-credit2 -d "$1" 2>/dev/null | awk 'END {print $(NF - 1), $NF}'
}

# like_xl KEYS WHAT: creates a VM from these keys of xl by both, and compares.
like_xl() {
    printf '%s\n' "name = \"both\"; type = \"pv\"; kernel = \"$GUESTS/noop\"; memory = 8" "$1" >both.cfg
    ok "xl creates a VM with $2" xl create -q both.cfg
    theirs_cpus=$(affinity both) theirs_shares=$(shares "$(xl domid both)")
    xl destroy both
    ok "chaos creates one of the same file" chaos create both.cfg
    id=$(id_of both)
    is "$(affinity "$id")" "$theirs_cpus" "... its vCPUs run where xl's do: $theirs_cpus"
    is "$(shares "$id")" "$theirs_shares" "... with the same weight and cap: $theirs_shares"
    ok "convert" chaos convert both.cfg
    printf '%s\n' "$OUT" >again.yaml
    chaos destroy both
    ok "... makes a file that says the same" chaos create again.yaml
    is "$(affinity "$(id_of both)"), $(shares "$(id_of both)")" "$theirs_cpus, $theirs_shares" "... to Xen, too"
    chaos destroy both
}

vm noop noop
printf '%s\n' "name = \"first\"; type = \"pv\"; kernel = \"$GUESTS/noop\"; memory = 8" >first.cfg
xl create -q first.cfg && xl destroy first
baseline

like_xl 'vcpus = 2; cpus = "1-2"' "text for all vCPUs"
is "$theirs_cpus" "1-2;1-2" "... which xl shows"
like_xl 'vcpus = 3; cpus = [ "2", "0-2,^1" ]' "a list that is shorter"
is "$theirs_cpus" "2;0,2;all" "... which xl shows"
like_xl 'vcpus = 2; cpus = [ "all", "all,^0" ]; cpu_weight = 512; cap = 50' "a list, a weight and a cap"
is "$theirs_cpus, $theirs_shares" "all;1-2, 512 50" "... which xl shows"
like_xl 'cap = 100' "a cap alone"
is "$theirs_shares" "256 100" "... which xl shows"
printf '%s\n' "kernel = \"$GUESTS/noop\"" 'memory = 8' 'cap = 101' >more.cfg
told 3 'more.cfg:3:7: cpu_cap: 101 percent are more than 1 vCPUs can take ' "a cap above what the vCPUs can take" \
    chaos create more.cfg
printf '%s\n' "kernel: $GUESTS/noop" "memory: 8" "cpus: [0, 1]" >more.yaml
told 3 'more.yaml:3:7: cpus: has CPUs for 2 vCPUs, but there are 1 ' "a list for vCPUs that there are not" \
    chaos create more.yaml
finish --wait 15
