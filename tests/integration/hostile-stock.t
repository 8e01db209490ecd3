#!/bin/sh
# Hostile guests where the hypervisor has no noxs, and the device page is the guest's own memory.
# lab: --xen stock --timeout 600
set -- page
# shellcheck source=tests/integration/hostile.sh
. /src/tests/integration/hostile.sh
