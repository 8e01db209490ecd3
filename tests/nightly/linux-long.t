#!/bin/sh
# Debian's kernel serves 200 MB from its disk over the network: linux.t, longer.
# lab: --xen noxs --memory 4096 --timeout 2400
# needs: guest-assets
# shellcheck disable=SC2034 # for linux.sh
DISK_MIB=200
# shellcheck source=tests/noxs/linux.t
. /src/tests/noxs/linux.t
