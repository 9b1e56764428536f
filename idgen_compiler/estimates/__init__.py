"""Numbers with intervals: what is asked of a backend, what it answers, and what a user holds of it."""

from idgen_compiler.estimates.answers import Answering, Answers
from idgen_compiler.estimates.estimate import Estimate, Estimates
from idgen_compiler.estimates.estimating import Estimating
from idgen_compiler.estimates.measures import Asking, Functional, Measure, Method

__all__ = ["Answering", "Answers", "Asking", "Estimate", "Estimates", "Estimating", "Functional", "Measure", "Method"]
