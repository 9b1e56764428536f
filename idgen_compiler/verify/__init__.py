"""Verification: answers against the truth of random models, and proofs that there can be no answer."""

from idgen_compiler.verify.check import verify
from idgen_compiler.verify.models import CausalModel
from idgen_compiler.verify.report import Comparison, VerificationReport, VerificationRow
from idgen_compiler.verify.witness import Witness, witness

__all__ = [
    "CausalModel",
    "Comparison",
    "VerificationReport",
    "VerificationRow",
    "Witness",
    "verify",
    "witness",
]
