# shellcheck shell=sh
# Every hostile guest of tests/guests, PV and PVH, beside a neighbour that is pinged all the time: only the culprit
# is harmed. Run by hostile.t and, on a hypervisor with its own checks on, by hostile-debug.t.
# shellcheck source=tests/integration/lib.sh
. /src/tests/integration/lib.sh

devices_start

devices_baseline
truncate -s 1M disk.img other.img
modprobe loop 2>/dev/null
net_vm neighbour daytime pvh br0 10.0.0.2/16
chaos create neighbour.yaml >/dev/null || bail "no neighbour"
pings 10.0.0.2 || bail "the neighbour does not answer"
cp "$TAP_DIR/baseline" alone
ping -i 0.2 -W 2 10.0.0.2 >ping.out 2>&1 &
pinger=$!
rebase

# hostile GUEST TYPE [WORD...]: creates it with a vif and a vbd; WORDs are its command line.
hostile() {
    hostile_guest=$1 hostile_type=$2
    shift 2
    hostile_what="$hostile_guest $*, $hostile_type"
    net_vm "$hostile_guest" "$hostile_guest" "$hostile_type" br0 10.0.0.66/16
    printf 'vbds:\n  - target: disk.img\ncmdline: seed=1 %s\n' "$*" >>"$hostile_guest.yaml"
    : >"$hostile_guest.said"
    chaos create "$hostile_guest.yaml" >/dev/null 2>err || tap_result 1 "$hostile_what: created" || diag "$(cat err)"
}

says() {
    chaos console --dump "$1" >>"$1.said" 2>/dev/null
    grep -qE -- "$2" "$1.said"
}

# over: the culprit goes, the neighbour has not noticed.
over() {
    chaos destroy "$hostile_guest" 2>err || tap_result 1 "$hostile_what: destroyed" || diag "$(cat err)"
    ok "$hostile_what: the neighbour lives on" tells_date 10.0.0.2
    clean "$hostile_what"
}

# verdict GUEST TYPE SECONDS [WORD...]: a guest that checks what it is answered.
verdict() {
    verdict_seconds=$3
    verdict_guest=$1
    verdict_type=$2
    shift 3
    hostile "$verdict_guest" "$verdict_type" "$@"
    ok "$hostile_what: all is refused as it should" until_true "$verdict_seconds" says "$verdict_guest" "^$verdict_guest: ok, [1-9]"
    [ "$TAP_STATUS" = 0 ] || {
        diag "it is $(state_of "$verdict_guest") and said: $(tail -n 8 "$verdict_guest.said" | tr -d '\r')"
        diag "$(chaos device list "$verdict_guest"; dmesg | tail -n 4; xl dmesg | tail -n 4)"
    }
    over
}

# goes_on GUEST TYPE SECONDS WORD...: one that never ends by itself.
goes_on() {
    goes_seconds=$3
    goes_guest=$1
    goes_type=$2
    shift 3
    hostile "$goes_guest" "$goes_type" "$@"
    ok "$hostile_what: it began" until_true 20 says "$goes_guest" "^$goes_guest: begun"
    sleep "$goes_seconds"
    like "$(state_of "$goes_guest")" 'running|blocked' "$hostile_what: it still runs"
    over
}

# forger TYPE: the page that tells of its devices is the guest's own memory, and so is the channel.
forger() {
    for forger_word in open closed other storm; do
        hostile forger "$1" $forger_word
        ok "$hostile_what: it began" until_true 20 says forger '^forger: forging'
        unlike "$(cat forger.said)" 'got -?[0-9]' "$hostile_what: it could do all that it wanted to"
        forger_has "vbd 0,vif 0," "its devices are as they were made"
        ok "$hostile_what: a vif is added" chaos device add forger vif bridge=br0
        ok "$hostile_what: a vbd is added" chaos device add forger vbd target=other.img,mode=ro
        ok "$hostile_what: a vif is removed" chaos device remove --timeout 1 forger vif 0
        forger_has "vbd 0,vbd 1,vif 1," "they are what Dom0 made of them"
        told 1 'does not listen to power requests' "$hostile_what: no answer to a power request" \
            chaos shutdown --timeout 1 forger
        over
    done
}

