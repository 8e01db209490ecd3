#!/bin/sh
# The same with oxenstored, which Debian starts by default.
# lab: --xen stock --timeout 1500
# needs: guest-assets
set -- ocaml
# shellcheck source=tests/integration/pool-store.sh
. /src/tests/integration/pool-store.sh
