"""Columns as tensors that files hold; of those whose rows recur the few different ones, and which each row is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from idgen_compiler.errors import PlaceError
from idgen_torch.recurring import Places, Recurring
from idgen_torch.running.files.models import owned

__all__ = ["columns_of", "written"]

_COLUMN, _PLACES = "column.", "places."


def written(columns: Mapping[str, Tensor]) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The tensors of a file, and what has to be known of them: which columns have which places, of how many rows."""
    tensors: dict[str, Tensor] = {}
    places: dict[int, tuple[int, Places]] = {}
    shared: dict[str, int] = {}
    for name, values in columns.items():
        if isinstance(values, Recurring):
            number, _ = places.setdefault(id(values.places), (len(places), values.places))
            shared[name] = number
        tensors[_COLUMN + name] = owned((values.values if isinstance(values, Recurring) else values).detach().cpu())
    for number, each in places.values():
        tensors[f"{_PLACES}{number}"] = owned(each.index.cpu())
    return tensors, {"recurring": shared, "different": [each.few for _, each in places.values()]}


def columns_of(tensors: Mapping[str, Tensor], record: Mapping[str, Any]) -> dict[str, Tensor]:
    """What `written` wrote.  Raises PlaceError for what it did not.

    >>> import torch
    >>> codes = Recurring(torch.tensor([5, 7]), Places(torch.tensor([0, 1, 1], dtype=torch.uint8), 2))
    >>> columns_of(*written({"X": codes, "Y": torch.tensor([1.0, 2.0, 3.0])}))["X"].tolist()
    [5, 7, 7]
    """
    try:
        places = [Places(tensors[f"{_PLACES}{k}"], few) for k, few in enumerate(record["different"])]
        found = {key.removeprefix(_COLUMN): own for key, own in tensors.items() if key.startswith(_COLUMN)}
        return found | {name: Recurring(found[name], places[number]) for name, number in record["recurring"].items()}
    except (KeyError, IndexError, TypeError) as error:
        raise PlaceError(f"the rows that a worker was sent are not what was written ({error}); fit again") from error
