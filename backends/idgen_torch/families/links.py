"""The models that a model is made of: each is chosen and trained, saved and read as if it were alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import torch

from idgen_compiler.data.part import Part
from idgen_torch.families.choice import choose
from idgen_torch.families.family import ConditionalModel, Run
from idgen_torch.families.returned import draw, telling
from idgen_torch.families.saved import read_recipe, recipe_record
from idgen_torch.families.state import Config, Tensors, setting, under
from idgen_torch.families.task import Task
from idgen_torch.parts import Values
from idgen_torch.training.state import link_scratch

__all__ = ["drawn_by", "learned_link", "links_state", "read_link"]


def learned_link(
    task: Task, run: Run, number: int, name: str, start: ConditionalModel | None = None
) -> ConditionalModel:
    """The model of one link, of the family that is chosen for its task, from a seed and a scratch file of its own.

    One that has a `start` is of the start's family.
    """
    own = replace(run, seed=run.seed + number, scratch=link_scratch(run.scratch, name), start=start)
    recipe = (run.choose or choose)(task) if start is None else start.recipe
    with telling(f"the link {task.name} [{recipe.word}]", "fit", type(recipe)):
        return recipe.fit(task, own)


def drawn_by(link: ConditionalModel, given: Values, n: int, generator: torch.Generator) -> Values:
    """What a link draws, looked at like any other model's draws."""
    names = ", ".join(part.name for part in link.targets)
    return draw(f"the link {names} [{link.family}]", link, given, n, generator)


def links_state(links: Mapping[str, ConditionalModel]) -> tuple[Config, Tensors]:
    """The states of all links, told apart by their names: keys of the settings, and prefixes of the tensors' names."""
    config: Config = {}
    tensors: Tensors = {}
    for name, link in links.items():
        inner, arrays = link.state()
        config[name] = {**recipe_record(link.recipe), "config": inner}
        tensors |= {f"{name}.{key}": value for key, value in arrays.items()}
    return config, tensors


def read_link(
    name: str, config: Config, tensors: Tensors, targets: Sequence[Part], inputs: Sequence[Part]
) -> ConditionalModel:
    """The link of this name in what `links_state` wrote.  Raises DataError for anything missing or misshapen."""
    arrays = under(tensors, f"{name}.")
    saved = setting(config, name, dict)
    how = read_recipe(saved)
    return how.model.from_state(how, setting(saved, "config", dict), arrays, targets, inputs)
