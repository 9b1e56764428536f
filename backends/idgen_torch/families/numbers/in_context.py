"""`tabicl`: a number by a tabular foundation model that reads the rows; its weights come from a local file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import file_digest
from pathlib import Path
from typing import Any, Self
from zipfile import is_zipfile

import numpy as np
import torch
from torch import Tensor

from idgen_compiler.data.part import Form, Part
from idgen_compiler.errors import DataError
from idgen_torch.arithmetic import one_thread
from idgen_torch.drawing import generator_for, rows_by_weight, some_rows, uniform
from idgen_torch.families.family import ConditionalModel, Family, Run
from idgen_torch.families.numbers.quantiles import Quantiles
from idgen_torch.families.numbers.support import Support
from idgen_torch.families.state import Config, Tensors, checked_tensor, setting
from idgen_torch.families.task import Offer, Task, row_count
from idgen_torch.nets.heads import Columns
from idgen_torch.options import declared, whole
from idgen_torch.parts import Values, check_forms

__all__ = ["TabICL", "TabICLModel"]

AT_ONCE = 4_096
"""So many rows are asked about at once."""


class TabICLModel(ConditionalModel):
    """The law of a number as the quantiles that a foundation model predicts from the rows that it is shown.

    Numbers are drawn by inversion, and the density is that of what is drawn (see `Quantiles`). What the network makes
    of the rows is kept for later questions, and equal rows are asked about once. Weighted rows are shown by their
    weights. Source: Qu et al. (2025), "TabICL: a tabular foundation model for in-context learning on large data".
    """

    recipe: TabICL

    def __init__(
        self,
        recipe: TabICL,
        targets: Sequence[Part],
        inputs: Sequence[Part],
        digest: str,
        seed: int,
        shown: Tensor,
        told: Tensor,
    ) -> None:
        """Rows in context: `shown` (rows, inputs) and `told` (rows,), on the whole line; `digest` is the weights'."""
        super().__init__(recipe, targets, inputs)
        self._digest, self._seed, self._shown, self._told = digest, seed, shown, told
        self._columns, self._support = Columns.of(self.inputs), Support.of(self.targets)

    @cached_property
    def _regressor(self) -> Any:
        """What answers.  Raises DataError where its package or its weights are not there, or are others."""
        regressor = _regressor_class()
        if (found := _digest_of(self.recipe.weights)) != self._digest:
            raise DataError(
                f"{self.recipe.weights} holds other weights than the model was made with (SHA-256 {found[:12]}, "
                f"expected {self._digest[:12]}); put those there"
            )
        made = regressor(
            n_estimators=self.recipe.members,
            kv_cache=self.recipe.cache if self.recipe.cache != "no" else False,
            model_path=Path(self.recipe.weights),
            allow_auto_download=False,
            device=str(self._told.device),
            random_state=self._seed,
        )
        with one_thread():
            return made.fit(self._shown.cpu().double().numpy(), self._told.cpu().double().numpy())

    def _law(self, given: Values, n: int) -> tuple[Quantiles, Tensor]:
        """The laws of the different rows of inputs, and which of them each row has."""
        asked = _design(self._columns, given, n).double().numpy()
        different, which = np.unique(asked, axis=0, return_inverse=True)
        pieces = []
        with one_thread():
            for start in range(0, len(different), AT_ONCE):
                said = self._regressor.predict(different[start : start + AT_ONCE], output_type="raw_quantiles")
                pieces.append(torch.from_numpy(np.asarray(said, np.float64)))
        heights = torch.cat(pieces).to(self._told.device)
        return Quantiles.of(heights), torch.from_numpy(which.reshape(-1)).to(self._told.device)

    def sample(self, given: Values, n: int, generator: torch.Generator) -> Values:
        """Each row's number where its distribution function reaches a uniform draw."""
        name, device = self.targets[0].name, self._told.device
        if n == 0:
            return {name: torch.zeros(0, 1, dtype=torch.float32, device=device)}
        law, which = self._law(given, n)
        drawn = law.at(which, uniform((n,), generator, device).double())
        return {name: self._support.bound(drawn.float().unsqueeze(1))}

    def log_prob(self, rows: Values) -> Tensor:
        """Log-density of the number of each row, in standardized units.  Shape: (rows,) float32."""
        count = row_count([*self.targets, *self.inputs], rows)
        own = rows[self.targets[0].name].to(self._told.device)
        if count == 0:
            return torch.zeros(0, dtype=torch.float32, device=own.device)
        law, which = self._law(rows, count)
        free = self._support.freed(own)[:, 0].double()
        return law.log_prob(which, free).float() + self._support.log_slope(own)

    def state(self) -> tuple[Config, Tensors]:
        """The rows in context, and which weights read them; these stay in their own file."""
        return {"digest": self._digest, "seed": self._seed}, {"shown": self._shown, "told": self._told}

    @property
    def rows_held(self) -> dict[str, int]:
        """The rows in context are all that it is."""
        return {part.name: len(self._told) for part in (*self.targets, *self.inputs)}

    @classmethod
    def from_state(
        cls, recipe: TabICL, config: Config, tensors: Tensors, targets: Sequence[Part], inputs: Sequence[Part]
    ) -> Self:
        """The model whose `state` this is."""
        target, columns = _one_number(targets), Columns.of(inputs)
        rows = len(tensors["told"]) if "told" in tensors and tensors["told"].dim() else 0
        width = len(columns.discrete) + columns.width - columns.one_hot_width
        expected = {"shown": ((rows, width), torch.float32), "told": ((rows,), torch.float32)}
        checked_tensor(tensors, expected)
        if not rows:
            raise DataError("a saved tabicl has no rows in context")
        digest, seed = setting(config, "digest", str), setting(config, "seed", int)
        return cls(recipe, [target], inputs, digest, seed, tensors["shown"], tensors["told"])

    def to(self, device: str | torch.device) -> Self:
        """The same model on another device."""
        shown, told = self._shown.to(device), self._told.to(device)
        return type(self)(self.recipe, self.targets, self.inputs, self._digest, self._seed, shown, told)


