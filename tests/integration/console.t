#!/bin/sh
# The console: reading and typing, leaving, the log and its rotation, guests that flood it or break it, and
# the VM's end while somebody looks.
# lab: --cpus 2 --timeout 600
# shellcheck source=tests/integration/lib.sh
. /src/tests/integration/lib.sh
ESCAPE=$(printf '\035')
ON_TERMINAL=/src/build/tests/integration/on-terminal

baseline
mkfifo in

# attach COMMAND...: runs it in the background, its input from descriptor 3, its output in ./out and ./err.
attach() {
    "$@" <in >out 2>err &
    pid=$!
    exec 3>in
}

# ended STATUS DESCRIPTION: what was attached has ended by itself.
ended() {
    exec 3>&-
    wait $pid
    is "$?" "$1" "$2"
}

# leaves DESCRIPTION: a signal ends what was attached.
leaves() {
    kill $pid
    ended 130 "$1"
}

# in_order FILE...: 0 and the number of lines where `hello` flooded with each line once and in order.
in_order() {
    cat "$@" | tr -d '\r' | awk '/^flood: line/ { if ($3 != sprintf("%08d", n++)) bad = 1 } END { print bad + 0, n + 0 }'
}

for type in pv pvh; do
    vm hello hello "type: $type"
    chaos create hello.yaml >/dev/null
    until_true 20 in_state hello blocked
    attach chaos console hello
    shows out '^hello: type '$type "$type: what was written before is shown"
    shows out '^hello: ready' "... to its end"
    echo one >&3
    shows out '^echo: one$' "what is typed arrives"
    told 11 '^chaos console: the console of domain [0-9]+ is attached elsewhere' "a second reader" chaos console hello
    told 11 'attached elsewhere' "... also with --dump" chaos console --dump hello
    awk 'BEGIN { for (i = 1; i <= 100; i++) print "line", i, "of input, more than the ring takes at once" }' >&3
    shows out '^echo: line 100 of' "5 KiB at once"
    is "$(grep -c '^echo: line' out)" 100 "... arrive whole"
    printf 'a\035b\035\035c\n' >&3
    shows out "^echo: a${ESCAPE}b$ESCAPE${ESCAPE}c\$" "the escape byte is nothing special in a pipe"
    awk 'BEGIN { for (i = 1; i <= 1000; i++) printf "%04d \001\002\003\033\035\177\200\377 %050d\n", i, i }' >sent
    cat sent >&3
    shows out '^echo: 1000 ' "66 KB of bytes of all kinds"
    is "$(sed -n 's/^echo: \([0-9]\{4\} .*\)$/\1/p' out | tr -d '\r' | md5sum)" "$(md5sum <sent)" "... arrive as they are"
    printf 'last\nbefore' >&3
    shows out '^echo: last$' "... and so on"
    leaves "a signal ends it"
    is "$(state_of hello)" blocked "... and the VM runs on"

    attach chaos console hello
    echo >&3
    shows out '^echo: before$' "attached again: what was typed before is there"
    exec 3>&-
    chaos destroy hello
    ended 0 "the VM is destroyed while somebody reads"
    like "$(cat err)" '^chaos console: domain [0-9]+ has ended: destroyed$' "... who is told"
    clean "... and"
done

# Nothing is lost for want of a reader, and the log has it too.
for type in pv pvh; do
    vm flood hello "type: $type" 'cmdline: flood=2600'
    ok "$type: a VM that writes 2600 KiB" chaos create flood.yaml
    attach chaos console --log log flood
    shows out '^flood: done$' "... goes on as it is read"
    leaves "... until the reader leaves"
    is "$(in_order out)" "0 41600" "... no line is lost or doubled"
    is "$(in_order log.2 log.1 log)" "0 41600" "... in the log neither, over its rotation"
    is "$(stat -c %s log.1) $(stat -c %s log.2)" "1048576 1048576" "... which is at 1 MiB"
    is "$(cat log.2 log.1 log | md5sum)" "$(md5sum <out)" "... and has all"
    rm log*
    chaos destroy flood
