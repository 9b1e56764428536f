"""Recipes in saved files: the name of the family, and every option."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from idgen_compiler.errors import DataError, near_misses
from idgen_compiler.forms.record import read_record
from idgen_torch.families.family import Family
from idgen_torch.families.registry import families, family, is_known
from idgen_torch.families.state import setting

__all__ = ["read_recipe", "recipe_record"]


def recipe_record(recipe: Family) -> dict[str, Any]:
    """The recipe as JSON values; all options are there, so that a file does not depend on a later version's defaults.

    >>> from idgen_torch.families import Table
    >>> recipe_record(Table())
    {'family': 'table', 'options': {'smoothing': 0.5, 'max_cells': 4000000}}
    """
    return {"family": recipe.word, "options": recipe.bearing().plain()}


def read_recipe(record: Mapping[str, Any]) -> Family:
    """The recipe that `recipe_record` wrote.  Raises DataError for an unknown family, option or value."""
    name = setting(record, "family", str)
    if not is_known(name):
        raise DataError(
            f"the sampler was saved with the family {name!r}, which is not known here{near_misses(name, families())}; "
            "import the module that registers it, install its package, or name its class: "
            "load(path, families=['module:Class'])"
        )
    kind = family(name)
    return read_record(kind, setting(record, "options", dict), f"the saved recipe of {kind.word}", DataError)
