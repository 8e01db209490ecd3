#!/bin/sh
# The console server of chaosd: what is kept, logs, several viewers, who types; chaosd that comes, goes and is
# killed; guests that flood.
# lab: --timeout 500
# shellcheck disable=SC2016 # quoted for a shell of its own
# shellcheck source=tests/integration/pool.sh
. /src/tests/integration/pool.sh
ON_TERMINAL=/src/build/tests/integration/on-terminal

baseline
# server LINE...: chaosd.yaml with a console server.
server() {
    {
        echo 'console:'
        for line in "$@"; do echo "  $line"; done
    } >chaosd.yaml
}

pid1='' pid2='' pid3=''

# attach N COMMAND...: in the background; input from fifo inN, output in outN and errN; its pid is $pidN.
attach() {
    n=$1
    shift
    [ -p "in$n" ] || mkfifo "in$n"
    rm -f "out$n" "err$n"
    "$@" <"in$n" >"out$n" 2>"err$n" &
    eval "pid$n=$!"
}

has_consoles() {
    [ "$(chaos pool status --format json | sed -n 's/.*"consoles": \([0-9]*\).*/\1/p')" = "$1" ]
}

# in_order FILE...: 0 and the number of lines where `hello` flooded with each line once and in order.
in_order() {
    cat "$@" | tr -d '\r' | awk '/^flood: line/ { if ($3 != sprintf("%08d", n++)) bad = 1 } END { print bad + 0, n + 0 }'
}

# A VM that was created before chaosd began, and those after it.
mkdir logs
server "log_dir: $T/logs" 'log_size: 64KiB' 'log_keep: 2'
vm hello hello
chaos create --name before hello.yaml >/dev/null
until_true 20 in_state before blocked
chaosd_start
until_true 20 answers
ok "a VM from before chaosd is adopted" until_true 20 has_consoles 1
like "$(chaos console --dump before)" '^hello: ready' "... with what its ring still holds"
is "$(chaos console --dump before | md5sum)" "$(chaos console --dump before | md5sum)" "... as often as it is asked for"
for type in pv pvh; do
    ok "create, $type" chaos create --set "type=$type" --name "$type" hello.yaml
    ok "... its console is served, though nobody asks" until_true 20 grep -q '^hello: ready' "logs/$type.log"
    like "$(chaos console --dump "$type")" "^hello: type $type" "... from its first byte on"
done
is "$(stat -c %a logs/pv.log)" 600 "a log is its owner's only"
ok "three consoles" has_consoles 3

# Several viewers.
attach 1 chaos console pv
exec 4>in1
attach 2 chaos console pv
exec 5>in2
attach 3 chaos console --read-only pv </dev/null
exec 6>in3
echo one >&4
for n in 1 2 3; do
    shows "out$n" '^echo: one' "viewer $n sees what is typed into the first"
    is "$(head -n 1 "out$n" | tr -d '\r')" "hello: type pv" "... and all that was before"
done
is "$(stat -c %s out1)" "$(stat -c %s out2)" "... the same"
echo two >&5
wait "$pid2"
is "$?" 11 "a second one that types is refused"
like "$(cat err2)" "process $pid1 types into this console.*--force takes over" "... and told who types"
exec 5>&-
is "$(grep -c 'echo: two' out1)" 0 "... what it typed went nowhere"
attach 2 chaos console --force pv
exec 5>in2
shows err1 'has taken over typing' "another takes over by force"
wait "$pid1"
is "$?" 11 "... the first, a pipe, ends"
exec 4>&-
echo three >&5
shows out3 '^echo: three' "... and types"
awk 'BEGIN { for (i = 1; i <= 100; i++) print "line", i, "of input, more than the ring takes at once" }' >&5
shows out3 '^echo: line 100 of' "5 KiB at once"
is "$(grep -c '^echo: line' out3)" 100 "... arrive whole"
printf 'last\nleft' >&5
shows out3 '^echo: last' "... to the end"
kill "$pid2"
wait "$pid2"
is "$?" 130 "a signal ends it"
exec 5>&-
attach 1 chaos console pv
exec 4>in1
echo >&4
shows out3 '^echo: left' "whoever comes then types: what was typed before is there"
ok "a terminal" sh -c '{ sleep 2; printf "\035"; } | "$1" chaos console pv >terminal 2>&1; cat terminal' sh "$ON_TERMINAL"
like "$(cat terminal)" "process $pid1 types into this console" "... that cannot type is told so"
ok "... and looks on" grep -q 'echo: three' terminal
chaos destroy pv
wait "$pid1"
is "$?" 0 "the VM is destroyed: viewers end"
like "$(cat err1)" 'has ended: destroyed' "... and are told"
wait "$pid3"
is "$?" 0 "... all of them"
exec 4>&- 6>&-
ok "... two consoles are left" until_true 20 has_consoles 2
clean_up() {
    chaos destroy "$@" >/dev/null 2>&1
}
clean_up before pvh

