"""The exact backend as the compiler finds it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from idgen_compiler.errors import DataError
from idgen_compiler.estimand.tables import Joint
from idgen_compiler.graph.names import variable_of
from idgen_compiler.hinge.assigned import checked_named
from idgen_compiler.hinge.question import check_stated
from idgen_compiler.hinge.source import data_of
from idgen_compiler.ir.program import Program
from idgen_exact.laws import run
from idgen_exact.sampler import ExactSampler
from idgen_exact.saving import read_sampler

__all__ = ["ExactBackend"]


class ExactBackend:
    """Runs a program on the exact law of its data, given as a `Joint`, or as a mapping from sources to such laws."""

    def fit(self, program: Program, data: Any, *, policies: Any = None, **options: Any) -> ExactSampler:
        """The program run on a joint; there is nothing to train and nothing to choose.

        policies: name -> law of the policies that the program names (see `hinge.policies`); those that only samplers
            draw by may also be given to `sample`.

        Raises DataError for data that is no Joint or lacks a variable of the program, and for any other option.
        """
        named = checked_named(program, policies)
        if "bind" in options:
            raise DataError(
                "the exact backend computes bound kernels from the joint, which holds what they are; leave out bind="
            )
        if "weights" in options or "weights_are" in options:
            raise DataError(
                "the exact backend takes a Joint, which has the weights of its rows in it; leave out weights=, and "
                "make the Joint of weighted counts"
            )
        if options:
            raise DataError(f"the exact backend has no option {', '.join(sorted(options))}; leave it out")
        joint = data_of(program, data)
        if not isinstance(joint, Joint):
            raise DataError(
                f"the exact backend takes a Joint, not a {type(joint).__name__}; "
                "Joint.from_samples makes one from columns of codes"
            )
        kernels = run(program, joint, named)
        used = {variable_of(name) for kernel in kernels.values() for name in (*kernel.given, *kernel.targets)}
        sampler = ExactSampler(program, kernels, {k: v for k, v in joint.labels.items() if k in used}, named)
        check_stated(program, sampler.check)
        return sampler

    def load(self, path: Path) -> ExactSampler:
        """The sampler that `save` wrote.  Raises DataError for files that are missing, damaged or inconsistent."""
        return ExactSampler(*read_sampler(path))
