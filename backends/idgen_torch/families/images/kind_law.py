"""The law of the kinds of pictures given the inputs: learned by likelihood, drawn before the pictures."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self

import safetensors.torch
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from idgen_compiler.data.atomic import check_regular, write_atomically
from idgen_compiler.data.part import Part
from idgen_compiler.errors import DataError
from idgen_compiler.hinge.calibration import Calibration
from idgen_torch.drawing import categorical
from idgen_torch.families.images.kinds import LEVELS, Kinds
from idgen_torch.families.numbers.temperature import fitted_temperature, judged
from idgen_torch.families.state import Config, Tensors, above_zero, check_finite, restored, setting
from idgen_torch.nets.kind_heads import KindHeads
from idgen_torch.parts import Values
from idgen_torch.training.diffusion import Budget
from idgen_torch.training.kinds import learn_kinds
from idgen_torch.training.progress import Progress

__all__ = ["KindLaw"]


class KindLaw:
    """p(kind | inputs), calibrated on rows kept back; `name` is that of the pictures.

    Given nothing but noise, all that a denoiser can know is the mean of the targets given the inputs; through the noise
    it learns slowly how several inputs matter together, and may miss half of it with nobody the wiser. What a picture
    shows from afar is a category, whose law has a likelihood.
    """

    def __init__(self, name: str, kinds: Kinds, network: KindHeads) -> None:
        self.name, self.kinds, self.network = name, kinds, network.eval()

    @property
    def parts(self) -> tuple[Part, ...]:
        """The codes, as inputs of what draws a picture of a kind."""
        return self.kinds.parts(self.name)

    def told(self, codes: Tensor) -> Values:
        """The codes (rows, levels) by the names of their parts."""
        return self.kinds.told(self.name, codes)

    @classmethod
    def learned(
        cls,
        name: str,
        kinds: Kinds,
        network: KindHeads,
        batch: Callable[[Tensor], Values],
        codes: Tensor,
        weights: Tensor | None,
        budget: Budget,
        seed: int,
        progress: Progress,
        tell: Callable[[Calibration], None] | None = None,
    ) -> Self:
        """Train the network (see `learn_kinds`) and soften it by what the rows kept back say."""
        parts = learn_kinds(network, batch, codes, weights, budget, seed, progress, f"{name}, its kind")
        found = cls(name, kinds, network)
        if parts.apart:
            found._calibrate(batch, codes, weights, parts.held_out, tell)
        return found

    @torch.no_grad()
    def _calibrate(
        self,
        batch: Callable[[Tensor], Values],
        codes: Tensor,
        weights: Tensor | None,
        index: Tensor,
        tell: Callable[[Calibration], None] | None,
    ) -> None:
        own = codes[index.to(codes.device)]
        seen = torch.cat([self.network.seen(batch(few), len(few)) for few in index.split(1024)])
        mass = None if weights is None else weights[index.to(weights.device)].to(seen.device).float()
        mass = None if mass is None else mass * (len(mass) / mass.sum())
        for level, part in enumerate(self.parts):
            if part.size is None or part.size < 2:
                continue
            logits = self.network.logits(level, seen, own)
            temperature = fitted_temperature(logits, own[:, level], mass)
            self.network.temperature[level] = temperature
            if tell is not None:
                after = self.network.logits(level, seen, own)
                told = f"the kinds of {self.name} by {part.name.rpartition('@')[2]}"
                tell(judged(told, temperature, logits, after, own[:, level], mass))

    @torch.no_grad()
    def draw(self, given: Values, count: int, generator: torch.Generator) -> Tensor:
        """The kinds of so many pictures.  Shape: (count, levels) int64."""
        seen = self.network.seen(given, count)
        codes = torch.zeros(count, len(self.network.sizes), dtype=torch.long, device=seen.device)
        for level, size in enumerate(self.network.sizes):
            if size > 1:
                codes[:, level] = categorical(self.network.logits(level, seen, codes), generator)
        return codes

    def state(self) -> tuple[Config, Tensors]:
        """How many kinds each level has, the centres and the weights."""
        tensors = {f"centres.{name}": value for name, value in self.kinds.state().items()}
        tensors |= {f"law.{name}": value for name, value in self.network.state_dict().items()}
        return {"sizes": list(self.kinds.sizes)}, tensors

    @classmethod
    def from_state(
        cls, name: str, config: Config, tensors: Tensors, channels: int, inputs: Sequence[Part], width: int
    ) -> Self:
        """The law whose `state` this is.  Raises DataError for anything else."""
        sizes = setting(config, "sizes", list)
        able = all(type(n) is int and 0 < n <= 2**10 for n in sizes)
        if not able or len(sizes) not in (len(LEVELS) - 1, len(LEVELS)):
            raise DataError(f"a saved law of kinds has the sizes {sizes!r:.80}, and needs {len(LEVELS)} whole numbers")
        centres = {k.removeprefix("centres."): v for k, v in tensors.items() if k.startswith("centres.")}
        weights = {k.removeprefix("law."): v for k, v in tensors.items() if not k.startswith("centres.")}
        kinds = Kinds.from_state(centres, sizes, channels)
        network = restored(lambda: KindHeads(inputs, sizes, width), weights, "law.")
        above_zero("law.temperature", network.temperature)
        return cls(name, kinds, network)

    def write(self, path: Path) -> None:
        """Keep it beside the state of a training that it is drawn before."""
        config, tensors = self.state()
        own = {name: value.detach().cpu().contiguous().clone() for name, value in tensors.items()}
        write_atomically(path, safetensors.torch.save(own, {"sizes": json.dumps(config["sizes"])}))

    @classmethod
    def read(cls, path: Path, name: str, channels: int, inputs: Sequence[Part], width: int) -> Self:
        """What `write` kept.  Raises DataError for the law of another training, or one that is broken."""
        try:
            check_regular(path)
            with safe_open(path, framework="pt") as file:
                config = {"sizes": json.loads((file.metadata() or {})["sizes"])}
                tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - no mapping
            check_finite(tensors)
            return cls.from_state(name, config, tensors, channels, inputs, width)
        except (SafetensorError, OSError, KeyError, ValueError, DataError) as error:
            raise DataError(f"{path} cannot be resumed ({error}); delete it to train anew") from error

    def to(self, device: str | torch.device) -> Self:
        """The same on another device."""
        return type(self)(self.name, self.kinds.to(device), self.network.to(device))