done
vm logged hello "console: {log: $T/from-config}"
ok "a log named in the configuration" chaos create logged.yaml
attach chaos console logged
shows from-config '^hello: ready' "... is written"
leaves "... while attached"
rm from-config
ln -s /dev/full from-config
attach chaos console logged
echo x >&3
shows out '^echo: x' "a log on a full disk does not end the console"
like "$(cat err)" 'cannot write the console log: No space left on device; it ends here' "... and is told"
leaves "... which goes on to the end"
chaos destroy logged
ok "an override behind the file" chaos create logged.yaml --set console.log=
told 10 'console log /no-such-dir/log: No such file' "a log that cannot be opened" \
    chaos console logged --log /no-such-dir/log
chaos destroy logged

# Logs of other kinds than a file of the VM's own.
vm null hello 'console: {log: /dev/null}' 'cmdline: flood=2100'
chaos create null.yaml >/dev/null
attach chaos console null
shows out '^flood: done$' "a VM that writes 2 MiB with its log on /dev/null"
ok "... which stays a device" test -c /dev/null
nok "... and has no older ones" test -e /dev/null.1
leaves "... until the reader leaves"
mkfifo pipe
vm pipe hello "console: {log: $T/pipe}" 'cmdline: flood=200'
chaos create pipe.yaml >/dev/null
attach chaos console pipe
shows out '^flood: done$' "a FIFO that nobody reads holds nobody"
dd if=pipe of=piped bs=65536 count=1 2>/dev/null
like "$(head -n 1 piped)" '^hello: type' "... a reader that comes late has the first of it"
echo more >&3
shows out '^echo: more' "... the VM goes on"
leaves "... as the reader does"
vm small hello "console: {log: $T/small, log_size: 16KiB, log_keep: 1}" 'cmdline: flood=64'
chaos create small.yaml >/dev/null
attach chaos console small
shows out '^flood: done$' "a log with a size of its own"
is "$(stat -c %s small.1)" 16384 "... is rotated at that"
nok "... and keeps as many as it says" test -e small.2
leaves "... without chaosd"
rm small small.1

# One log, one VM.
vm one hello "console: {log: $T/one.log}"
told 3 'one.yaml:[0-9:]+ console.log: 2 VMs cannot have the same \(write %n' "-n with one log for all" \
    chaos create -n 2 one.yaml
ok "... with the VM's name in the log's" chaos create -n 2 one.yaml --set "console.log=$T/%n.log"
attach chaos console one-2
shows one-2.log '^hello: ready' "... each has its own"
told 11 'one-2.log: the console of "one-2" is logged to it' "another VM with that log is refused" \
    chaos create one.yaml --name other --set console.log=one-2.log
told 11 'one-2.log: another console is logged to it' "... and another reader with it" \
    chaos console one-1 --log one-2.log
leaves "the log is free again"
ok "... for another VM" chaos create one.yaml --name other --set console.log=one-2.log
attach chaos console one-2
echo >&3
shows out '^echo:' "the first one's console is logged again"
chaos console other </dev/null >out2 2>err2 &
other=$!
shows err2 'one-2.log: another console is logged to it .*; it is not logged' "... the other one's reader is told"
shows out2 '^hello: ready' "... and reads, without a log"
kill "$other"
wait "$other"
leaves "... beside the first"
chaos destroy --all
clean "logs"

# Guests that misuse the ring. The reader must end when asked to, and not say the same for ever.
for lie in '' lie; do
    for type in pv pvh; do
        vm flood flood "type: $type" "cmdline: $lie seed=5"
        chaos create flood.yaml >/dev/null
        attach timeout 4 chaos console flood
        ended 130 "$type: a flood ${lie:+with false indices }does not hold the reader"
        # A liar is read only where the reader comes between a line and a lie.
        case $lie in
        lie) ok "... it is told of the lie" grep -q 'broke its console ring' err ;;
        *) ok "... it saw some of it" test -s out ;;
        esac
        ok "... and said little about it: $(wc -l <err) lines" test "$(wc -l <err)" -lt 50
        ok "... the VM can be destroyed" chaos destroy flood
    done
done
clean "floods"

# create -c.
vm hello hello
attach chaos create -c hello.yaml
shows out '^hello: ready$' "create -c shows the console from its first byte"
is "$(head -n 1 out)" "hello: type pvh" "... indeed"
echo two >&3
shows out '^echo: two$' "... takes input"
leaves "... until a signal ends it"
is "$(state_of hello)" blocked "... with the VM running"
chaos destroy hello
for end in poweroff:0 crash:1; do
    vm end "${end%:*}"
    status "${end#*:}" "create -c until ${end%:*}" chaos create -c end.yaml
    like "$OUT" "^${end%:*}: " "... shows the last words"
    like "$ERR" "^chaos create: \"end\" has ended: ${end%:*}\$" "... and says how it ended"
