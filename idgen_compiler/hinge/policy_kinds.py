"""Whether policies fit the kinds of the variables that they draw and read."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from idgen_compiler.data.kinds import Categorical, Kind
from idgen_compiler.data.kinds.setting import Setting
from idgen_compiler.errors import DataError
from idgen_compiler.hinge.assigned import Assigned, assigned
from idgen_compiler.hinge.policies import Law, Policy, Shift
from idgen_compiler.ir.operands import records
from idgen_compiler.ir.operations import Assign
from idgen_compiler.ir.policies import Fixed, Named, Uniform
from idgen_compiler.ir.program import Program

__all__ = ["check_kinds", "known_policies"]


def known_policies(program: Program, named: Mapping[str, Policy]) -> dict[Assign, Assigned]:
    """Assignments of a program whose policy is known without a call of `sample`, each with what draws it."""
    found = {each for op in program.operations for each in records(op, Assign)}
    return {
        each: assigned(each, named, program)
        for each in sorted(found, key=str)
        if not isinstance(each.policy, Named) or each.policy.name in named
    }


def check_kinds(each: Assigned, kinds: Mapping[str, Kind]) -> None:
    """Raise DataError for a policy that cannot draw its treatment, or that lacks values of what it reads.

    Warns (OverlapWarning) of a number beyond the data.
    """
    name, kind = each.treatment, kinds[each.treatment]
    match each.policy:
        case Fixed(value):
            kind.check(Setting("do", name, 1), value)
        case Shift(by):
            for atom in kind.atoms(name):
                shape = (0,) if atom.part.discrete else (0, *atom.part.entries)
                atom.kind.moved(atom.part.name, np.zeros(shape, np.int64 if atom.part.discrete else np.float32), by)
        case Uniform():
            if any(atom.kind.spread is None for atom in kind.atoms(name)):
                raise DataError(f"{name} is of kind {kind.word}, over which nothing is uniform; draw it by a Law(...)")
        case Law() as law:
            labels = {n: k.labels for n, k in kinds.items() if n in (name, *law.given) and isinstance(k, Categorical)}
            law.check(name, labels)
            for label in law.labels if name not in labels else ():
                kind.check(Setting("do", name, 1), label)
