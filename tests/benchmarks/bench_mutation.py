"""Mutation testing of identification, rewriting, flattening, separation, lowering, denotation and passes.

A mutant is the program with one operator, constant, condition, pair of arguments or statement changed; killed when
the quick tests (`tests/laws`, random sequences of passes, and the unit tests of these rooms) fail on it. Equivalent are
survivors for which the changed program is as right as the original, each listed with the reason in
`tests/mutants/survivors.py`; killed is the share of all mutants, and killed of others the share without these.
"""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

from tests.benchmarks.report import Row

__all__ = ["run"]

ROOT = Path(__file__).parents[2]


def run(quick: bool) -> list[Row]:
    # A process of its own: changed modules have to be imported for the first time.
    command = [sys.executable, "-m", "tests.mutants", *(["--every", "40"] if quick else [])]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    counts: dict[str, Counter[str]] = {}
    for line in done.stdout.splitlines():
        verdict, module = line.split("\t")[:2]
        counts.setdefault(module, Counter())[verdict] += 1
    rows = [_row(module, count) for module, count in counts.items()]
    return [*rows, _row("all", sum(counts.values(), Counter()))]


def _row(module: str, count: Counter[str]) -> Row:
    total = count.total()
    others = total - count["equivalent"]
    return {
        "module": module.removeprefix("idgen_compiler."),
        "mutants": total,
        "killed": f"{count['killed'] / total:.1%}",
        "equivalent": count["equivalent"],
        "survived": count["survived"],
        "killed of others": f"{count['killed'] / others:.1%}" if others else "",
    }
