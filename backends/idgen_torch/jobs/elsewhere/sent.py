"""A fit as files, for workers that train its models: a record as JSON and the rows, which are mapped into memory.

job.json       schema, settings, recipes, where the store is and what its artefacts depend on
rows           the observed columns and weights, as safetensors
programs/N.json  programs as JSON: as it was compiled, and with the ways of its laws as they are chosen

They lie in a folder of this machine, or in the store where workers stand on other machines.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors.torch
import torch

from idgen_compiler.data.schema import Schema
from idgen_compiler.errors import DataError, PlaceError
from idgen_compiler.forms.record import read_record
from idgen_compiler.hinge.policies import Policy
from idgen_compiler.hinge.saved_policies import header_of, of_header, plain_policy
from idgen_compiler.ir.program import Program
from idgen_compiler.store import Store
from idgen_torch.families import Family, Tuning
from idgen_torch.families.registry import family, imported, made_known, path_of
from idgen_torch.jobs.elsewhere.columns import columns_of, written
from idgen_torch.observed import Observed
from idgen_torch.running.files.artefacts import Artefacts
from idgen_torch.running.plan import FitSettings

__all__ = ["Sent", "check_sendable"]

RECORD, ROWS = "job.json", "rows.safetensors"
_WEIGHTS, _ROWS = "weights", "rows."


@dataclass(frozen=True, eq=False)
class Sent:
    """What a worker has to know of a fit.  `small` fits compute with one thread wherever they run."""

    program: Program
    schema: Schema
    observed: Observed
    settings: FitSettings
    artefacts: Artefacts
    named: Mapping[str, Policy]
    networks: Mapping[str, Any]
    small: bool

    def write(self, folder: Path) -> None:
        """Write it into a folder, once `check_sendable` has found nothing that no file holds."""
        weights = {} if self.observed.weights is None else {_WEIGHTS: self.observed.weights}
        tensors, columns = written({**{_ROWS + name: own for name, own in self.observed.rows.items()}, **weights})
        safetensors.torch.save_file(tensors, folder / ROWS)
        settings = self.settings
        record = {
            "program": self.program.to_json(None),
            "schema": self.schema.to_json(),
            "columns": columns,
            "frequency": self.observed.frequency,
            "seed": settings.seed,
            "rows_factor": settings.rows_factor,
            "device": settings.device.type,  # workers see the device that is theirs alone
            "contracts": settings.contracts,
            "memory": settings.memory,
            "tuning": _tuning_record(settings.tuning),
            "requested": {key: _recipe(recipe) for key, recipe in settings.families.items()},
            "store": self.artefacts.store.where,
            "base": self.artefacts.base,
            "policies": self.artefacts.policies,
            "named": header_of(self.named),
            "families": _own_families(settings),
            "networks": sorted(map(str, self.networks)),
            "small": self.small,
        }
        (folder / RECORD).write_text(json.dumps(record), encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> Sent:
        """What `write` wrote, in another process of the same user; rows are mapped into memory."""
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        for path in record["families"]:
            made_known(path)
        tensors = columns_of(safetensors.torch.load_file(folder / ROWS), record["columns"])
        rows = {name.removeprefix(_ROWS): values for name, values in tensors.items() if name != _WEIGHTS}
        program = Program.from_json(record["program"])
        return cls(
            program,
            Schema.from_json(record["schema"]),
            Observed(rows, tensors.get(_WEIGHTS), record["frequency"]),
            FitSettings(
                record["seed"],
                record["rows_factor"],
                torch.device(record["device"]),
                _tuning_of(record["tuning"]),
                {key: _recipe_of(recipe) for key, recipe in record["requested"].items()},
                record["contracts"],
                record["memory"],
            ),
            Artefacts(Store.open(record["store"]), record["base"], record["policies"]),
            of_header(record["named"], program),
            {name: imported(name) for name in record["networks"]},
            record["small"],
        )


def check_sendable(settings: FitSettings, named: Mapping[str, Policy], networks: Mapping[str, Any]) -> None:
    """Raise PlaceError for policies, networks and families that another process cannot import."""
    remedy = "or use place='here'"
    for name, policy in named.items():
        if plain_policy(policy) is None:
            raise PlaceError(f"the policy {name} is a function, which no worker can be sent; give a table, {remedy}")
    for name, builder in networks.items():
        try:
            found = imported(str(name))
        except DataError:
            found = None
        if found is not builder:
            raise PlaceError(
                f"the network {name} cannot be imported by a worker; name its factory as module:factory, {remedy}"
            )
    for path in _own_families(settings):
        module, _, name = path.partition(":")
        if module == "__main__" or "<" in name:
            raise PlaceError(f"the family {path} cannot be imported by a worker; write it in a module, {remedy}")


def _own_families(settings: FitSettings) -> list[str]:
    """The families of a fit that are not of this package: as texts that a worker imports."""
    kinds = {type(recipe) for recipe in (*settings.tuning.recipes, *settings.families.values())}
    return sorted(path_of(kind) for kind in kinds if kind.__module__.split(".")[0] != __name__.split(".")[0])


def _recipe(recipe: Family) -> dict[str, Any]:
    return {"family": recipe.word, "options": recipe.plain()}


def _recipe_of(record: Mapping[str, Any]) -> Family:
    kind = family(record["family"])
    return read_record(kind, record["options"], f"the recipe of {kind.word}", DataError)


def _tuning_record(tuning: Tuning) -> dict[str, Any]:
    return {
        "recipes": [_recipe(recipe) for recipe in tuning.recipes],
        "set": {word: sorted(values) for word, values in tuning.values.items()},
        "likelihood": tuning.likelihood,
        "given": dict(tuning.given),
        "rows": tuning.rows,
    }


def _tuning_of(record: Mapping[str, Any]) -> Tuning:
    recipes: Sequence[Family] = [_recipe_of(recipe) for recipe in record["recipes"]]
    by_word = {recipe.word: recipe for recipe in recipes}
    values = {word: {name: getattr(by_word[word], name) for name in names} for word, names in record["set"].items()}
    return Tuning(values, tuple(recipes), record["likelihood"], record["given"], record["rows"])
