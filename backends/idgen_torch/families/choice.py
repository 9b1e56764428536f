"""Which family a model gets when nobody says: the one with the best offer.

Each family says for itself what it offers (`Family.offer`). The offers of the families that are built in:

- no inputs: `resample` (90)
- images and numbers given categories alone: `matched` rows (75) where each combination has enough of them
- image targets otherwise: `diffusion` (50); images with other targets: `chain` (55)
- a number with point masses: `hurdle` (70); several, or with other targets: `chain` (65)
- other targets with an image among the inputs: `from-images` (58), for wide vectors `vector-diffusion` (60)
- real targets: `flow` (40), or where they are wide `vector-diffusion` (60); real and discrete ones: `chain` (55)
- discrete targets with a real input: `classifier` (40)
- numbers and categories given both: `forest` (20), and categories `boosted` (20), which have to be asked for
- all discrete: `table` (50) where every joint cell has plenty of rows, `factored` (40) where every target's relevant
  cells have enough; otherwise `factored` and `classifier` (30 both), and the better one on held-out rows is taken
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from idgen_compiler.data.part import Form
from idgen_compiler.data.returned import described
from idgen_compiler.errors import DataError
from idgen_torch.arithmetic import total
from idgen_torch.drawing import generator_for
from idgen_torch.families.family import Family
from idgen_torch.families.registry import families, family
from idgen_torch.families.returned import log_density, telling
from idgen_torch.families.task import Offer, Task
from idgen_torch.parts import of_form
from idgen_torch.training.ensemble import split

__all__ = ["choose", "offers"]

HELD_OUT = 0.1
"""Of the rows, so many decide between families of equal rank."""


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

    Those without a density cannot be compared, and are left out where any other is there.
    """
    able = [recipe for recipe in recipes if recipe.likelihood]
    if len(able) < 2:
        return able[0] if able else max(recipes, key=lambda recipe: recipe.word)
    parts = split(task.count, HELD_OUT, generator_for(0), task.weights)
    learn = {part.name: task.rows[part.name].cpu()[parts.train] for part in task.parts}
    check = {part.name: task.rows[part.name].cpu()[parts.held_out] for part in task.parts}
    mass = None if task.weights is None else task.weights.cpu()
    lesson = Task(task.targets, task.inputs, learn, None if mass is None else mass[parts.train])

    def score(recipe: Family) -> tuple[float, str]:
        source = f"the family {recipe.word!r}, tried for {task.name}"
        with telling(source, "fit", type(recipe)):
            model = recipe.trial().fit(lesson)
        log_prob = log_density(source, model, check).double()
        mean = float(total(log_prob) / len(log_prob) if mass is None else total(log_prob * mass[parts.held_out]))
        return (-math.inf if math.isnan(mean) else mean), recipe.word

    return max(able, key=score)
