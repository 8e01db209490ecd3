#!/bin/sh
# XenStore in trouble, beside oxenstored, which Debian starts by default: xenstore-trouble.t.
# lab: --xen stock --timeout 900
set -- ocaml
# shellcheck source=tests/integration/xenstore-trouble.t
. /src/tests/integration/xenstore-trouble.t
