"""Laws of networks as tables: what a sampler is asked, and what a program reads of a law after an intervention."""

from idgen_torch.running.laws.asked import AskedLaw, Law, law_of, look, summed
from idgen_torch.running.laws.contracted import Contracted, contracted

__all__ = ["AskedLaw", "Contracted", "Law", "contracted", "law_of", "look", "summed"]