forger_has() {
    is "$(chaos device list forger | awk 'NR > 1 && $1 != "control" { print $1, $2 }' | sort | tr '\n' ,)" "$1" "$hostile_what: $2"
}

# What is asked for: "xen": what Xen alone has to bear; "page": what is different where Xen has no noxs; all.
part=${1:-all}
case $(chaos version) in *"in guests' memory"*) own_page=1 ;; *) own_page=0 ;; esac
[ "$part" != page ] || is $own_page 1 "device pages lie in guests' memory here"

for type in pv pvh; do
    verdict privileged $type 60
    verdict arguments $type 30
    [ $own_page = 0 ] || [ "$part" = xen ] || forger $type
    [ "$part" != page ] || continue
    verdict exhaust $type 60
    for device in vif vbd; do
        verdict liar $type 90 device=$device
        goes_on scribble $type 2 device=$device
        goes_on reconnect $type 2 device=$device pause=2
    done
    # What follows asks Dom0 more than Xen.
    [ "$part" != xen ] || continue

    # It never answers: nobody waits longer than told.
    for word in waiting blind connected; do
        hostile mute $type $word
        ok "$hostile_what: it began" until_true 20 says mute '^mute: silent'
        if [ $word = connected ]; then
            told 124 'does not let go of vif 0' "$hostile_what: it keeps its vif" chaos device remove --timeout 1 mute vif 0
            ok "$hostile_what: it is taken away all the same" chaos device remove --force --timeout 0 mute vif 0
        else
            ok "$hostile_what: a vif it never used goes at once" chaos device remove --timeout 1 mute vif 0
        fi
        told 1 'does not listen to power requests' "$hostile_what: no answer to a power request" chaos shutdown --timeout 1 mute
        over
    done

    # A console that is full all the time, read and unread.
    for word in honest lie; do
        hostile flood $type $word
        timeout -s INT 2 chaos console --log flood.log flood </dev/null >flood.out 2>flood.err
        # One that lies is read only where the reader comes between a line and a lie.
        case $word in
        honest) ok "$hostile_what: what it says was read" [ -s flood.out ] ;;
        lie) ok "$hostile_what: the reader is told" grep -q 'broke its console ring' flood.err ;;
        esac
        over
        rm -f flood.log* flood.out
    done

    # Destroyed in the middle of connecting.
    for device in vif vbd; do
        for n in 1 2 3 4 5 6 7 8; do
            hostile reconnect $type device=$device pause=1
            sleep 0.0$n
            chaos destroy reconnect || diag "not destroyed"
        done
        ok "$hostile_what: destroyed while it connects, 8 times" tells_date 10.0.0.2
        clean "$hostile_what"
    done
done

# Two processes in Dom0 add and remove the same devices, and a third destroys the guest under them.
for type in pv pvh; do
    net_vm day daytime $type br0 10.0.0.66/16
    chaos create day.yaml >/dev/null
    pings 10.0.0.66
    for process in 1 2 3; do
        (
            n=0
            while [ $((n += 1)) -le 15 ]; do
                chaos device add day vif bridge=br0
                chaos device remove --force --timeout 0 day vif 1
                chaos device add day vbd target=disk.img,mode=ro
                chaos device remove --force --timeout 0 day vbd 0
            done
        ) >race.out.$process 2>&1 &
        eval "race_$process=\$!"
    done
    # shellcheck disable=SC2154 # by eval
    wait "$race_1" "$race_2"
    ok "$type: devices added and removed by three at once: the guest still answers" pings 10.0.0.66
    unlike "$(cat race.out.*)" 'Bad address|Invalid argument|Cannot allocate' "$type: and nobody is told nonsense"
    chaos destroy day
    # shellcheck disable=SC2154
    wait "$race_3"
    clean "$type: races of adding and removing"
done

kill $pinger
wait $pinger 2>/dev/null
answered=$(grep -c 'icmp_seq=' ping.out)
last=$(sed -n 's/.*icmp_seq=\([0-9]*\) .*/\1/p' ping.out | tail -n 1)
diag "the neighbour answered $answered of $last pings"
is "$((last > 100 && answered >= last * 9 / 10))" 1 "the neighbour answered all along"
ok "Dom0 can still create" chaos create day.yaml
ok "destroy all" chaos destroy --all
kernels_quiet "hostile guests"
cp alone "$TAP_DIR/baseline"
finish
