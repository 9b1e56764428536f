"""A program together with everything that sampling from it needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import torch

from idgen_compiler.data.schema import Schema
from idgen_compiler.hinge.policies import Policy
from idgen_compiler.ir.analysis import run_by_samplers
from idgen_compiler.ir.operands import Role, leaves
from idgen_compiler.ir.operations import Condition
from idgen_compiler.ir.program import Program
from idgen_torch.bound import BoundModel
from idgen_torch.families import ConditionalModel
from idgen_torch.observed import Observed, Origin
from idgen_torch.running.ancestral import Applied
from idgen_torch.running.conditions.conditioned import Conditioned
from idgen_torch.running.draws import Draws, PolicyKey, draws_on
from idgen_torch.running.kept import Kept
from idgen_torch.running.overlap.cells.needed import Cells
from idgen_torch.running.overlap.finding import Lookout
from idgen_torch.running.overlap.watch import Watch
from idgen_torch.running.plan import FitSettings
from idgen_torch.running.record import FitRecord

__all__ = ["FittedProgram"]


@dataclass(frozen=True, eq=False)
class FittedProgram:
    """What a sampler is made of, and what a saved one holds."""

    program: Program
    schema: Schema
    models: Mapping[str, ConditionalModel]  #: operation -> model, those that the samplers apply
    policies: Mapping[PolicyKey, Draws]  #: those that the samplers draw from
    record: FitRecord
    lookouts: Mapping[str, Lookout] = field(default_factory=dict)  #: operation -> which inputs its rows show
    bound: Mapping[str, BoundModel] = field(
        default_factory=dict
    )  #: operation -> what was brought, as samplers apply it
    named: Mapping[str, Policy] = field(default_factory=dict)  #: name -> law of the policies that the fit was given
    observed: Observed | None = None  #: the rows of the fit; None once it is loaded, until they are read again
    cells: Cells | None = None  #: counts that say where answers rest; None where not all is categories
    saved_origin: Origin | None = None  #: where a loaded one's rows came from, where that was saved
    settings: FitSettings | None = None  #: how it was fitted; None once it is loaded
    kept: Kept = field(default_factory=Kept)  #: what diagnostics look at, and what they found

    @property
    def origin(self) -> Origin | None:
        """Where the rows came from, where that is known."""
        return self.saved_origin if self.observed is None else self.observed.origin

    def to(self, device: torch.device) -> FittedProgram:
        """The same with models and policies on a device; the table and what is kept of it stay where they are.

        Networks are moved and not copied.
        """
        return replace(
            self,
            models={name: model.to(device) for name, model in self.models.items()},
            policies={key: draws_on(policy, device) for key, policy in self.policies.items()},
            bound={name: model.to(device) for name, model in self.bound.items()},
            settings=None if self.settings is None else replace(self.settings, device=device),
        )

    @property
    def applied(self) -> dict[str, ConditionalModel | BoundModel]:
        """Operation -> the models that networks of samplers and conditions apply."""
        return {**self.models, **self.bound}

    def applying(self, watch: Watch | None = None) -> dict[str, Applied]:
        """Operation -> what a network applies: models, and conditions, which tell the watch what theirs are asked."""
        found: dict[str, Applied] = {**self.applied}
        for op in run_by_samplers(self.program.operations):
            if isinstance(op, Condition):
                models = {name: found[name] for name in leaves(op, Role.MODEL)}
                found[op.result] = Conditioned(op, self.schema, models, self.policies, watch)
        return found
