"""Nuisances of debiased estimates: regressions, propensities and ratios of densities, cross-fitted.

What an influence function needs to know of the law besides the parameter itself is learned from rows by a stack of
candidates, and each row is predicted by models that did not see it.
Source: Chernozhukov et al. (2018), section 3; van der Laan, Polley and Hubbard (2007) for the stack.
"""

from idgen_torch.estimating.design import Design
from idgen_torch.estimating.fitted import Fitted
from idgen_torch.estimating.folds import Folds
from idgen_torch.estimating.propensity import propensity
from idgen_torch.estimating.ratio import Ratio, ratio
from idgen_torch.estimating.regression import regression

__all__ = ["Design", "Fitted", "Folds", "Ratio", "propensity", "ratio", "regression"]
