#!/bin/sh
# Hostile guests on a hypervisor with its own checks on, which a failed assertion would bring down.
# lab: --xen debug --timeout 600
set -- xen
# shellcheck source=tests/integration/hostile.sh
. /src/tests/integration/hostile.sh
