"""The intermediate representation: programs, their text and JSON forms, and the verifier."""

from idgen_compiler.ir.operations import (
    UNIFORM,
    Apply,
    Draw,
    Network,
    Observe,
    Operation,
    Regenerate,
    Reweight,
    Rows,
    Sample,
    Statement,
    Train,
    variable_of,
)
from idgen_compiler.ir.program import Program

__all__ = [
    "UNIFORM",
    "Apply",
    "Draw",
    "Network",
    "Observe",
    "Operation",
    "Program",
    "Regenerate",
    "Reweight",
    "Rows",
    "Sample",
    "Statement",
    "Train",
    "variable_of",
]
