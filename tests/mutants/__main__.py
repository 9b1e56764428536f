"""Change the compiler in one place at a time and see which tests notice.

    python -m tests.mutants [--every N] [MODULE...]

A line for each mutant: killed, survived or equivalent, the module, the place and the change.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from tests.mutants.changes import mutants_of
from tests.mutants.killing import survives
from tests.mutants.survivors import EQUIVALENT

ROOT = Path(__file__).parents[2]
MODULES = (
    "graph.separation",
    "identify",
    "identify.algorithm",
    "identify.fixing",
    "identify.hedge",
    "identify.trace",
    "estimand.construction",
    "estimand.network",
    "estimand.tree",
    "rewrites.collapse",
    "rewrites.eliminate",
    "rewrites.expand",
    "rewrites.hoist",
    "rewrites.merge",
    "rewrites.minimize",
    "rewrites.exchange",
    "rewrites.pipeline",
    "rewrites.registry",
    "rewrites.rewrite",
    "rewrites.weights",
    "lower",
    "denote",
    "ir.analysis",
    "ir.cost",
    "ir.laws",
    "ir.operands",
    "passes.align",
    "passes.base",
    "passes.dead",
    "passes.fuse",
    "passes.pipeline",
    "passes.registry",
    "passes.renumber",
    "passes.rows",
    "passes.share",
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants")
    parser.add_argument("modules", nargs="*", default=MODULES, metavar="MODULE")
    parser.add_argument("--every", type=int, default=1, help="only every N-th mutant")
    arguments = parser.parse_args()
    os.chdir(ROOT)
    if not survives(None):
        raise SystemExit("the tests fail on the program as it is")
    for name in arguments.modules:
        module = f"idgen_compiler.{name}"
        path = ROOT.joinpath(*module.split("."))
        path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        for mutant in mutants_of(module, path.read_text(encoding="utf-8"))[:: arguments.every]:
            verdict = "killed"
            if survives(mutant):
                change = f"no {mutant.before}" if mutant.after == "pass" else mutant.after
                verdict = "equivalent" if f"{name}: {change}" in EQUIVALENT else "survived"
            print(f"{verdict}\t{module}\t{mutant.line}\t{mutant.before}\t{mutant.after}", flush=True)


if __name__ == "__main__":
    main()
