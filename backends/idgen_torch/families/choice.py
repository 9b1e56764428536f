"""Which family a model gets when nobody says: the one with the best offer.

Each family says for itself what it offers (`Family.offer`). The offers of the families that are built in:

- a law of categories that is known: `table` (95)
- no inputs: `resample` (90)
- images and numbers given categories alone: `matched` rows (75) where each combination has enough of them
- image targets otherwise: `diffusion` (50); images with other targets: `chain` (55)
- a number with point masses: `hurdle` (70); several, or with other targets: `chain` (65)
- other targets with an image among the inputs: `from-images` (58), for wide vectors `vector-diffusion` (60)
- real targets: `flow` (40), or where they are wide `vector-diffusion` (60); real and discrete ones: `chain` (55)
- discrete targets with a real input: `classifier` and `boosted` (40 both): trees where held-out rows are surely
  likelier by them; of many classes or few rows `classifier`
- numbers and categories given both: `forest` (20), and categories `boosted` (20), which have to be asked for
- all discrete: `table` (50) where every joint cell has plenty of rows, `factored` (40) where every target's relevant
  cells have enough; otherwise `table`, `factored` and `classifier` (30 all), and the best one on held-out rows is taken
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from torch import Tensor

from idgen_compiler.data.part import Form
from idgen_compiler.data.returned import described
from idgen_compiler.errors import DataError
from idgen_torch.arithmetic import total
from idgen_torch.drawing import generator_for
from idgen_torch.families.family import Family
from idgen_torch.families.registry import families, family
from idgen_torch.families.returned import log_density, telling
from idgen_torch.families.task import Offer, Task
from idgen_torch.parts import Values, of_form
from idgen_torch.training.ensemble import EnsembleTraining, Split

__all__ = ["choose", "offers"]

HELD_OUT = 0.1
"""Of the rows, so many decide between families of equal rank."""

SOME_ROWS, MORE_ROWS = (2**15, 2**17), 2
"""Where there are twice as many rows as the first number, networks are tried on so many, then on the second."""


def offers(task: Task, recipes: Sequence[Family] | None = None) -> list[tuple[Family, Offer]]:
    """What is offered for a task, the best first; of the recipes, or of every family as it is by default."""
    asked = [family(name)() for name in families()] if recipes is None else recipes
    able = [recipe for recipe in asked if recipe.likelihood or not task.likelihood]
    found = [(recipe, offer) for recipe in able if (offer := _offer(recipe, task)) is not None]
    return sorted(found, key=lambda pair: -pair[1].rank)


def _offer(recipe: Family, task: Task) -> Offer | None:
    """What a recipe offers.  Raises DataError, in the name of the family, where its `offer` fails."""
    source = f"the family {recipe.word!r}, asked for {task.name}"
    with telling(source, "offer", type(recipe)):
        found = recipe.offer(task)
    if not isinstance(found, Offer | None):
        raise DataError(f"{source}: offer returns {described(found)}, but an Offer or None is wanted")
    return found


def choose(task: Task, recipes: Sequence[Family] | None = None) -> Family:
    """The recipe of the best offer; between equal ranks held-out rows decide.

    Raises DataError where no family offers anything, as for the density of an image.

    >>> import torch
    >>> from idgen_compiler.data.part import Part
    >>> rows = {"x": torch.zeros(1000, dtype=torch.int64), "y": torch.zeros(1000, 1)}
    >>> choose(Task((Part("y"),), (Part("x", size=2),), rows)).word
    'flow'
    """
    found = offers(task, recipes)
    if not found:
        pictures = of_form(task.targets, Form.PICTURES)
        if task.likelihood and pictures:
            raise DataError(
                f"{pictures[0].name} is an image, whose density no model knows; compile with realize='regenerate'"
            )
        given = ", ".join(part.name for part in task.inputs) or "nothing"
        raise DataError(f"no family offers a model of {task.name} given {given}; name one with family={{...}}")
    best = [recipe for recipe, offer in found if offer.rank == found[0][1].rank]
    return best[0] if len(best) == 1 else _likeliest(task, best)


def _likeliest(task: Task, recipes: Sequence[Family]) -> Family:
    """The recipe that predicts held-out rows best; the same answer for the same rows.

    Those without a density cannot be compared, and are left out where any other is there. What trains networks is tried
    on some rows where there are many: where its models beat counts of all rows it is taken, for more rows only help it,
    and where counts of as few rows beat them counts are, which gain more by the others.
    """
    able = [recipe for recipe in recipes if recipe.likelihood]
    if len(able) < 2:
        return able[0] if able else max(recipes, key=lambda recipe: recipe.word)
    trial = _Trial(task, task.split(HELD_OUT, generator_for(0)))
    counting = [recipe for recipe in able if recipe.counts]
    trained = [recipe for recipe in able if not recipe.counts]
    if not counting or not trained:
        few = SOME_ROWS[0] if not counting and trial.rows >= MORE_ROWS * SOME_ROWS[0] else None
        best = max(able, key=lambda recipe: trial.score(recipe, few))
        smooth = [recipe for recipe in able if isinstance(recipe, EnsembleTraining)]
        if not smooth or best in smooth:
            return best
        # Beyond the rows a network goes on smoothly, where trees stand still: they have to be better beyond chance.
        near = max(smooth, key=lambda recipe: trial.score(recipe, few))
        return best if trial.surely(best, near, few) else near
    counted, learned = max(map(trial.score, counting)), []
    for some in SOME_ROWS:
        if trial.rows < MORE_ROWS * some:
            return max(able, key=trial.score)
        best = max(trained, key=lambda recipe: trial.score(recipe, some))
        learned.append(trial.score(best, some))
        if learned[-1] >= counted:
            return best
        if max(trial.score(recipe, some) for recipe in counting) >= learned[-1]:
            return max(counting, key=trial.score)
    # What four times as many rows gave more is what all others give at most, each time half as much as before.
    hoped = learned[-1][0] + max(learned[-1][0] - learned[0][0], 0.0)
    return best if hoped >= counted[0] else max(counting, key=trial.score)


@dataclass(frozen=True, eq=False)
class _Trial:
    """Some rows to learn from, and others to judge by."""

    task: Task
    parts: Split
    told: dict[tuple[Family, int], Tensor] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """How many rows there are to learn from."""
        return len(self.parts.train)

    @cached_property
    def check(self) -> Values:
        """The rows to judge by."""
        return {part.name: self.task.rows[part.name].cpu()[self.parts.held_out] for part in self.task.parts}

    def score(self, recipe: Family, most: int | None = None) -> tuple[float, str]:
        """The mean log-likelihood of held-out rows by a model of so many rows, or of all; ties go by the word."""
        log_prob = self._told(recipe, most)
        mean = float(total(log_prob) / len(log_prob))
        return -math.inf if math.isnan(mean) else mean, recipe.word

    def surely(self, one: Family, other: Family, most: int | None = None) -> bool:
        """Whether a recipe is better than another one by more than twice the standard error of that."""
        apart = self._told(one, most) - self._told(other, most)
        error = float(apart.std()) / math.sqrt(len(apart)) if len(apart) > 1 else math.inf
        return not float(apart.mean()) <= 2 * error  # an infinite or undefined difference is one

    def _told(self, recipe: Family, most: int | None) -> Tensor:
        """The log-likelihood of each held-out row, by its weight.  Shape: (rows,) float64."""
        count = self.rows if most is None else most
        if (recipe, count) not in self.told:
            self.told[recipe, count] = self._learned(recipe, count)
        return self.told[recipe, count]

    def _learned(self, recipe: Family, count: int) -> Tensor:
        task, index = self.task, self.parts.train[:count]
        mass = None if task.weights is None else task.weights.cpu()
        learn = {part.name: task.rows[part.name].cpu()[index] for part in task.parts}
        lesson = Task(task.targets, task.inputs, learn, None if mass is None else mass[index])
        source = f"the family {recipe.word!r}, tried for {task.name}"
        with telling(source, "fit", type(recipe)):
            model = recipe.trial().fit(lesson)
        log_prob = log_density(source, model, self.check).double()
        return log_prob if mass is None else log_prob * mass[self.parts.held_out]
