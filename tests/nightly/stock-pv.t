#!/bin/sh
# Debian as a PV guest over XenStore, beside Xen's own XenStore daemon: stock.sh says what.
# lab: --xen stock --timeout 1500
# needs: guest-assets
set -- c pv
# shellcheck source=tests/integration/stock.sh
. /src/tests/integration/stock.sh
