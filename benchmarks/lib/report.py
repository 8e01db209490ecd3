# SPDX-License-Identifier: BSD-3-Clause
"""report.md, and what two sets of results say about each other."""
import plots
import results
import spec

HEAD = """# Benchmark report

{what} All times are deterministic ones (*icount*: the emulated machine executes one instruction a nanosecond), and
most are given as multiples of **fork+exec** of a static `return 0` in the same Dom0 and the same run. How to read
them, and why so: [benchmarks/README.md](../../README.md). *Paper* is LightVM (SOSP '17), on its own hardware.

{versions}

## Promised figures

"""
TABLE = """| figure | goal | paper | xl | chaos | |
|---|---|---|---|---|---|
"""
# README.md has these ten figures, in words that need no row above them; report.md has all of them.
README_TABLE = """| figure | LightVM | xl | chaos |
|---|---|---|---|
"""
README_FIGURES = (
    ("create_noop_pv", "create a PV guest of 1 MiB"),
    ("create_noop_pvh", "create a PVH guest of 1 MiB"),
    ("create_vif_pv", "create a PV guest with a network interface"),
    ("create_noop_pv_warm", "create a PV guest from the daemon's pool, its kernel already loaded"),
    ("command_create_pool", "the whole command `chaos create` with the pool, its own start and exit included"),
    ("destroy_noop_pv", "destroy a PV guest"),
    ("create_noop_pv_1000th_over_first", "the 1000th creation over the first"),
    ("density_small_guests", "guests that run at once in a machine of 18.5 GiB"),
    ("tinyx_http_over_debian", "from the call to nginx' first answer: Tinyx over Debian's kernel and initramfs"),
    ("vif_throughput", "bytes a second of an interface, noxs over XenStore's drivers"),
)
README_PLOT = "creation"
BEGIN, END = "<!-- figures: benchmarks/bench publish writes them -->\n", "<!-- end of figures -->\n"


def number(value):
    """Four digits, never in powers of ten."""
    if value is None:
        return "-"
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    text = f"{value:.4g}"
    return text if "e" not in text else f"{value:.0f}"


def xl_value(promise, values):
    """xl's: a figure of the same run, by its key, or text."""
    return number(values.get(promise.xl.strip("`"))) if promise.xl.startswith("`") else promise.xl


def promise_lines(merged, verdicts):
    values = results.figures(merged)
    for verdict in verdicts:
        promise = verdict.promise
        mark = {"kept": "kept", "broken": "**broken**", "missing": "**not measured**", "skipped": "not in this run"}
        word = "**not reached yet**" if promise.not_yet and verdict.state == "broken" else mark[verdict.state]
        yield (f"| {promise.what} | {promise.sign} {promise.bound:g} | {promise.paper} | {xl_value(promise, values)} "
               f"| {number(verdict.value)} | {word} |")


def run_lines(out, name, run):
    yield f"\n## {name[0].upper()}{name[1:]}\n"
    if run.get("quick"):
        yield "A quick run: fewer guests.\n"
    yield run["method"] + "\n"
    for script in plots.scripts(name):
        if (out / f"{script.stem}.svg").exists():
            yield f"![{script.stem}]({script.stem}.svg)\n"
    notes = [f"- {series['name']}: {series['note']}" for series in run["series"] if series.get("note")]
    if notes:
        yield "\n".join(notes) + "\n"
    if run["figures"]:
        yield "| figure | value |\n|---|---|"
        yield from (f"| `{key}` | {number(value)} |" for key, value in run["figures"].items())
    yield f"\nUnit: {run['unit']}; fork+exec in this run: {run['unit_ns'] / 1e6:.3f} ms."


def write(out, merged, verdicts):
    runs = list(merged["runs"].items())
    versions = runs[0][1]["versions"] if runs else {}
    quick = [name for name, run in runs if run.get("quick")]
    what = "A whole run."
    if merged["quick"]:
        what = "A **quick** run: fewer guests, and not every figure."
    elif quick:
        what = f"Whole runs, but quick ones (fewer guests) of: {', '.join(quick)}."
    text = HEAD.format(what=what, versions=", ".join(f"{key} {value}" for key, value in versions.items()))
    text += TABLE + "\n".join(promise_lines(merged, verdicts)) + "\n"
    text += "\nWhat was tried where a goal is not reached, what each try gave, and what the rest is spent on: "
    text += "[what was tried](../../README.md#what-was-tried).\n"
    for name, run in runs:
        text += "\n".join(run_lines(out, name, run)) + "\n"
    (out / "report.md").write_text(text)


