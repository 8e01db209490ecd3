#!/bin/sh
# Devices over XenStore, beside oxenstored, which Debian starts by default: xenstore.t.
# lab: --xen stock --timeout 900
set -- ocaml
# shellcheck source=tests/integration/xenstore.t
. /src/tests/integration/xenstore.t
