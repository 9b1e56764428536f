"""Candidates for a nuisance: each learns from rows, and answers for several settings of its smoothness at once."""

from idgen_torch.estimating.learners.boosted import BoostedClasses, BoostedMeans
from idgen_torch.estimating.learners.cells import CellClasses, CellMeans
from idgen_torch.estimating.learners.forest import Forest
from idgen_torch.estimating.learners.learner import Array, Codes, Learner, Path
from idgen_torch.estimating.learners.logistic import Logistic
from idgen_torch.estimating.learners.ridge import Ridge

__all__ = [
    "Array",
    "BoostedClasses",
    "BoostedMeans",
    "CellClasses",
    "CellMeans",
    "Codes",
    "Forest",
    "Learner",
    "Logistic",
    "Path",
    "Ridge",
]
