"""`forest`: outcomes of rows that share a leaf with the row that is asked about, as they were."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from torch import Tensor

from idgen_compiler.data.part import Form, Part
from idgen_compiler.errors import DataError
from idgen_torch.drawing import generator_for, integers, uniform
from idgen_torch.families.family import ConditionalModel, Family, Run
from idgen_torch.families.state import Config, Tensors, checked_tensor
from idgen_torch.families.tables.resample import checked_rows, expected_rows
from idgen_torch.families.task import Offer, Task
from idgen_torch.families.trees.bins import Array, Bins, as_array, ranks_of
from idgen_torch.families.trees.boosting import one_threaded
from idgen_torch.families.trees.nodes import Nodes, joined
from idgen_torch.nets.heads import Columns
from idgen_torch.options import real, whole
from idgen_torch.parts import Values, check_forms

__all__ = ["Forest", "ForestModel"]

FARTHEST = 6.0
"""Trees are grown for numbers that are drawn in here; what is drawn is as it was."""
LIGHTEST = 1e-9
"""Rows that weigh less of the heaviest one are left out."""


class ForestModel(ConditionalModel):
    """A tree is drawn, the row's leaf is found, and one of its training rows is drawn there, all targets together.

    So a training row is drawn by the weight that a quantile regression forest gives it (Meinshausen 2006): the mean,
    over the trees, of its share of the leaf.  It has no density.
    """

    def __init__(
        self, recipe: Family, targets: Sequence[Part], inputs: Sequence[Part], nodes: Nodes, ends: Tensor, kept: Tensors
    ) -> None:
        """`ends`: (nodes + 1,) where each node's rows end among those of all trees.

        kept: `order`, (trees x rows,) int64, row numbers leaf by leaf; `mass`, float64, their running weights; and
        the targets of the rows under "rows.".
        """
        super().__init__(recipe, targets, inputs)
        self._columns = Columns.of(inputs)
        self._nodes, self._ends, self._kept = nodes, ends, kept

    def sample(self, given: Values, n: int, generator: torch.Generator) -> Values:
        """Each row's targets from one training row."""
        device, mass = self._ends.device, self._kept["mass"]
        tree = integers(len(self._nodes.roots), n, generator, device)
        leaf = self._nodes.leaf(self._columns.features(given, n, device), tree)
        first, last = self._ends[leaf], self._ends[leaf + 1]
        before = torch.where(first > 0, mass[(first - 1).clamp(min=0)], 0.0)
        height = before + uniform((n,), generator, device).double() * (mass[last - 1] - before)
        place = torch.searchsorted(mass, height, right=True).clamp(first, last - 1)
        row = self._kept["order"][place]
        return {part.name: self._kept[f"rows.{part.name}"][row] for part in self.targets}

    def log_prob(self, rows: Values) -> Tensor:
        """Raises DataError: rows that are drawn as they were have no density."""
        raise DataError("forest draws training rows and has no density; flow has one")

    def state(self) -> tuple[Config, Tensors]:
        """The trees, and what lies in their leaves."""
        return {}, {"ends": self._ends, **self._kept, **self._nodes.state("nodes")}

    @classmethod
    def from_state(
        cls, recipe: Forest, config: Config, tensors: Tensors, targets: Sequence[Part], inputs: Sequence[Part]
    ) -> Self:
        """The model whose `state` this is."""
        columns = Columns.of(inputs)
        reals = columns.width - columns.one_hot_width
        trees = {name: value for name, value in tensors.items() if name.startswith("nodes.")}
        nodes = Nodes.from_state(trees, "nodes", reals, len(columns.discrete), columns.one_hot_width)
        others = {name: value for name, value in tensors.items() if name not in nodes.state("nodes")}
        name = f"rows.{targets[0].name}"
        if name not in others or "order" not in others:
            raise DataError(f"a saved forest lacks {name} or order")
        rows, places = len(others[name]), len(others["order"])
        expected = {f"rows.{part.name}": expected_rows(part, rows) for part in targets}
        expected |= {"order": ((places,), torch.int64), "mass": ((places,), torch.float64)}
        checked_tensor(others, {**expected, "ends": ((len(nodes.feature) + 1,), torch.int64)})
        checked_rows(targets, others)
        ends, order, mass = others.pop("ends"), others["order"], others["mass"]
        leaves = ends.diff()[nodes.left == torch.arange(len(nodes.left), device=nodes.left.device)]
        grows = bool((ends.diff() >= 0).all()) and int(ends[0]) == 0 and int(ends[-1]) == places
        if not grows or not places or not bool((leaves > 0).all()) or int(order.min()) < 0 or int(order.max()) >= rows:
            raise DataError("a saved forest has leaves without rows, or rows that there are not")
        if not bool((mass.diff(prepend=mass.new_zeros(1)) > 0).all()) or not bool(mass.isfinite().all()):
            raise DataError("a saved forest's weights are no running sum of numbers above 0")
        return cls(recipe, targets, inputs, nodes, ends, others)

    def to(self, device: str | torch.device) -> Self:
        """The same forest on another device."""
        kept = {name: value.to(device) for name, value in self._kept.items()}
        return type(self)(
            self.recipe, self.targets, self.inputs, self._nodes.to(device), self._ends.to(device), kept
        )  # fmt: skip


