"""What a program costs, before anything is trained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields

from idgen_compiler.ir.analysis import specialized
from idgen_compiler.ir.operations import Apply, Condition, Network, Operation, Realize, Regenerate, Sample, Train

__all__ = ["COUNTS", "Cost", "cost_of"]

COUNTS = {
    "models": "models",
    "regenerations": "regenerated data sets",
    "reweightings": "reweighted data sets",
    "conditions": "conditionals by weighed runs",
    "inputs": "inputs of all models",
    "widest": "largest conditioning set",
    "depth": "models one after the other in a sample",
    "evaluations": "models run for a sample",
}
"""The counts of a cost in words."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Counts that stand for training time, compounded error and sampling time.

    Costs are compared by `rank`: regenerated or reweighted data sets first, since models trained on the output of
    models compound their errors; then models, then what they condition on, then the work of one sample. A law that can
    be had in several ways is counted by the first.
    """

    regenerations: int  #: laws that are regenerated
    reweightings: int  #: laws whose rows are reweighted
    models: int  #: `train` operations
    inputs: int  #: inputs of all models together
    widest: int  #: the largest conditioning set of a model
    depth: int  #: the longest chain of models in a sampler, each fed by the one before
    evaluations: int  #: models run for one sample of every sampler; in a condition, for one of its runs
    conditions: int = 0  #: conditionals that are had by weighing runs of their law's network

    @property
    def rank(self) -> tuple[int, ...]:
        """What decides between programs for the same queries: the smaller is the cheaper."""
        return (
            self.regenerations + self.reweightings + self.conditions,
            self.models,
            self.inputs,
            self.evaluations,
            self.depth,
        )

    def __str__(self) -> str:
        return ", ".join(f"{f.name} {value}" for f, value in zip(fields(self), astuple(self), strict=True))


def cost_of(operations: Sequence[Operation]) -> Cost:
    """The cost of a program's operations, each law realized in its first way."""
    if any(
        (isinstance(op, Realize) and len(op.ways) > 1) or (isinstance(op, Train) and op.condition) for op in operations
    ):
        operations = specialized(operations)
    models = [op for op in operations if isinstance(op, Train)]
    ways = [op.ways[0] for op in operations if isinstance(op, Realize)]
    networks = [op.network for op in operations if isinstance(op, Sample)]
    conditioned = [op.network for op in operations if isinstance(op, Condition)]
    return Cost(
        regenerations=sum(isinstance(way, Regenerate) for way in ways),
        reweightings=sum(not isinstance(way, Regenerate) for way in ways),
        models=len(models),
        inputs=sum(len(op.inputs) for op in models),
        widest=max((len(op.inputs) for op in models), default=0),
        depth=max((_depth(network) for network in networks), default=0),
        evaluations=sum(isinstance(s, Apply) for network in (*networks, *conditioned) for s in network.statements),
        conditions=sum(isinstance(op, Condition) for op in operations),
    )


def _depth(network: Network) -> int:
    depth: dict[str, int] = {}
    for statement in network.statements:
        below = max((depth.get(slot, 0) for slot in statement.inputs), default=0)
        depth.update(dict.fromkeys(statement.slots, below + isinstance(statement, Apply)))
    return max(depth.values(), default=0)
