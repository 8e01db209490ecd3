#!/bin/sh
# A pool of VMs whose devices are in XenStore: pool-store.sh says what. Here with Xen's own XenStore daemon.
# lab: --xen stock --timeout 1500
# needs: guest-assets
set -- c
# shellcheck source=tests/integration/pool-store.sh
. /src/tests/integration/pool-store.sh
