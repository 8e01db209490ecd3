# SPDX-License-Identifier: BSD-3-Clause
"""JSON to tables to plots: plots/NAME.gp and plots/NAME-*.gp belong to the run NAME."""
import os
import re
import shutil
import subprocess
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "plots"
MOST_POINTS = 1000  # more make a file larger and no plot better


def slug(name):
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def thinned(pairs):
    """At most MOST_POINTS of them, the first and the last among them."""
    if len(pairs) <= MOST_POINTS:
        return pairs
    step = (len(pairs) - 1) / (MOST_POINTS - 1)
    return [pairs[round(i * step)] for i in range(MOST_POINTS)]


def write_tables(folder, run):
    """A file SERIES.tsv for each series: x, y; names and units in comments."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for series in run["series"]:
        lines = [f"# {series['name']}", f"# {series['x_unit']}\t{series['y_unit']}"]
        for x, y in thinned(list(zip(series["x"], series["y"]))):
            lines.append(f'"{x}"\t{y}' if isinstance(x, str) else f"{x}\t{y}")
        (folder / f"{slug(series['name'])}.tsv").write_text("\n".join(lines) + "\n")


def scripts(name):
    return sorted(FOLDER.glob(f"{name}.gp")) + sorted(FOLDER.glob(f"{name}-*.gp"))


def gnuplot(script, tables, run, picture):
    """`tsv`, `unit_ns` and `versions` are what a script may use; style.gp sets terminal and looks."""
    versions = run["versions"]
    settings = {
        "tsv": str(tables), "picture": str(picture), "style": str(FOLDER / "style.gp"),
        "versions": f"Xen {versions['xen']}, Linux {versions['kernel']}, QEMU {versions['qemu'].split()[0]}, "
                    f"{run.get('clock', 'icount')}",
    }
    # Quotes in gnuplot's own way: '' within '...'.
    prologue = "; ".join("{}='{}'".format(key, value.replace("'", "''")) for key, value in settings.items())
    subprocess.run(["gnuplot", "-e", f"{prologue}; unit_ns={run['unit_ns']}; load style", str(script)], check=True,
                   env=dict(os.environ, LC_ALL="C.UTF-8"))


def draw(out, merged):
    """Tables and plots of all runs, as out/NAME.svg and out/NAME.png; returns nothing, fails loudly."""
    for name, run in merged["runs"].items():
        tables = out / "tables" / name
        write_tables(tables, run)
        for script in scripts(name):
            for kind in ("svg", "png"):
                gnuplot(script, tables, run, out / f"{script.stem}.{kind}")
