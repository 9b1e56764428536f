"""Artefacts of fits: what was trained and regenerated, kept under the digest of what determines it."""

from idgen_compiler.store.artefact import Artefact, key_of
from idgen_compiler.store.store import Damage, Store

__all__ = ["Artefact", "Damage", "Store", "key_of"]
