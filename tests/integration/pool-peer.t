#!/bin/sh
# Clients that behave badly, and things in the way of chaosd's socket.
# lab: --timeout 300
# shellcheck disable=SC2016 # quoted for a shell of its own
# shellcheck source=tests/integration/pool.sh
. /src/tests/integration/pool.sh

baseline
pools
S=/run/chaos/chaosd.sock
chaosd_start
full || bail "no pool"
is "$(stat -c %a:%u $S)" 660:0 "the socket is root's and its group's"

for what in truncated malformed oversize version silent slow deaf nobody many; do
    ok "a peer: $what" "$PEER" "$what"
done
ok "a peer that dies with shells in its hands" "$PEER" takes
ok "... does not keep them" until_true 20 none_taken
ok "the pool is full after all that" full

# Another one.
chaosd --config chaosd.yaml 2>second
is "$?" 11 "a second chaosd is refused"
like "$(cat second)" 'another chaosd runs' "... and says why"

# What may be at the socket's place.
kill -KILL "$CHAOSD"
wait "$CHAOSD" 2>/dev/null
ok "a killed chaosd leaves its socket" test -S $S
chaosd_start
ok "... which the next one replaces" full
chaosd_stop

ln -s /etc/passwd $S
chaosd --config chaosd.yaml 2>err
is "$?" 10 "a symbolic link in the socket's place"
like "$(cat err)" 'is not a socket' "... is refused"
ok "... and left alone" test -L $S
rm -f $S
nc -lU $S &
nc=$!
until_true 5 test -S $S
chaosd --config chaosd.yaml 2>err
is "$?" 10 "somebody else's socket"
like "$(cat err)" 'listens|remove it' "... is refused"
kill $nc
wait $nc 2>/dev/null
chown 65534 $S
chaosd --config chaosd.yaml 2>err
is "$?" 10 "a socket of another user, on which nobody listens"
like "$(cat err)" 'belongs to user 65534' "... is refused"
ok "... and left alone" test -S $S
rm -f $S /run/chaos/chaosd.lock
echo theirs >victim
ln -s "$T/victim" /run/chaos/chaosd.lock
chaosd --config chaosd.yaml 2>err
is "$?" 11 "a symbolic link in the lock's place"
like "$(cat err)" 'cannot open /run/chaos/chaosd.lock' "... is refused"
is "$(cat victim)" theirs "... and not followed"
rm -f /run/chaos/chaosd.lock

# What listens there and is not chaosd: creations are direct.
"$PEER" impostor &
peer=$!
until_true 5 test -S $S
ok "another user's socket: the VM is created" timeout 60 chaos create --set type=pv -v warm-up.yaml
like "$ERR" '^  domain ' "... directly"
wait $peer
is "$?" 0 "... and nothing is asked there"
ok "destroy it" chaos destroy warm-up
rm -f $S

# A user of the group may look, and no more.
printf 'root:x:0:\nchaos:x:990:nobody\n' >group
cp /etc/group group.before 2>/dev/null
cat group >/etc/group
chaosd_start
full
is "$(stat -c %g $S)" 990 "the socket is given to the group"
ok "a member of the group looks, and does nothing else" "$PEER" member
ok "... others do not even connect" "$PEER" nobody
# ... nor does it keep root from the pool, with as many connections as it gets.
"$PEER" crowd >crowd.out &
peer=$!
ok "a member with many connections" until_true 60 test -s crowd.out
is "$(cat crowd.out)" 64 "... gets some of them"
ok "... while root creates" chaos create --set type=pv -v warm-up.yaml
like "$ERR" '^  take ' "... from the pool"
ok "... and destroys" chaos destroy warm-up
kill $peer
wait $peer 2>/dev/null
chaosd_stop
if [ -e group.before ]; then cat group.before >/etc/group; else rm -f /etc/group; fi

# Few descriptors: the daemon lives, and says no.
sh -c "ulimit -n 40; exec chaosd --config chaosd.yaml" 2>>chaosd.log &
CHAOSD=$!
ok "chaosd with 40 descriptors fills" full
ok "... stands many connections" "$PEER" many
ok "... and still hands out" sh -c 'chaos create --set type=pv -v warm-up.yaml 2>&1 | grep -q take'
ok "destroy it" chaos destroy warm-up
full
chaosd_stop
rm -rf /run/chaos/pool /run/chaos/chaosd.lock
finish
