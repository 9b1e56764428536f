"""Rows of laws that no table holds, drawn from trained models."""

from idgen_torch.running.regenerating.regenerated import Regenerated

__all__ = ["Regenerated"]
