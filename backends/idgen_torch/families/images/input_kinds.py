"""The kinds of the pictures among a model's inputs: categories that a law of few rows can rest on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Self

import torch
from torch import Tensor

from idgen_compiler.data.part import Form, Part
from idgen_compiler.errors import DataError
from idgen_torch.families.images.kinds import LEVELS, Kinds
from idgen_torch.families.state import Tensors, under
from idgen_torch.parts import Values, of_form
from idgen_torch.seeds import seed_for

__all__ = ["InputKinds", "checked_sizes", "varies"]


@dataclass(frozen=True, eq=False)
class InputKinds:
    """The kinds of each input that is a picture, by its name; those that fall into none are left out."""

    inputs: tuple[Part, ...]
    kinds: Mapping[str, Kinds]

    @classmethod
    def found(
        cls,
        inputs: Sequence[Part],
        images: Callable[[Part, Tensor], Tensor],
        count: int,
        weights: Tensor | None,
        most: Sequence[int],
        seed: int,
    ) -> Self:
        """Those of the pictures that `images` gives of an input for some row numbers (see `Kinds.found`)."""
        kinds = {
            part.name: Kinds.found(partial(images, part), count, weights, most, seed_for(seed, part.name))
            for part in of_form(inputs, Form.PICTURES)
        }
        return cls(tuple(inputs), {name: own for name, own in kinds.items() if own.several})

    @property
    def parts(self) -> tuple[Part, ...]:
        """The codes, as further inputs of a network."""
        return tuple(part for name, kinds in self.kinds.items() for part in kinds.parts(name) if varies(part))

    @property
    def categories(self) -> tuple[Part, ...]:
        """All inputs that are categories, and the codes of those that are pictures."""
        return (*(part for part in self.inputs if varies(part)), *self.parts)

    @torch.no_grad()
    def told(self, given: Values) -> Values:
        """The codes of some rows' pictures by the names of their parts.  Shape of each: (rows,) int64."""
        found: Values = {}
        for name, kinds in self.kinds.items():
            images = given[name].to(kinds.light.device)
            once = len(images) > 1 and images.stride(0) == 0  # one picture that stands for all rows
            codes = kinds.of(images[:1]).expand(len(images), -1) if once else kinds.of(images)
            found |= kinds.told(name, codes)
        return found

    @property
    def sizes(self) -> list[list[int]]:
        """How many kinds each level of each picture has, in the order of the inputs; none of those that are left out.

        What `from_state` reads.
        """
        pictures = of_form(self.inputs, Form.PICTURES)
        return [list(self.kinds[part.name].sizes) if part.name in self.kinds else [] for part in pictures]

    def state(self) -> Tensors:
        """The centres, by the place of the picture."""
        return {
            f"{place}.{key}": value
            for place, part in enumerate(of_form(self.inputs, Form.PICTURES))
            if part.name in self.kinds
            for key, value in self.kinds[part.name].state().items()
        }

    @classmethod
    def from_state(cls, tensors: Tensors, sizes: Sequence[object], inputs: Sequence[Part]) -> Self:
        """Those whose `state` and `sizes` these are.  Raises DataError for anything else."""
        pictures = of_form(inputs, Form.PICTURES)
        if len(sizes) != len(pictures):
            raise DataError(f"a saved law of kinds has those of {len(sizes)} pictures, and {len(pictures)} inputs are")
        found, read = dict[str, Kinds](), dict[str, Tensor]()
        for place, (part, own) in enumerate(zip(pictures, sizes, strict=True)):
            mine = under(tensors, f"{place}.")
            read |= {f"{place}.{name}": value for name, value in mine.items()}
            if own == []:
                continue
            found[part.name] = Kinds.from_state(mine, checked_sizes(own), (part.shape or (1,))[0])
        if unknown := sorted(set(tensors) - set(read)):
            raise DataError(f"a saved law of kinds has unknown centres {', '.join(unknown):.80}")
        return cls(tuple(inputs), found)

    def to(self, device: str | torch.device) -> Self:
        """The same on another device."""
        return type(self)(self.inputs, {name: kinds.to(device) for name, kinds in self.kinds.items()})


def checked_sizes(sizes: object) -> list[int]:
    """How many kinds each level has, as a saved law says.  Raises DataError for what is no such list."""
    able = isinstance(sizes, list) and all(type(n) is int and 0 < n <= 2**10 for n in sizes)
    if not isinstance(sizes, list) or not able or len(sizes) not in (len(LEVELS) - 1, len(LEVELS)):
        raise DataError(f"a saved law of kinds has the sizes {sizes!r:.80}, and needs {len(LEVELS)} whole numbers")
    return sizes


def varies(part: Part) -> bool:
    """Whether it is a category of more than one level."""
    return part.size is not None and part.size > 1
