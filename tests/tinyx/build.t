#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# tinyx build on this host: what it refuses, with the place in the specification and nothing left behind; and that two
# builds give the same bytes. Needs what make tinyx-images makes, and the network, or packages that it has fetched.
# shellcheck source=tests/tinyx/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cache=${CHAOS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/chaos}

# refuse WHAT STATUS PATTERN: the specification is the input; what is there before and after is the same.
refuse() {
    local status=0 before after
    cat >spec.yaml
    before=$(find . | sort)
    "$tinyx" build spec.yaml -o out >output 2>message || status=$?
    after=$(find . ! -name output ! -name message | sort)
    rm -f output
    if [ "$status" = "$2" ] && grep -qE -- "$3" message && [ "$before" = "$after" ]; then
        result 0 "$1"
    else
        result 1 "$1"
        echo "# status $status, not $2; or no match for: $3"
        sed 's/^/# /' message
        diff <(echo "$before") <(echo "$after") | sed 's/^/# /'
    fi
    rm -f message
}

refuse "an unknown key" 3 'spec\.yaml:2:1: .*"packge": unknown key \(did you mean package' <<'END'
name: x
packge: nginx
END
refuse "no application" 3 'spec\.yaml: the application is missing' <<'END'
name: x
END
refuse "an unknown package" 4 'spec\.yaml:2:10: package: "no-such-package-at-all": no such package in Debian' <<'END'
name: x
package: no-such-package-at-all
command: x
END
refuse "an unknown package among several" 4 'spec\.yaml:3:34: packages: "neither-this-one": no such package' <<'END'
name: x
package: busybox-static
packages: [libc-bin, base-files, neither-this-one]
command: busybox
END
refuse "a command that no package has" 9 'spec\.yaml:3:10: command: "busibox" is in none of the packages \(did you mean busybox\?\)' <<'END'
name: x
package: busybox-static
command: busibox sh
END
refuse "a binary that is not there" 10 'spec\.yaml:2:9: binary: nowhere: No such file' <<'END'
name: x
binary: nowhere
END

echo '#!/bin/sh' >script && chmod +x script
refuse "a script whose interpreter nobody brings" 9 'spec\.yaml:2:9: /app/script needs the interpreter /bin/sh' <<'END'
name: x
binary: script
END
echo 'just text' >text && chmod +x text
refuse "text as a program" 9 'spec\.yaml:2:9: binary: /app/text is no program' <<'END'
name: x
binary: text
END
echo '#!/bin/sh' >plain
refuse "a program that is not executable" 9 'spec\.yaml:2:9: binary: /app/plain is not executable \(chmod \+x\)' <<'END'
name: x
binary: plain
END
# The head of an ELF file for i386, which nothing beyond is read of.
printf '\177ELF\1\1\1\0\0\0\0\0\0\0\0\0\2\0\3\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\64\0\40\0\0\0\50\0\0\0\0\0' >old
chmod +x old
refuse "a 32-bit program" 9 'spec\.yaml:2:9: binary: /app/old is a 32-bit program' <<'END'
name: x
binary: old
END
printf '\177ELF\2\1\1\0\0\0\0\0\0\0\0\0\2\0\267\0\1\0\0\0%040d' 0 | tr 0 '\0' >arm
chmod +x arm
refuse "a program for ARM" 9 'spec\.yaml:2:9: binary: /app/arm is a program for ARM' <<'END'
name: x
binary: arm
END
head -c 200 /bin/true >damaged
chmod +x damaged
refuse "half a program" 9 'spec\.yaml:2:9: binary: damaged: is damaged' <<'END'
name: x
binary: damaged
END
refuse "a directory without a command" 3 'spec\.yaml:.*command' <<'END'
name: x
directory: .
END
echo 'int main(void) { return 0; }' >app.c && cc -static -o static app.c
refuse "a fragment of the kernel that is not there" 4 'spec\.yaml:3:9: kernel: no fragment "wifi"' <<'END'
name: x
binary: static
kernel: wifi
END
echo 'CONFIG_SOUND=m # noise' >bad.config
refuse "a fragment with a module" 3 'bad\.config:1: CONFIG_SOUND: these kernels have no modules' <<'END'
name: x
binary: static
kernel: ./bad.config
END
echo 'int main(void) { return answer(); }' >app.c
echo 'int answer(void) { return 42; }' >lib.c
cc -shared -fPIC -Wl,-soname,libanswer.so.7 -o libanswer.so.7 lib.c
cc -w -o dynamic app.c ./libanswer.so.7 && rm libanswer.so.7 app.c lib.c
refuse "a library that no package has" 9 'spec\.yaml:2:9: /app/dynamic needs the library libanswer\.so\.7, which no package here has' <<'END'
name: x
binary: dynamic
END
refuse "a file that is not there" 10 'spec\.yaml:3:28: files\[0\]: lost: No such file' <<'END'
name: x
binary: dynamic
files: [{path: /x, source: lost}]
END
refuse "an owner who is nobody" 3 'spec\.yaml:2:7: user: "someone" is nobody here' <<'END'
name: x
user: someone
binary: dynamic
END
mkdir out && echo mine >out/file
refuse "a directory with something else in it" 10 'out has something in it that is no image' <<'END'
name: x
binary: dynamic
END
rm -r out
(
    # Another cache, and a mirror that nobody answers for.
    mkdir "$dir/cache"
    printf 'name: x\npackage: busybox-static\ncommand: busybox\n' >spec.yaml
    CHAOS_CACHE=$dir/cache CHAOS_DEBIAN_MIRROR=http://127.0.0.1:9/debian "$tinyx" build spec.yaml -o out >output 2>message
    [ $? = 4 ] && grep -q "package index cannot be fetched.*is there a network" message && [ ! -e out ]
)
result $? "no network" message
rm -rf cache

