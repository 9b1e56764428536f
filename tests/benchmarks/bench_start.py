"""Starting and verifying: what the command line costs before it does anything, and what a verification takes.

Processor seconds, the least of several. `python` is the interpreter that does nothing; the others are processes that
import the package, or print the help or the version. A verification holds 25 random models against the truth, its
programs and y0's answer included, in a process that has imported all; the graphs are random ones of 12 vertices whose
outcome depends on almost all, and the napkin with a chain of eight that leads to the outcome, where y0 is wrong and
every one of its differences is worked out in fractions.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from random import Random

import idgen_compiler as idgen
from tests.benchmarks.report import Row
from tests.strategies import Case, random_admg

__all__ = ["run"]

PROCESSES = {
    "python": ["-c", "pass"],
    "import idgen_compiler": ["-c", "import idgen_compiler"],
    "idgen --help": ["-m", "idgen_compiler", "--help"],
    "idgen --version": ["-m", "idgen_compiler", "--version"],
    "import idgen_compiler; its compile": ["-c", "import idgen_compiler; idgen_compiler.compile"],
}
NAPKIN = "W1 -> W2 -> X -> Y; X <-> W1 <-> Y; A -> B -> C -> D -> E -> F -> G -> H -> Y; A -> X; C <-> E"


def run(quick: bool) -> list[Row]:
    rounds = 2 if quick else 10
    rows: list[Row] = [{"what": name, "seconds": _process(words, rounds)} for name, words in PROCESSES.items()]
    cases = [*_cases(7 if quick else 12, 1 if quick else 4), Case(idgen.ADMG.parse(NAPKIN), idgen.Query("Y", "X"))]
    for case in cases[: 1 if quick else None]:
        idgen.verify(case.query, case.graph, models=1)
        start = time.process_time()
        report = idgen.verify(case.query, case.graph)
        took = time.process_time() - start
        y0 = "y0 agrees" if all(row.y0.verdict == "agrees" for row in report.rows) else "y0 differs"
        what = (
            f"verify, {len(case.graph)} vertices, {len(case.graph.directed)} + {len(case.graph.bidirected)} edges, {y0}"
        )
        rows.append({"what": what, "seconds": took, "verified": "yes" if report.ok else "no"})
    return rows


def _process(words: list[str], rounds: int) -> float:
    least = float("inf")
    for _ in range(rounds):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, *words], capture_output=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        least = min(least, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return least


def _cases(size: int, count: int) -> list[Case]:
    random, found = Random(7), list[Case]()
    while len(found) < count:
        graph = random_admg(random, size, 0.25, 0.08)
        y, x = graph.order[-1], graph.order[random.randint(2, size // 2)]
        case = Case(graph, idgen.Query(y, x))
        above = graph.ancestors([y])
        if case.identifiable and len(above) >= size - 2 and x in above:
            found.append(Case(graph, case.query))
    return found
