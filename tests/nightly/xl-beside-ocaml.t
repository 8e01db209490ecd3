#!/bin/sh
# chaos and xl beside each other, beside oxenstored, which Debian starts by default: xl-beside.t.
# lab: --xen stock --timeout 900
set -- ocaml
# shellcheck source=tests/integration/xl-beside.t
. /src/tests/integration/xl-beside.t
