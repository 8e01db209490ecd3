# SPDX-License-Identifier: BSD-3-Clause
"""Runs what is in run.d, a few at a time, and says how far it is."""
import os
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

RUN_D = Path(__file__).resolve().parents[1] / "run.d"
# A run's header says how long it takes on an idle machine: "# seconds: 300, quick 60".
SECONDS = re.compile(r"^# seconds: (\d+), quick (\d+)$", re.M)


class Run:
    def __init__(self, path, quick):
        match = SECONDS.search(path.read_text())
        if not match:
            raise SystemExit(f"bench: {path.name}: its header does not say how many seconds it takes")
        self.path = path
        self.name = path.name.split("-", 1)[1]
        self.expected = int(match.group(2 if quick else 1))
        self.started = self.seconds = None
        self.status = None

    def left(self, now, factor):
        if self.status is not None:
            return 0
        return max(self.expected * factor - (now - self.started if self.started else 0), 5)


def paths():
    return sorted(path for path in RUN_D.iterdir() if os.access(path, os.X_OK) and path.is_file())


def names():
    return [path.name.split("-", 1)[1] for path in paths()]


def clock(seconds):
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"


class Board:
    """Who runs, who is done; a line for each change, and on a terminal one that moves."""

    def __init__(self, runs, jobs):
        self.runs, self.jobs = runs, jobs
        self.begin = time.monotonic()
        self.lock = threading.Lock()
        self.queue = sorted(runs, key=lambda run: -run.expected)  # long ones first: they share the time best

    def take(self):
        with self.lock:
            if not self.queue:
                return None
            run = self.queue.pop(0)
            run.started = time.monotonic()
            return run

    def left(self):
        now = time.monotonic()
        done = [run for run in self.runs if run.status is not None]
        expected = sum(run.expected for run in done)
        factor = sum(run.seconds for run in done) / expected if expected else 1
        each = [run.left(now, factor) for run in self.runs]
        return max(sum(each) / self.jobs, max(each, default=0))

    def line(self, text=""):
        done = sum(run.status is not None for run in self.runs)
        head = f"bench: {clock(time.monotonic() - self.begin)}, {done} of {len(self.runs)} done, "
        head += f"about {clock(self.left())} left"
        if text:
            print(("\r\033[K" if sys.stderr.isatty() else "") + f"{head}: {text}", file=sys.stderr, flush=True)
        elif sys.stderr.isatty():
            busy = ", ".join(run.name for run in self.runs if run.started and run.status is None)
            print(f"\r\033[K{head}: {busy}", end="", file=sys.stderr, flush=True)


def work(board, out, quick):
    while (run := board.take()) is not None:
        board.line(f"{run.name} begins")
        log = out / f"{run.name}.log"
        command = [str(run.path), "--out", str(out)] + (["--quick"] if quick else [])
        with log.open("w") as to:
            status = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=to, stderr=to, check=False).returncode
        run.seconds = time.monotonic() - run.started
        run.status = status
        board.line(f"{run.name} took {clock(run.seconds)}" + (f" and FAILED, status {status}" if status else ""))
        if status:
            for text in log.read_text(errors="replace").splitlines()[-15:]:
                print(f"    {text}", file=sys.stderr)


def run_all(out, quick, only, jobs):
    """True where every run succeeded. The results of earlier runs in `out` go, of those only that are run again."""
    runs = [Run(path, quick) for path in paths() if not only or path.name.split("-", 1)[1] in only]
    unknown = set(only or ()) - {run.name for run in runs}
    if unknown:
        raise SystemExit(f"bench: no such run: {', '.join(sorted(unknown))} (there are: {', '.join(names())})")
    out.mkdir(parents=True, exist_ok=True)
    for old in out.glob("*.json"):
        if not only or old.stem in only or old.name == "results.json":
            old.unlink()
    jobs = jobs or min(2, os.cpu_count() or 1)
    board = Board(runs, jobs)
    threads = [threading.Thread(target=work, args=(board, out, quick), daemon=True) for _ in range(jobs)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        board.line()
        time.sleep(1)
    return all(run.status == 0 for run in runs)
