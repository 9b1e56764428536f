"""Fits whose models are trained elsewhere: what is sent, what a worker does with it, and who takes the results."""

from idgen_torch.jobs.elsewhere.run import run_elsewhere
from idgen_torch.jobs.elsewhere.sent import Sent, check_sendable

__all__ = ["Sent", "check_sendable", "run_elsewhere"]
