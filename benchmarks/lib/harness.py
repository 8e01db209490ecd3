# SPDX-License-Identifier: BSD-3-Clause
"""What the runs share: their arguments, the lab, and the form of a result."""
import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, required=True, help="folder for NAME.json")
    parser.add_argument("--quick", action="store_true")
    return parser.parse_args()


def dom0(script, *args, memory=4096, dom0_memory=None, xen="noxs", icount=True, timeout=3000):
    """Runs benchmarks/dom0/SCRIPT in a lab of its own; returns the JSON document that it prints."""
    command = [str(ROOT / "tests/lab/lab"), "run", "--xen", xen, "--memory", str(memory), "--timeout", str(timeout)]
    command += ["--icount"] if icount else []
    command += ["--dom0-memory", str(dom0_memory)] if dom0_memory else []
    command += ["--", "sh", f"/src/benchmarks/dom0/{script}", *map(str, args)]
    print("+", " ".join(command), file=sys.stderr, flush=True)
    done = subprocess.run(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, check=False,
                          env=dict(os.environ, LAB_NO_BUILD="1"))
    if done.returncode:
        sys.stderr.write(done.stdout[-2000:])
        raise SystemExit(f"{script}: status {done.returncode} in the lab")
    return json.loads(done.stdout)


def series(name, x, y, x_unit, y_unit, note=""):
    return {"name": name, "x": list(x), "y": list(y), "x_unit": x_unit, "y_unit": y_unit, "note": note}


def qemu_version():
    text = subprocess.run([subprocess.check_output(["tests/lab/build-qemu"], text=True).strip(), "--version"], capture_output=True, text=True, check=True).stdout
    return text.split("version ", 1)[1].splitlines()[0]


def write(out, name, method, unit, documents, series_list, figures, clock="icount"):
    """Writes out/NAME.json. `documents`: what Dom0 printed, with versions, seed and unit_ns in each."""
    first = documents[0]
    result = {
        "name": name, "method": method, "unit": unit, "clock": clock,
        "versions": dict(first["versions"], qemu=qemu_version()),
        "seed": first.get("seed", 0), "unit_ns": first["unit_ns"],
        "series": series_list, "figures": figures, "quick": "--quick" in sys.argv,
    }
    temporary = out / f".{name}.tmp"
    temporary.write_text(json.dumps(result, indent=1) + "\n")
    temporary.rename(out / f"{name}.json")