def _local(value: Any) -> str:
    if not isinstance(value, str | Path):
        raise ValueError
    return str(value)


@dataclass(frozen=True)
class TabICL(Family):
    """A number given numbers and categories, by a foundation model that is shown the rows: for small tables.

    It is taken where it is asked for, by `family={"Y": "tabicl{weights=/models/tabicl-regressor.ckpt}"}`, and needs the
    package tabicl (`pip install 'idgen-compiler[tabicl]'`).

    weights: the file of a TabICL regressor, which is read where it lies; nothing is fetched.  rows: so many rows are
    shown at most, drawn from the table.  members: views of the table whose quantiles are averaged.  cache: what is kept
    of the rows: "kv" answers fastest, "repr" takes less memory, "no" reads them again with each question.
    """

    word = "tabicl"
    model = TabICLModel
    keeps_rows = True

    weights: str = declared("", "the path of a file with the weights of a TabICL regressor", _local)
    rows: int = whole(4_000, least=2)
    members: int = whole(4, most=64)
    cache: str = declared("kv", "one of 'kv', 'repr' and 'no'", lambda value: _one_of(value, ("kv", "repr", "no")))

    def offer(self, task: Task) -> Offer | None:
        """For one number given something, below the others, where there are weights."""
        seen = task.inputs and all(part.form in (Form.NUMBERS, Form.CODES) for part in task.inputs)
        alone = len(task.targets) == 1 and task.targets_are_numbers and task.targets[0].dim == 1
        able = self.weights and seen and alone and not task.has_masses
        return Offer(10, "a number, by a foundation model") if able else None

    def fit(self, task: Task, run: Run = Run()) -> TabICLModel:
        """Keep the rows. Raises DataError without weights, without inputs, and for anything but one number."""
        target = _one_number(task.targets)
        task.refuse_masses(self.word)
        check_forms(task.inputs, (Form.NUMBERS, Form.CODES), "; tabicl reads numbers and categories")
        if not task.inputs:
            raise DataError(
                f"tabicl models a number given others, and {target.name} has no inputs; leave it to the fit"
            )
        _regressor_class()
        digest, generator = _digest_of(self.weights), generator_for(run.seed)
        count = task.count
        index = some_rows(count, self.rows, generator)
        if task.weights is not None:
            index = rows_by_weight(count, task.weights, min(self.rows, count), generator)
        columns, support = Columns.of(task.inputs), Support.of(task.targets)
        shown = _design(columns, task.rows, count)[index]
        told = support.freed(task.rows[target.name].cpu()[index])[:, 0]
        seed = run.seed % 2**31
        model = TabICLModel(self, task.targets, task.inputs, digest, seed, shown, told.float()).to(run.device)
        _check_regresses(model)
        return model


def _one_of(value: Any, known: tuple[str, ...]) -> str:
    if value not in known:
        raise ValueError
    return str(value)


def _one_number(targets: Sequence[Part]) -> Part:
    check_forms(targets, (Form.NUMBERS,), "; tabicl models one number")
    if len(targets) != 1 or targets[0].dim != 1:
        names = ", ".join(part.name for part in targets)
        raise DataError(f"tabicl models one number, got {names}; leave the choice to the fit")
    return targets[0]


def _design(columns: Columns, rows: Values, count: int) -> Tensor:
    """Numbers, and categories by their codes.  Shape: (rows, inputs) float32."""
    here = torch.device("cpu")
    codes = [rows[part.name].cpu().float().unsqueeze(1) for part in columns.discrete]
    return torch.cat([columns.reals(rows, count, here), *codes], 1)


def _regressor_class() -> Any:
    try:
        from tabicl import TabICLRegressor
    except ImportError:
        raise DataError("the family 'tabicl' needs the package tabicl; pip install 'idgen-compiler[tabicl]'") from None
    return TabICLRegressor


def _digest_of(weights: str) -> str:
    """The SHA-256 of the file.  Raises DataError where there is none."""
    if not weights:
        raise DataError("tabicl needs the file of its weights; say tabicl{weights=PATH}, for nothing is fetched")
    try:
        with Path(weights).open("rb") as file:
            return file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise DataError(f"the weights of tabicl cannot be read from {weights} ({error}); nothing is fetched") from None


def _check_regresses(model: TabICLModel) -> None:
    """Raise DataError for a file that holds no weights of a regressor."""
    weights = model.recipe.weights
    if not is_zipfile(weights):  # as torch has saved for years; what it saved before is not read
        raise DataError(f"{weights} is no checkpoint of torch; give the file of a TabICL regressor")
    try:
        found = model._regressor
    except (AssertionError, KeyError, RuntimeError, TypeError, ValueError, EOFError, OSError) as error:
        said = " ".join(str(error).split())[:200]
        raise DataError(
            f"{weights} holds no weights that tabicl reads ({said}); give the file of a regressor"
        ) from error
    if found.model_.max_classes:
        raise DataError(f"{weights} holds a TabICL classifier; tabicl models numbers, give the file of a regressor")
