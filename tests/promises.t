#!/usr/bin/env bash
# What benchmarks/SPECIFICATION.md promises of a single creation and destruction holds: measured on real Xen in
# deterministic time, against a process in the same run. `make bench` holds the rest.
# SPDX-License-Identifier: BSD-3-Clause
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
if ! BENCH_NO_XL=1 benchmarks/run.d/10-operations --out "$out" 2>"$out/log"; then
    sed 's/^/# /' "$out/log"
    echo "Bail out! the run itself failed"
    exit 1
fi
benchmarks/bench check "$out"