# Static and PIE programs, and a script with its interpreter, are no mistakes.
network='network: {mode: noxs, bridge: br0, ip: 10.0.0.9/16}'
echo 'int main(void) { return 0; }' >app.c
cc -static-pie -o pie app.c && printf 'name: x\nbinary: pie\n%s\n' "$network" >spec.yaml
"$tinyx" build spec.yaml -o pie.out >output 2>message
result $? "a static PIE program" message
cc -o linked app.c && printf 'name: x\nbinary: linked\n%s\n' "$network" >spec.yaml
"$tinyx" build spec.yaml -o linked.out >output 2>message
result $? "a PIE program with libraries" message
"$tinyx" inspect --why /usr/lib/x86_64-linux-gnu/libc.so.6 linked.out >output 2>&1
grep -q '^/usr/lib/x86_64-linux-gnu/libc.so.6 (libc6): /app/linked needs libc.so.6$' output
result $? "... inspect says what its library is for"
# e_shoff, then e_shnum and e_shstrndx: no sections, which nobody needs to run it.
cp linked bare
for at in 40,8 60,4; do
    dd if=/dev/zero of=bare bs=1 seek="${at%,*}" count="${at#*,}" conv=notrunc 2>/dev/null
done
printf 'name: x\nbinary: bare\n%s\n' "$network" >spec.yaml
./bare && "$tinyx" build spec.yaml -o bare.out >output 2>&1 &&
    "$tinyx" inspect --why /usr/lib/x86_64-linux-gnu/libc.so.6 bare.out >output 2>&1 && grep -q ': /app/bare needs libc.so.6$' output
result $? "a program without sections gets its libraries"
printf 'name: x\nbinary: script\npackages: [dash]\n%s\n' "$network" >spec.yaml
"$tinyx" build spec.yaml -o script.out >output 2>message
result $? "a script, with its interpreter's package" message

