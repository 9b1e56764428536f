"""The intermediate representation: programs, their text and JSON forms, and the verifier."""

from idgen_compiler.ir.operations import (
    Apply,
    Bind,
    Draw,
    LawType,
    Network,
    Observe,
    Operation,
    Realize,
    Regenerate,
    Reweight,
    Rows,
    Sample,
    Statement,
    Train,
    Way,
    variable_of,
)
from idgen_compiler.ir.policies import ByModel, Column, Fixed, Policy, Shifted, Uniform
from idgen_compiler.ir.program import Program

__all__ = [
    "Apply",
    "Bind",
    "ByModel",
    "Column",
    "Draw",
    "Fixed",
    "LawType",
    "Network",
    "Observe",
    "Operation",
    "Policy",
    "Program",
    "Realize",
    "Regenerate",
    "Reweight",
    "Rows",
    "Sample",
    "Shifted",
    "Statement",
    "Train",
    "Uniform",
    "Way",
    "variable_of",
]
