#!/bin/sh
# Hot-plug under traffic, a hundred rounds: hotplug.t, longer.
# lab: --xen noxs --memory 4096 --timeout 2400
# needs: guest-assets
set -- 100 20 # rounds: PV, PVH
# shellcheck source=tests/noxs/hotplug.t
. /src/tests/noxs/hotplug.t
