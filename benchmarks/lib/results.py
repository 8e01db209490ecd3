# SPDX-License-Identifier: BSD-3-Clause
"""The results of one `make bench`: a JSON file a run, and all of them in results.json."""
import json

import runner

NEEDED = ("name", "method", "unit", "versions", "seed", "unit_ns", "series", "figures")


def load_run(path):
    """One run's document, checked for what all of them have."""
    run = json.loads(path.read_text())
    missing = [key for key in NEEDED if key not in run]
    if missing:
        raise SystemExit(f"bench: {path}: no {', '.join(missing)}")
    for series in run["series"]:
        if len(series["x"]) != len(series["y"]):
            raise SystemExit(f"bench: {path}: series {series['name']}: {len(series['x'])} x, {len(series['y'])} y")
    return run


def merge(out, quick):
    """Reads out/NAME.json of every run there and writes out/results.json."""
    order = {name: place for place, name in enumerate(runner.names())}
    runs = [load_run(path) for path in out.glob("*.json") if path.name != "results.json"]
    runs.sort(key=lambda run: order.get(run["name"], len(order)))
    merged = {"schema": 1, "quick": quick, "runs": {run["name"]: run for run in runs}}
    # A run a line: series are long, and a line a number would make them longer.
    lines = [f"{json.dumps(run['name'])}: {json.dumps(run)}" for run in runs]
    head = f'{{"schema": 1, "quick": {json.dumps(quick)}, "runs": {{\n'
    (out / "results.json").write_text(head + ",\n".join(lines) + "\n}}\n")
    return merged


def load(path):
    """results.json, given by its own path or its folder's."""
    path = path / "results.json" if path.is_dir() else path
    try:
        return json.loads(path.read_text())
    except OSError as error:
        raise SystemExit(f"bench: {path}: {error.strerror}") from None


def figures(merged):
    """{key: number} over all runs; each key is one run's alone."""
    values = {}
    for run in merged["runs"].values():
        twice = values.keys() & run["figures"].keys()
        if twice:
            raise SystemExit(f"bench: {run['name']}: figures that another run has, too: {', '.join(sorted(twice))}")
        values.update(run["figures"])
    return values
