"""Verification of estimands and programs against the truth of random structural models."""

from idgen_compiler.verify.check import verify
from idgen_compiler.verify.models import CausalModel
from idgen_compiler.verify.report import Comparison, VerificationReport, VerificationRow

__all__ = ["CausalModel", "Comparison", "VerificationReport", "VerificationRow", "verify"]
