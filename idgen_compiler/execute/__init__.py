"""Executing programs: the walk over their operations, apart from how each is realized and from where that runs."""

from idgen_compiler.execute.asked import place_of
from idgen_compiler.execute.place import HERE, Lost, Needs, Place, Workers
from idgen_compiler.execute.walk import Realizer, execute

__all__ = ["HERE", "Lost", "Needs", "Place", "Realizer", "Workers", "execute", "place_of"]
