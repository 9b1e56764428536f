"""What a fit takes from a store and gives to it: no law that a store cannot tell from another one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import overload

from idgen_compiler.errors import DataError
from idgen_compiler.hinge.policies import Policy
from idgen_compiler.hinge.saved_policies import plain_policy
from idgen_torch.running.files.artefacts import Artefacts
from idgen_torch.running.files.opened import artefacts_at
from idgen_torch.running.plan import FitSettings

__all__ = ["artefacts_for"]


@overload
def artefacts_for(where: str | Path, settings: FitSettings, named: Mapping[str, Policy]) -> Artefacts: ...
@overload
def artefacts_for(where: str | Path | None, settings: FitSettings, named: Mapping[str, Policy]) -> Artefacts | None: ...
def artefacts_for(where: str | Path | None, settings: FitSettings, named: Mapping[str, Policy]) -> Artefacts | None:
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
    return artefacts_at(where, settings.device, laws)
