#!/bin/sh
# The same with oxenstored, which Debian starts by default.
# lab: --xen stock --timeout 900
# needs: guest-assets
set -- ocaml
# shellcheck source=tests/integration/stock.sh
. /src/tests/integration/stock.sh
