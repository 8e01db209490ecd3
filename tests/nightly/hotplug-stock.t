#!/bin/sh
# Hot-plug where the hypervisor has no noxs, and the device page lies in the guest's memory: hotplug.t, shorter.
# lab: --xen stock --memory 4096 --timeout 900
# needs: guest-assets
set -- 4 4 # rounds: PV, PVH
# shellcheck source=tests/noxs/hotplug.t
. /src/tests/noxs/hotplug.t