# The whole output of a VM that nobody reads goes to the log, which is rotated.
vm flood hello 'type: pv' 'cmdline: flood=150'
ok "a VM that writes 150 KiB, and nobody reads it" chaos create flood.yaml
shows logs/flood.log 'flood: done' "... goes on to its end"
is "$(in_order logs/flood.log.2 logs/flood.log.1 logs/flood.log)" "0 2400" "... the log has each line once, over its rotation"
is "$(stat -c %s logs/flood.log.1)" 65536 "... which is at log_size"
chaos console --dump flood >dump
ok "what is kept is bounded: $(stat -c %s dump) bytes" test "$(stat -c %s dump)" -eq 65536
is "$(tail -c 65536 dump | md5sum)" "$(cat logs/flood.log.2 logs/flood.log.1 logs/flood.log | tail -c 65536 | md5sum)" \
    "... and is the last of it"
clean_up flood

# Per VM.
vm own hello "console: {log: $T/own.log, log_size: 16KiB, log_keep: 0, rate: 64KiB/s}" 'cmdline: flood=64'
ok "a VM with a log of its own" chaos create own.yaml
shows own.log 'flood: done' "... is written there"
ok "... by its own size" test "$(stat -c %s own.log)" -le 16384
nok "... and not elsewhere" test -e logs/own.log
nok "... and keeps no old ones" test -e own.log.1
vm off hello 'console: {server: off}' 'cmdline: flood=8'
ok "a VM that is not served" chaos create off.yaml
sleep 0.3
nok "... has no log" test -e logs/off.log
attach 1 chaos console off
exec 4>in1
shows out1 'flood: done' "... chaos console attaches to its ring"
told 11 'attached elsewhere' "... and is alone with it" chaos console off
kill "$pid1"
wait "$pid1"
exec 4>&-
clean_up own off

# Logs of other kinds.
vm none hello 'console: {log: off}'
ok "a VM without a log" chaos create none.yaml
vm null hello 'console: {log: /dev/null, rate: 1GiB/s}' 'cmdline: flood=2100'
ok "a VM that writes 2 MiB with its log on /dev/null" chaos create null.yaml
mkfifo pipe
vm pipe hello "console: {log: $T/pipe, rate: 1GiB/s}" 'cmdline: flood=200'
ok "a VM with its log on a FIFO that nobody reads" chaos create pipe.yaml
for name in null pipe; do
    ok "... $name writes all of it" until_true 60 sh -c 'chaos console --dump "$1" | grep -q "^flood: done"' sh $name
done
ok "/dev/null stays a device" test -c /dev/null
nok "... without older ones" test -e /dev/null.1
dd if=pipe of=piped bs=65536 count=1 2>/dev/null
like "$(head -n 1 piped)" '^hello: type' "the FIFO's reader that comes late has the first of it"
like "$(chaos console --dump none)" '^hello: ready' "the VM without a log is served"
nok "... and has none in log_dir" test -e logs/none.log
clean_up none null pipe

# One log, one VM; a restart keeps it.
vm one hello "console: {log: $T/one.log}"
ok "a VM" chaos create one.yaml
shows one.log '^hello: ready' "... is logged"
told 11 'one.log: the console of "one" is logged to it' "another one with the same log is refused" \
    chaos create --name other one.yaml
clean_up one
ok "... but not when the first is gone" chaos create --name other one.yaml
ok "... whose log goes on" until_true 20 sh -c '[ "$(grep -c "^hello: ready" one.log)" -eq 2 ]'
clean_up other
vm lives poweroff 'on_poweroff: restart' "console: {log: $T/lives.log}"
ok "a VM that is restarted" chaos create lives.yaml
ok "... three lives in its log" until_true 60 sh -c '[ "$(grep -c "^poweroff: " lives.log)" -ge 3 ]'
unlike "$(cat chaosd.log)" 'lives.log: another console' "... each had it"
ok "... and destroyed" until_true 20 chaos destroy lives

# Last words, by the policy that chaosd follows.
for end in poweroff crash; do
    vm end $end
    chaos create -p end.yaml >/dev/null
    attach 1 chaos console end
    exec 4>in1
    until_true 20 has_consoles 1
    chaos unpause end
    wait "$pid1"
    is "$?" 0 "a VM that ends: $end"
    like "$(cat out1)" "^$end: " "... its last words are read"
    like "$(cat err1)" "has ended: $end" "... and how it ended is told"
    exec 4>&-
