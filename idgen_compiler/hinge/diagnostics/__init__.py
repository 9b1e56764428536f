"""What a fit says about itself, as values: a light with sentences, models, data sets, overlap and the graph."""

from idgen_compiler.hinge.diagnostics.balance import Balance, Histogram, Propensity
from idgen_compiler.hinge.diagnostics.concerns import Color, Concern, Topic, by_importance, color_of
from idgen_compiler.hinge.diagnostics.diagnostics import Diagnosed, Diagnostics
from idgen_compiler.hinge.diagnostics.laws import Arrow, Correction, DataDiagnosis, Dependence, GraphTest, Marginal
from idgen_compiler.hinge.diagnostics.models import (
    Curve,
    JudgedOn,
    ModelDiagnosis,
    Score,
    Test,
    Transform,
    TwoSample,
)

__all__ = [
    "Arrow",
    "Balance",
    "Color",
    "Concern",
    "Correction",
    "Curve",
    "DataDiagnosis",
    "Dependence",
    "Diagnosed",
    "Diagnostics",
    "GraphTest",
    "Histogram",
    "JudgedOn",
    "Marginal",
    "ModelDiagnosis",
    "Propensity",
    "Score",
    "Test",
    "Topic",
    "Transform",
    "TwoSample",
    "by_importance",
    "color_of",
]
