"""What is to come in a fit, and what need not be made, for listeners who show the whole of it."""

from __future__ import annotations

from collections.abc import Iterable

from idgen_compiler.ir.operations import Operation, Realize, Train
from idgen_torch.running.plan import label_of
from idgen_torch.training.progress import Progress

__all__ = ["called", "expect", "kept"]


def called(op: Train | Realize) -> str:
    """What progress calls an operation."""
    return f"{op.result} : {label_of(op) if isinstance(op, Train) else ', '.join(op.variables)}"


def expect(listener: Progress, operations: Iterable[Operation]) -> None:
    """Say that these operations are to come: models to train, and rows to draw."""
    tell = getattr(listener, "expect", None)
    if tell is not None:
        drawn = (op for op in operations if isinstance(op, Train) or (isinstance(op, Realize) and op.regenerate))
        tell([called(op) for op in drawn])


def kept(listener: Progress, name: str) -> None:
    """Say that what is called so was taken from the store."""
    tell = getattr(listener, "kept", None)
    if tell is not None:
        tell(name)
