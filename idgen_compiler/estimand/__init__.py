"""Estimands: the kernel algebra, its exact meaning and its notations."""

from idgen_compiler.estimand.estimand import Estimand
from idgen_compiler.estimand.nodes import (
    Conditional,
    Free,
    Intervened,
    Kernel,
    Law,
    Marginal,
    Observed,
    Product,
    Renamed,
)
from idgen_compiler.estimand.tables import Joint, KernelTable

__all__ = [
    "Conditional",
    "Estimand",
    "Free",
    "Intervened",
    "Joint",
    "Kernel",
    "KernelTable",
    "Law",
    "Marginal",
    "Observed",
    "Product",
    "Renamed",
]
