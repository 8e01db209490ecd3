#!/bin/sh
# Hostile guests: hostile.sh says what.
# lab: --xen noxs --timeout 1500
# shellcheck source=tests/integration/hostile.sh
. /src/tests/integration/hostile.sh
