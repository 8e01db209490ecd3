# shellcheck shell=sh
# What the demo's parts that run in Dom0 share. Anything that goes wrong ends them, with the step's name.
set -eu
exec 2>&1 # in the order in which things happen
# shellcheck disable=SC2034 # for those who source this
GUESTS=/tmp/demo/guests
# shellcheck disable=SC2034
ASSETS=/src/build/assets MODULES=/src/build/modules

step='the start'
trap '[ $? = 0 ] || echo "demo: FAILED in Dom0 at: $step"' EXIT
start=$(cut -d . -f 1 /proc/uptime)
begin() {
    step=$1
    printf '\n== %s (%d s in Dom0)\n' "$step" $(($(cut -d . -f 1 /proc/uptime) - start))
}

# shown COMMAND...: prints the command, then runs it.
shown() {
    echo "\$ $*"
    "$@"
}

# until_true COMMAND...: waits for it to succeed. What takes a second may take a hundred on a machine that does much
# else, and all of it is tried, not timed: the limit is there to end a demo that would never.
until_true() {
    deadline=$(($(cut -d . -f 1 /proc/uptime) + 900))
    until "$@" >/dev/null 2>&1; do
        [ "$(cut -d . -f 1 /proc/uptime)" -lt "$deadline" ] || return 1
        sleep 0.1
    done
}

# up NAME...: each one's console says "up", and nothing else.
up() {
    for name in "$@"; do
        said=''
        until_true hear_up "$name" || {
            echo "$name: $said"
            return 1
        }
        printf '%s: %s  ' "$name" "$said"
    done
    echo
}

# What was read is not there again, unless chaosd keeps it.
hear_up() {
    now=$(chaos console --dump "$1")
    said=$said$now
    [ "$now" = up ] || [ "$said" = up ]
}

# create direct|pool ARGUMENT...: creates VMs, and checks that they come from where they should.
create() {
    way=$1
    shift
    echo "\$ chaos create $*"
    chaos --log-format json create -v "$@" >out 2>steps
    awk '{ printf "%s%s", n++ ? ", " : "", $2 } END { print "" }' out
    # A creation begins with taking a shell from the pool, or else with its check.
    sed -n 's/.*"step":"\([a-z]*\)".*/\1/p' steps | awk -v way="$way" '
        $1 == "take" { taken++ }
        $1 == "check" { all++ }
        END { exit !all || taken + 0 != (way == "pool" ? all : 0) }' ||
        { echo "not by the way expected: $way"; cat steps; exit 1; }
}

# daytime NAME IP: asks it.
daytime() {
    until_true ping -c 1 -W 5 "$2" || return 1
    echo "$1: ping $2: $(ping -c 1 "$2" | sed -n 's/.*time=/answered in /p'); nc $2 13: $(nc -w 60 "$2" 13 </dev/null | tr -d '\r')"
    nc -w 60 "$2" 13 </dev/null | grep -q "$(date -u +%Y)"
}

mkdir -p "$GUESTS"
cd /tmp/demo
cp /src/build/guests/noop /src/build/guests/daytime "$GUESTS"
printf 'kernel: %s/noop\nmemory: 1MiB\n' "$GUESTS" >noop.yaml
printf 'kernel: %s/daytime\nmemory: 4MiB\nvifs:\n  - bridge: br0\n    ip: 10.0.0.10/24\n' "$GUESTS" >daytime.yaml
