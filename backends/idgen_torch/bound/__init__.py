"""Models that exist: what a user brings in the place of a conditional, and how it is called, checked and named."""

from idgen_torch.bound.brought import Brought, Kernel, as_brought
from idgen_torch.bound.model import BoundModel

__all__ = ["BoundModel", "Brought", "Kernel", "as_brought"]
