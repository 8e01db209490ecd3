#!/bin/sh
# xl console, beside oxenstored, which Debian starts by default: xl-console.t.
# lab: --xen stock --timeout 900
set -- ocaml
# shellcheck source=tests/integration/xl-console.t
. /src/tests/integration/xl-console.t
