#!/bin/sh
# GRUB's PV image over XenStore, beside oxenstored, which Debian starts by default: stock.sh says what.
# lab: --xen stock --timeout 1500
# needs: guest-assets
set -- ocaml grub
# shellcheck source=tests/integration/stock.sh
. /src/tests/integration/stock.sh