done
clean "create -c"

# On a terminal.
chaos create hello.yaml >/dev/null
attach "$ON_TERMINAL" sh -c 'stty -a >before; chaos console hello; echo status=$? >left; stty -a >after'
shows out 'attached to "hello"; Ctrl-\] leaves' "on a terminal it says how to leave"
shows out 'hello: ready' "... shows the console"
printf 'three\r' >&3
shows out 'echo: three' "... takes what is typed, key by key"
is "$(grep -c '^three' out)" 0 "... without an echo of its own"
printf '\003\r' >&3
shows out 'echo: .$' "... Ctrl-C goes to the VM"
printf '\035' >&3
ended 0 "Ctrl-] leaves"
is "$(cat left)" status=0 "... with status 0"
is "$(cat after)" "$(cat before)" "... and the terminal is as it was"
attach "$ON_TERMINAL" sh -c 'stty -a >before; chaos console hello; stty -a >after'
shows out 'attached to' "attached again"
chaos destroy hello
ended 0 "... until the VM is destroyed"
is "$(cat after)" "$(cat before)" "... the terminal is as it was, too"

# on_terminal OPTION...: `chaos console` of `hello` on a terminal, its status in ./left.
on_terminal() {
    rm -f left
    attach "$ON_TERMINAL" sh -c 'chaos console "$@" hello; echo status=$? >left' sh "$@"
    shows out 'attached to "hello"' "chaos console $* on a terminal"
}

# The escape byte. What a terminal sends at once the command reads at once.
chaos create hello.yaml >/dev/null
on_terminal
shows out 'hello: ready' "... is there"
printf 'a\035\035b\r' >&3
shows out "echo: a${ESCAPE}b\$" "the escape typed twice sends it once"
printf 'before\035after\r' >&3
ended 0 "typed once it leaves"
is "$(cat left)" status=0 "... with status 0"
on_terminal
printf '\r' >&3
shows out 'echo: before$' "attached again: what was typed before the escape is there, what came after is not"
awk 'BEGIN { for (i = 1; i <= 100; i++) printf "line %d of input, more than the ring takes at once\r", i; printf "\035" }' >&3
ended 0 "5 KiB and the escape behind them"
grep -a '^echo: line' out >echoed
on_terminal
printf 'end\r' >&3
shows out 'echo: end$' "... attached again"
grep -a '^echo: line' out >>echoed
is "$(awk '{ print $3 }' echoed | sort -n | uniq | wc -l)" 100 "... all were delivered before it left"
chaos pause hello
awk 'BEGIN { for (i = 1; i <= 30; i++) printf "%059d\r", i; printf "\035" }' >&3
ended 0 "a VM that takes no input can be left"
like "$(cat out)" 'the VM did not take the last [0-9]+ bytes that were typed' "... which is told"
chaos unpause hello
on_terminal -e ^a
like "$(cat out)" 'attached to "hello"; Ctrl-A leaves' "another escape: it says how to leave"
printf 'x\035\r' >&3
shows out "echo: [0-9]*x$ESCAPE\$" "... Ctrl-] is a byte as any other"
printf '\001' >&3
ended 0 "... Ctrl-A leaves"
on_terminal --escape none
like "$(cat out)" 'attached to "hello"; nothing that is typed leaves' "no escape: it says so"
printf 'y\001\035\r' >&3
shows out "echo: y.$ESCAPE\$" "... all that is typed goes to the VM"
chaos destroy hello
ended 0 "... until that is destroyed"
attach "$ON_TERMINAL" chaos create -c -e '~' hello.yaml
shows out 'attached to "hello"; ~ leaves' "create -c has it as well"
shows out 'hello: ready' "... shows the console"
printf '~' >&3
ended 0 "... which a character leaves"
chaos destroy hello
for wrong in '' ab ^ab None; do
    told 2 'is neither a character, one behind' "-e \"$wrong\"" chaos console -e "$wrong" hello
done
told 2 'is about the console of -c' "create -e without -c" chaos create -e none hello.yaml
finish