# nginx elsewhere, as another user would have it, on another day: the image that make built. And it takes the place of
# an earlier one.
mkdir -p a/b home && cp -r "$root/tinyx/examples/nginx" a/b/there && touch -d 2001-02-03 a/b/there/* && chmod 600 a/b/there/*
cc -shared -fPIC -o other-day.so "$root/tests/tinyx/other-day.c"
mkdir -p "$cache/tmp" && others=$(mktemp -d "$cache/tmp/tinyx.XXXXXX")
(
    cd a/b/there && umask 077 && mv spec.yaml other.yaml && cp -r "$root/build/tinyx/static" out
    export CHAOS_CACHE=$cache HOME=$dir/home USER=someone TZ=Asia/Kathmandu \
        LC_ALL=C.UTF-8 LD_PRELOAD=$dir/other-day.so
    [ "$(date +%Y)" != "$(LD_PRELOAD='' date +%Y)" ] && "$tinyx" build other.yaml -o ./out/ >/dev/null
) 2>message
result $? "an image takes the place of an earlier one" message
rmdir "$others"
result $? "... by a clock that is wrong, too, what others build in the cache is left alone"
diff <(cd "$root/build/tinyx/nginx" && sha256sum -- *) <(cd a/b/there/out && sha256sum -- *) >output 2>&1
result $? "two builds give the same bytes, whatever the day, the place, the user, and the times of files"
"$tinyx" diff "$root/build/tinyx/nginx" a/b/there/out >output 2>&1
result $? "... diff finds nothing"
"$tinyx" diff a/b/there/out pie.out >output 2>&1
grep -q '^- nginx version' output
result $? "... and between two others, what differs"

# A disk without room, first for the kernel, then for the files. What was there stays.
keep=$(cd a/b/there/out && sha256sum -- *)
for kib in 1000 4000; do
    (trap '' XFSZ && ulimit -f "$kib" && "$tinyx" build a/b/there/other.yaml -o a/b/there/out) >/dev/null 2>message
    [ $? = 10 ] && grep -q 'out\.[A-Za-z0-9]*/.*: File too large' message && [ "$(cd a/b/there/out && sha256sum -- *)" = "$keep" ]
    result $? "no room after $kib KiB: the image that was there stays" message
done
# What the user put beside an image stays when the next one takes its place; what the image before brought along goes.
kept() {
    [ "$(cat out/data.img out/notes/today)" = "my data
my notes" ] && [ "$(stat -c %i out/data.img)" = "$inode" ]
}
printf 'name: x\nbinary: pie\ntest: "true"\n%s\n' "$network" >spec.yaml
"$tinyx" build spec.yaml -o out >output 2>message && [ -e out/test.sh ]
result $? "(an image with a test)" message
mkdir out/notes && echo "my data" >out/data.img && echo "my notes" >out/notes/today && inode=$(stat -c %i out/data.img)
printf 'name: x\nbinary: pie\n%s\n' "$network" >spec.yaml
"$tinyx" build spec.yaml -o out >output 2>message && kept
result $? "an image takes the place of an earlier one, beside which the user's files stay" message
[ "$(cd out && echo *)" = "data.img initramfs manifest.json notes vm-pv.yaml vm.yaml vmlinux" ] && [ "$(echo out*)" = "out output" ]
result $? "... and of which nothing is left"
echo "my own" >out/test.sh && cp out/manifest.json before
printf 'name: x\nbinary: pie\ntest: "true"\n%s\n' "$network" >spec.yaml
"$tinyx" build spec.yaml -o out >output 2>message
[ $? = 10 ] && grep -q 'out/test.sh is not of the image that is there' message && kept && [ "$(cat out/test.sh)" = "my own" ] && cmp -s before out/manifest.json
result $? "a user's file of a name that the new image needs is an error, and all stays" message
rm out/test.sh && echo '{}' >out/manifest.json
"$tinyx" build spec.yaml -o out >output 2>message
[ $? = 9 ] && grep -q 'out/manifest.json: is no manifest of this version' message && kept
result $? "beside a manifest that lists nothing, nothing is touched" message
rm -rf out before

# Interrupted sooner and later.
printf 'name: x\nbinary: pie\n%s\n' "$network" >spec.yaml
failed=0
for after in 0.02 0.1 0.2 0.4 0.8 1.6; do
    timeout --foreground -s INT "$after" "$tinyx" build spec.yaml -o cut.out >/dev/null 2>message
    # 124: it has ended by itself meanwhile, or has not; it is the directory that counts.
    if [ -e cut.out ]; then
        diff -r cut.out pie.out >>message || failed=1
        rm -r cut.out
    fi
done
result $failed "interrupted, an image is complete or not there" message
! find . -name 'out.??????' -o -name '*.out.??????' | grep .
result $? "no directory that is half an image is left"
finish
