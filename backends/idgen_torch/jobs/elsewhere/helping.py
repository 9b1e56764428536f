"""Several workers that train one model: the first makes it as any worker does, and the others help when it asks.

Who asks writes what there is to learn from into a folder of the fit, which all see: a record as JSON, and the rows that
the table of the fit does not have, as safetensors.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from torch import Tensor

from idgen_compiler.data.part import Part
from idgen_compiler.errors import DataError
from idgen_compiler.forms.record import read_record, to_plain
from idgen_compiler.store.files import Files
from idgen_torch.families import Family, Run, Task
from idgen_torch.families.family import Helpers
from idgen_torch.families.saved import read_recipe, recipe_record
from idgen_torch.jobs.elsewhere.columns import columns_of, written
from idgen_torch.jobs.elsewhere.sent import Sent
from idgen_torch.training.crew import Crew

__all__ = ["Asking", "help_others"]

_RECORD, _ROWS, _WEIGHTS = "lesson.json", "rows.safetensors", "@weights"


@dataclass(frozen=True)
class Asking:
    """The first of a crew. files, name: where the fit lies that it works for."""

    crew: Crew
    sent: Sent
    files: Files
    name: str
    _numbers: Any = field(default_factory=count)

    def asked(self, recipe: Family, task: Task, seed: int) -> Crew:
        """See `Helpers`."""
        lesson = f"{self.name}/lessons/{next(self._numbers)}"
        there = {part.name for part in task.parts if self._is_of_the_table(part.name, task.rows[part.name])}
        rows = {part.name: task.rows[part.name] for part in task.parts if part.name not in there}
        weights = {} if task.weights is None else {_WEIGHTS: task.weights}
        record: dict[str, Any] = {
            "recipe": recipe_record(recipe),
            "targets": [to_plain(replace(part, kind=None)) for part in task.targets],
            "inputs": [to_plain(replace(part, kind=None)) for part in task.inputs],
            "there": sorted(there),
            "seed": seed,
        }
        with tempfile.TemporaryDirectory(prefix="idgen-lesson-") as folder:
            path = Path(folder) / _ROWS
            tensors, record["columns"] = written(rows | weights)
            safetensors.torch.save_file(tensors, path)
            self.files.put(path, f"{lesson}/{_ROWS}")
        self.files.write(f"{lesson}/{_RECORD}", json.dumps(record).encode())
        self.crew.say(lesson)
        return self.crew

    def _is_of_the_table(self, name: str, values: Tensor) -> bool:
        """Whether the others have these rows already, with the table."""
        known = self.sent.observed.rows.get(name)
        if known is None or known.shape != values.shape:
            return False
        return known is values or torch.equal(known, values.cpu())


@dataclass(frozen=True)
class _Asked:
    """One of those who were asked, and need not ask."""

    crew: Crew

    def asked(self, recipe: Family, task: Task, seed: int) -> Crew:
        """See `Helpers`."""
        return self.crew


def help_others(crew: Crew, sent: Sent, files: Files, name: str) -> None:
    """Train along whenever the first of the crew asks for it, until it says that it is done."""
    helpers: Helpers = _Asked(crew)
    with crew.together():
        while lesson := crew.hear():
            with files.folder(lesson, (_RECORD, _ROWS)) as folder:
                record = json.loads((folder / _RECORD).read_text(encoding="utf-8"))
                rows = columns_of(safetensors.torch.load_file(folder / _ROWS), record["columns"])
            recipe, task = read_recipe(record["recipe"]), _task(record, sent.observed.rows, rows)
            recipe.help(task, Run(seed=record["seed"], device=sent.settings.device, helpers=helpers))


def _task(record: Mapping[str, Any], table: Mapping[str, Tensor], rows: dict[str, Tensor]) -> Task:
    targets, inputs = (
        tuple(read_record(Part, part, "a part of a lesson", DataError) for part in record[side])
        for side in ("targets", "inputs")
    )
    weights = rows.pop(_WEIGHTS, None)
    return Task(targets, inputs, rows | {name: table[name] for name in record["there"]}, weights)
