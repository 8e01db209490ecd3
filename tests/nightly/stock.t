#!/bin/sh
# Stock guests over XenStore: stock.sh says what.
# lab: --xen stock --timeout 900
# needs: guest-assets
set -- c
# shellcheck source=tests/integration/stock.sh
. /src/tests/integration/stock.sh