def readme_lines(merged, verdicts):
    values, found = results.figures(merged), {verdict.promise.key: verdict for verdict in verdicts}
    for key, what in README_FIGURES:
        if key not in found:
            raise SystemExit(f"bench: {key}, a figure of README.md, is not in {spec.FILE.name}")
        promise, value = found[key].promise, found[key].value
        value = "-" if value is None else number(float(f"{value:.3g}"))
        if found[key].state == "broken":
            value += f" (promised: {promise.promise})"
        yield f"| {what} | {promise.paper} | {xl_value(promise, values)} | {value} |"


def publish(readme, folder, merged, verdicts):
    """Puts ten figures and one plot of `folder` between the marks in the file `readme`."""
    head, rest = readme.read_text().split(BEGIN)
    tail = rest.split(END)[1]
    where = folder.resolve().relative_to(readme.resolve().parent)
    text = README_TABLE + "\n".join(readme_lines(merged, verdicts)) + "\n\n"
    text += f"All {len(verdicts)} figures, and how each was measured: [report]({where}/report.md).\n\n"
    text += f"![{README_PLOT}]({where}/{README_PLOT}.svg)\n"
    readme.write_text(head + BEGIN + text + END + tail)


def directions():
    """{key: True where more is better}; what is not promised is a cost, unless its name says otherwise."""
    return {promise.key: promise.sign == ">=" for promise in spec.load()}


MORE_IS_BETTER = ("_per_second", "_guests", "_answered", "_throughput")


def changes(base, new):
    """(key, before, after, how much worse in per cent) for all figures that both have."""
    before, after, more = results.figures(base), results.figures(new), directions()
    for key in before.keys() & after.keys():
        old, now = before[key], after[key]
        if old == now:
            worse = 0.0
        elif old == 0:
            worse = float("inf")
        else:
            worse = (now - old) / abs(old) * 100
        yield key, old, now, -worse if more.get(key, key.endswith(MORE_IS_BETTER)) else worse


def tell(rows, word):
    for key, old, now, percent in sorted(rows, key=lambda row: -abs(row[3])):
        print(f"{key}: {number(old)} -> {number(now)}, {abs(percent):.1f} % {word(percent)}")


def comparable(base, new):
    if base["quick"] != new["quick"]:
        raise SystemExit("bench: one of them is a quick run, the other is not")


def compare(base, new, limit):
    """Says what became worse by more than `limit` per cent; True where nothing did."""
    comparable(base, new)
    rows = list(changes(base, new))
    worse = [row for row in rows if row[3] > limit]
    tell(worse, lambda percent: "worse")
    better = sum(row[3] < -limit for row in rows)
    gone = results.figures(base).keys() - results.figures(new).keys()
    for key in sorted(gone):
        print(f"{key}: is gone")
    print(f"bench: of {len(rows)} figures {len(worse)} became worse by more than {limit:g} %, {better} better; "
          f"{len(gone)} are gone")
    return not worse


# Of what is promised: by so little figures that are near to nothing may differ.
NOTHING = 0.001


def agree(base, new, limit):
    """Says what differs by more than `limit` per cent, icount figures only; True where nothing does."""
    comparable(base, new)
    timed = {key for run in new["runs"].values() if run.get("clock", "icount") == "icount" for key in run["figures"]}
    slack = {promise.key: promise.bound * NOTHING for promise in spec.load()}
    rows = [row for row in changes(base, new) if row[0] in timed and abs(row[2] - row[1]) > slack.get(row[0], 0)]
    apart = [row for row in rows if abs(row[3]) > limit]
    tell(apart, lambda percent: "apart")
    print(f"bench: of {len(timed)} icount figures {len(apart)} differ by more than {limit:g} %; "
          f"the most is {max((abs(row[3]) for row in rows), default=0):.2f} %")
    return not apart
