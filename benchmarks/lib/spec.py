# SPDX-License-Identifier: BSD-3-Clause
"""SPECIFICATION.md: the promised figures, read from its tables."""
import operator
import re
from dataclasses import dataclass
from pathlib import Path

import results

FILE = Path(__file__).resolve().parents[1] / "SPECIFICATION.md"
OPERATORS = {"<=": operator.le, ">=": operator.ge, "=": operator.eq}
TOLERANCE = 0.03
# | `key` | run | what | promise | paper | xl |
ROW = re.compile(r"^\| `(\w+)` \|" + r" *([^|]*?) *\|" * 5 + "$")


@dataclass
class Promise:
    key: str
    run: str
    what: str
    promise: str
    paper: str
    xl: str

    @property
    def sign(self):
        return self.promise.split()[0]

    @property
    def bound(self):
        return float(self.promise.split()[1])

    @property
    def not_yet(self):
        return self.promise.endswith(" not yet")


@dataclass
class Verdict:
    promise: Promise
    value: float
    state: str  # kept, broken, missing (its run was made, but has no such figure), skipped

    def nearly(self):
        """Broken by no more than what two runs differ by."""
        return (self.state == "broken" and self.promise.sign == "<="
                and self.value <= self.promise.bound * (1 + TOLERANCE))

    def text(self):
        value = "not measured" if self.value is None else f"{self.value:.4g}"
        return f"{self.state}: {self.promise.key} is {value}, promised {self.promise.promise} ({self.promise.what})"


def load(path=FILE):
    promises = [Promise(*match.groups()) for match in map(ROW.match, path.read_text().splitlines()) if match]
    for promise in promises:
        if promise.sign not in OPERATORS:
            raise SystemExit(f"bench: {path.name}: {promise.key}: '{promise.promise}' is no promise")
    if not promises:
        raise SystemExit(f"bench: {path}: no promise in it")
    return promises


def check(promises, merged):
    """A quick run does not reach every figure; a whole one that lacks a figure has broken the promise."""
    values = results.figures(merged)
    verdicts = []
    for promise in promises:
        value = values.get(promise.key)
        if value is None:
            state = "skipped" if merged["quick"] or promise.run not in merged["runs"] else "missing"
        else:
            state = "kept" if OPERATORS[promise.sign](value, promise.bound) else "broken"
        verdicts.append(Verdict(promise, value, state))
    return verdicts
