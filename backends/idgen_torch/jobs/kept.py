"""What a fit takes from a store and gives to it, and what all of that depends on."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import overload

from idgen_compiler.errors import DataError
from idgen_compiler.hinge.policies import Policy
from idgen_compiler.hinge.saved_policies import plain_policy
from idgen_compiler.store import Store
from idgen_torch.families import Family, registry
from idgen_torch.running.files.artefacts import Artefacts
from idgen_torch.running.plan import FitSettings
from idgen_torch.running.record import versions

__all__ = ["artefacts_at"]


@overload
def artefacts_at(where: str | Path, settings: FitSettings, named: Mapping[str, Policy]) -> Artefacts: ...
@overload
def artefacts_at(where: str | Path | None, settings: FitSettings, named: Mapping[str, Policy]) -> Artefacts | None: ...
def artefacts_at(where: str | Path | None, settings: FitSettings, named: Mapping[str, Policy]) -> Artefacts | None:
    """What a fit takes from a store and gives to it; None without one.

    Raises DataError for a policy that is a function.
    """
    if where is None:
        return None
    laws = {name: plain_policy(policy) for name, policy in named.items()}
    if unwritten := [name for name, plain in laws.items() if plain is None]:
        raise DataError(
            f"a store cannot tell one function from another, and the policy {unwritten[0]} is one; give it as a table, "
            "or leave store out"
        )
    used = versions()
    families = {name: code for name in registry.families() if (code := _code_of(registry.family(name)))}
    base = {
        "device": settings.device.type,
        "versions": {**used, "python": used["python"].rpartition(".")[0]},
        "families": families,
    }
    return Artefacts(Store.open(where), base, laws)


def _code_of(kind: type[Family]) -> str:
    """The text of a family that a user wrote, so that another text is another fit; empty for ours."""
    if kind.__module__.split(".")[0] == __name__.split(".")[0]:
        return ""
    try:
        return inspect.getsource(kind) + inspect.getsource(kind.model)
    except (OSError, TypeError):  # written at a prompt
        return f"{kind.__module__}.{kind.__qualname__}"
