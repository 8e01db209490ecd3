#!/bin/sh
# Debian as a PV guest over XenStore, beside oxenstored, which Debian starts by default: stock.sh says what.
# lab: --xen stock --timeout 1500
# needs: guest-assets
set -- ocaml pv
# shellcheck source=tests/integration/stock.sh
. /src/tests/integration/stock.sh
