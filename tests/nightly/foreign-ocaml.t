#!/bin/sh
# Domains of another toolstack, beside oxenstored, which Debian starts by default: foreign.t.
# lab: --timeout 600
set -- ocaml
# shellcheck source=tests/integration/foreign.t
. /src/tests/integration/foreign.t
