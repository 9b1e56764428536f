"""Fits that are about to begin: run at once, when they are asked, or only planned."""

from idgen_torch.jobs.asked import AskedSampler
from idgen_torch.jobs.job import Job
from idgen_torch.jobs.planned import Planned, Step

__all__ = ["AskedSampler", "Job", "Planned", "Step"]