done
vm end crash 'on_crash: preserve'
chaos create end.yaml >/dev/null
until_true 20 sh -c 'chaos list | grep -q "^end .* crash "'
like "$(chaos console --dump end)" '^crash: ' "a VM that crashed and is preserved still has its output"
chaos console end </dev/null >out1 2>err1
is "$?" 0 "... chaos console ends at once"
like "$(cat out1)" '^crash: ' "... and shows it"
like "$(cat err1)" 'has ended: crash' "... with the reason"
clean_up end
status 1 "create -c of a VM that crashes" timeout 60 chaos create -c --name c --set on_crash=destroy end.yaml
like "$OUT" '^crash: ' "... shows its last words"
like "$ERR" '"c" has ended: crash' "... and says how it ended"
vm again poweroff 'on_poweroff: restart'
attach 1 chaos create -c again.yaml
exec 4>in1
lives() {
    [ "$(grep -c '"again" has ended: poweroff, restarted' err1)" -ge "$1" ]
}
ok "create -c of one that is restarted: three lives" until_true 60 lives 3
ok "... and their words" test "$(grep -c '^poweroff: ' out1)" -ge 2
ok "... and it looks on" kill -0 "$pid1"
diag "$(cat err1)"
kill -TERM "$pid1"
wait "$pid1"
exec 4>&-
ok "... and destroyed between two lives" until_true 20 chaos destroy again
sleep 0.2
nok "... for good" chaos info again

# chaosd begins while chaos console writes the log, which goes on without a gap.
vm handed hello 'cmdline: flood=400' 'type: pv' "console: {log: $T/handed.log, log_size: 4MiB, rate: 64KiB/s}"
chaos create -p handed.yaml >/dev/null
kill -TERM "$CHAOSD"
wait "$CHAOSD"
attach 1 chaos console handed
exec 4>in1
chaos unpause handed
shows handed.log 'line 00000100' "chaos console writes the log without chaosd"
chaosd_start
shows out1 '^flood: done' "chaosd begins"
is "$(in_order handed.log)" "0 6400" "... and the log has each line once"
nok "... nobody is told of a gap" grep -q 'log fails' chaosd.log
kill "$pid1"
wait "$pid1"
exec 4>&-
clean_up handed

# chaosd comes and goes while somebody reads.
vm flood hello 'cmdline: flood=400' 'type: pv'
server 'rate: 64KiB/s'
chaos create -p flood.yaml >/dev/null
kill -TERM "$CHAOSD"
wait "$CHAOSD"
attach 1 chaos console flood
exec 4>in1
chaos unpause flood
shows out1 'line 00000100' "a viewer without chaosd"
chaosd_start
until_true 20 answers
ok "... hands the ring to the chaosd that begins" until_true 20 has_consoles 1
ok "... which another one reads, too" sh -c 'chaos console --dump flood | grep -q "^flood: line"'
i=0
while [ $i -lt 8 ]; do
    i=$((i + 1))
    # From at once to half a second after it began: the viewer has come, or not yet.
    sleep "0.$((i % 6))"
    kill -KILL "$CHAOSD"
    wait "$CHAOSD" 2>/dev/null
    chaosd_start
done
shows out1 '^flood: done' "chaosd is killed 8 times: the viewer reads on to the end"
is "$(cat err1)" "" "... is told of no loss"
is "$(in_order out1)" "0 6400" "... and no line is lost or doubled"
until_true 20 answers
until_true 20 has_consoles 1
echo word >&4
shows out1 '^echo: word' "... and it can type"
kill "$pid1"
wait "$pid1"
is "$?" 130 "... until a signal ends it"
exec 4>&-
clean_up flood

# A VM that floods: it waits, and nobody else does.
mkdir -p logs2
server "log_dir: $T/logs2" 'log_size: 64KiB' 'log_keep: 1'
kill -HUP "$CHAOSD"
until_true 20 grep -q 'was read again' chaosd.log
for lie in '' lie; do
    for type in pv pvh; do
        vm wild flood "type: $type" "cmdline: $lie seed=5"
        ok "$type: a VM that floods${lie:+ with false indices}" chaos create wild.yaml
        ok "... is throttled" until_true 20 sh -c 'chaos pool metrics | grep -qE "^chaos_console_throttled_total [1-9]"'
        ok "... creations go on beside it" timeout 30 chaos create hello.yaml
        ok "... and their consoles" until_true 20 grep -q 'hello: ready' logs2/hello.log
        timeout -s INT 2 chaos console wild >out1 2>err1 </dev/null
        is "$?" 130 "... a viewer of it can leave"
        ok "... and was told little: $(wc -l <err1) lines" test "$(wc -l <err1)" -lt 50
        ok "... the logs stay small" test "$(du -sk logs2 | cut -f 1)" -lt 400
        ok "... it can be destroyed" chaos destroy wild
        clean_up hello
        rm -f logs2/*
    done
done
chaosd_stop
rm -rf /run/chaos/pool /run/chaos/chaosd.lock
finish