@dataclass(frozen=True)
class Forest(Family):
    """Numbers and categories given both: outcomes of training rows, by the weights of a quantile regression forest.

    number: how many trees.  leaf: the least rows in one.  share: of the inputs, so many are looked at in each split.
    most_rows: of more rows so many are kept.  Steps and point masses are kept, and all targets come from one row.

    >>> from idgen_torch.drawing import generator_for
    >>> x = torch.linspace(0, 1, 200).unsqueeze(1)
    >>> task = Task((Part("y"),), (Part("x"),), {"x": x, "y": (x > 0.5).float()})
    >>> Forest(number=10).fit(task).sample({"x": torch.tensor([[0.1], [0.9]])}, 2, generator_for(0))["y"].flatten()
    tensor([0., 1.])
    """

    word = "forest"
    model = ForestModel
    likelihood = False
    masses = True
    keeps_rows = True

    number: int = whole(100, most=10_000)
    leaf: int = whole(5)
    share: float = real(0.5, "a fraction up to 1", lambda value: 0 < value <= 1)
    most_rows: int = whole(20_000)

    def offer(self, task: Task) -> Offer | None:
        """For numbers and categories, below all that learn a density of them."""
        able = task.target_forms <= {Form.NUMBERS, Form.CODES} and task.inputs
        seen = all(part.form in (Form.NUMBERS, Form.CODES) for part in task.inputs)
        return Offer(20, "outcomes of rows that are alike") if able and seen else None

    def fit(self, task: Task, run: Run = Run()) -> ForestModel:
        """Grow the trees. Raises DataError for parts that are neither numbers nor categories, and without inputs."""
        check_forms(task.targets, (Form.NUMBERS, Form.CODES), "; forest draws numbers and categories only")
        if not task.inputs:
            raise DataError(f"a forest of {task.name} needs inputs; resample needs none")
        columns, generator, count = Columns.of(task.inputs), generator_for(run.seed), task.count
        cpu = torch.device("cpu")
        index = torch.randperm(count, generator=generator)
        mass = torch.ones(count, dtype=torch.float32) if task.weights is None else task.weights.cpu().float()
        index = index[mass[index] > LIGHTEST * mass.max()][: self.most_rows]
        features = columns.features(task.rows, count, cpu)[index]
        weights = as_array(mass[index].double() / mass[index].double().mean())
        target = _told(task, index)
        bins = Bins.of(as_array(features.reals))
        ranks = ranks_of(features, columns.one_hot_width, target, weights)
        seen = np.column_stack([bins.places(as_array(features.reals)), ranks[as_array(features.codes)]])
        nodes, leaves = self._grown(
            seen, target, weights, bins, ranks, int(torch.randint(2**31, (), generator=generator))
        )
        order = np.argsort(leaves, axis=0, kind="stable").T.reshape(-1)
        ends = np.concatenate([[0], np.bincount(leaves.reshape(-1), minlength=len(nodes.feature)).cumsum()])
        kept = {f"rows.{part.name}": task.rows[part.name].cpu()[index] for part in task.targets}
        kept |= {"order": torch.from_numpy(order), "mass": torch.from_numpy(weights[order].cumsum())}
        model = ForestModel(self, task.targets, task.inputs, nodes, torch.from_numpy(ends), kept)
        return model.to(run.device)

    def _grown(
        self, seen: Array, target: Array, weights: Array, bins: Bins, ranks: Array, seed: int
    ) -> tuple[Nodes, Array]:
        """The trees, and the leaf of each row in each of them.  Shape: -> (rows, trees) int64."""
        from sklearn.ensemble import RandomForestRegressor

        model = RandomForestRegressor(
            self.number, min_samples_leaf=self.leaf, max_features=self.share, random_state=seed
        )
        equal = bool((weights == weights[0]).all())
        with one_threaded():
            model.fit(seen, target if target.shape[1] > 1 else target[:, 0], sample_weight=None if equal else weights)
            leaves = model.apply(seen).astype(np.int64)
        grown, start = [], 0
        for k, tree in enumerate(one.tree_ for one in model.estimators_):
            feature = tree.feature.astype(np.int64)
            arrays = (feature, bins.threshold(feature, tree.threshold), tree.children_left, tree.children_right)
            first, second, third, fourth = (torch.from_numpy(np.ascontiguousarray(one)) for one in arrays)
            grown.append((first, second, third, fourth))
            leaves[:, k] += start
            start += tree.node_count
        return joined(grown, torch.from_numpy(ranks)), leaves


def _told(task: Task, index: Tensor) -> Array:
    """What trees are grown for: numbers in units of their spread, and ones for categories.  Shape: (rows, columns)."""
    columns = []
    for part in task.targets:
        values = task.rows[part.name].cpu()[index]
        if part.discrete:
            columns.append(np.eye(part.size or 1)[as_array(values)])
        else:
            numbers = values.double().clamp(-FARTHEST, FARTHEST)
            columns.append(as_array((numbers - numbers.mean(0)) / numbers.std(0, correction=0).clamp(min=1e-9)))
    return np.column_stack(columns)
