#!/bin/bash
# tinyx run: boots an image in the lab, tries its test, has it power off, and tells how it went.
# SPDX-License-Identifier: BSD-3-Clause
# shellcheck source=tests/tinyx/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
export LAB_NO_BUILD=1

said() {
    tr -d '\r' <output | grep -qE "$1"
}

"$tinyx" run "$root/build/tinyx/httpd" >output 2>&1
result $? "httpd passes its test"
said '^Hello from busybox$' && said '^up$' && said '^tinyx: powering off$' && said '^tinyx run: httpd works$'
result $? "... what it answered and what it said is shown"

# As PV, one that ends.
echo 'int main(void) { return 3; }' >app.c
cc -static -Os -s -o three app.c
printf 'name: three\nbinary: three\nnetwork: {mode: noxs, bridge: br0, ip: 10.0.0.9/16}\nmemory: 16MiB\ntest: "false"\n' >spec.yaml
"$tinyx" build spec.yaml -o image >output 2>&1
result $? "(an image of a program that ends)"
"$tinyx" run --type pv image >output 2>&1
[ $? = 1 ] && said '^tinyx: three ended with status 3$' && said 'three ends by itself' && said 'image does not work'
result $? "a program that ends by itself does not pass"
# One without a test.
printf '#include <unistd.h>\nint main(void) { return pause(); }\n' >app.c
cc -static -Os -s -o waits app.c
printf 'name: waits\nbinary: waits\nnetwork: {mode: noxs, bridge: br0, ip: 10.0.0.9/16}\nmemory: 16MiB\n' >spec.yaml
"$tinyx" build spec.yaml -o image >output 2>&1 && "$tinyx" run --type pv image >output 2>&1 && said '^up$' && said 'waits works'
result $? "without a test, to be up is enough"
rm image/vm-pv.yaml
"$tinyx" run --type pv image >output 2>&1
[ $? = 4 ] && said 'image is not for pv'
result $? "a type that an image is not for"
"$tinyx" run . >output 2>&1
[ $? = 4 ] && said 'is no image'
result $? "a directory that is no image"
finish
