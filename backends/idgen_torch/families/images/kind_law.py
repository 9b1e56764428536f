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
from idgen_torch.families.images.input_kinds import InputKinds, checked_sizes, varies
from idgen_torch.families.images.kinds import Kinds
from idgen_torch.families.images.pairs import Pairs, shifted
from idgen_torch.families.numbers.temperature import fitted_temperature, judged
from idgen_torch.families.state import (
    Config,
    Tensors,
    above_zero,
    check_finite,
    checked_tensor,
    restored,
    setting,
    under,
)
from idgen_torch.nets.kind_heads import KindHeads
from idgen_torch.parts import Values
from idgen_torch.training.diffusion import Budget
from idgen_torch.training.ensemble import Split
from idgen_torch.training.kinds import learn_kinds
from idgen_torch.training.progress import Progress

__all__ = ["KindLaw"]

MOST_SHIFTING, AT_ONCE = 20_000, 1_024
"""Pairs are looked at in so many rows at most, and rows so many at a time."""


class KindLaw:
    """p(kind | inputs), calibrated on rows kept back; `name` is that of the pictures.

    Given nothing but noise, all that a denoiser can know is the mean of the targets given the inputs; through the noise
    it learns slowly how several inputs matter together, and may miss half of it with nobody the wiser. What a picture
    shows from afar is a category, whose law has a likelihood. A network that reads pictures pixel by pixel misses what
    they say faintly: it is told their kinds as well, and what each two categories say is added by likelihood (`Pairs`).
    """

    def __init__(
        self, name: str, kinds: Kinds, network: KindHeads, seen: InputKinds, shifts: Sequence[Tensor] = ()
    ) -> None:
        """shifts: of the logits of each level, (cells, kinds); none of what was saved before there were any."""
        self.name, self.kinds, self.network, self.seen = name, kinds, network.eval(), seen
        self._shifts = tuple(shifts)

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
        seen: InputKinds,
        batch: Callable[[Tensor], Values],
        codes: Tensor,
        weights: Tensor | None,
        parts: Split,
        budget: Budget,
        seed: int,
        progress: Progress,
        tell: Callable[[Calibration], None] | None = None,
    ) -> Self:
        """Train the network (see `learn_kinds`), soften it by what held-out rows say, and add what pairs say.

        `batch` gives the inputs of some row numbers, the kinds of those that are pictures among them.
        """
        learn_kinds(network, batch, codes, weights, parts, budget, seed, progress, f"{name}, its kind")
        raw = cls(name, kinds, network, seen)
        return cls(name, kinds, network, seen, raw._calibrated(batch, codes, weights, parts, tell))

    @torch.no_grad()
    def _calibrated(
        self,
        batch: Callable[[Tensor], Values],
        codes: Tensor,
        weights: Tensor | None,
        parts: Split,
        tell: Callable[[Calibration], None] | None,
    ) -> list[Tensor]:
        """The shifts of each level; the network's temperatures are set, and told where rows were kept back."""
        index = torch.cat([parts.held_out, parts.train])[:MOST_SHIFTING] if parts.apart else parts.train
        held_out = slice(len(parts.held_out))
        own = codes[index.to(codes.device)]
        read, categories = list[Tensor](), list[Values]()
        for few in index.split(AT_ONCE):
            given = batch(few)
            read.append(self.network.seen(given, len(few)))
            categories.append({part.name: given[part.name] for part in self.seen.categories})
        seen = torch.cat(read)
        told = {name: torch.cat([few[name] for few in categories]) for name in categories[0]} | self.told(own)
        mass = None if weights is None else weights[index.to(weights.device)].to(seen.device).float()
        kept = None if mass is None else mass[held_out] * (len(mass[held_out]) / mass[held_out].sum())
        shifts = list[Tensor]()
        for level, part in enumerate(self.parts):
            pairs, size = self._pairs(level), part.size or 1
            shifts.append(torch.zeros(pairs.width, size, dtype=torch.float32, device=seen.device))
            if size < 2 or not parts.apart:
                continue
            before, labels = self.network.logits(level, seen, own), own[:, level]
            temperature = fitted_temperature(before[held_out], labels[held_out], kept)
            self.network.temperature[level] = temperature
            logits, cells = before / temperature, pairs.cells(told, len(own), seen.device)
            shifts[level] = pairs.shift(cells, logits, labels, mass)
            if tell is not None:
                after = shifted(logits, cells, shifts[level])[held_out]
                name = f"the kinds of {self.name} by {part.name.rpartition('@')[2]}"
                tell(judged(name, temperature, before[held_out], after, labels[held_out], kept))
        return shifts

    def _pairs(self, level: int) -> Pairs:
        """Those that say something of a level: of the inputs, and of the levels before."""
        before = filter(varies, self.parts[:level])
        return Pairs.of([*self.seen.categories, *before], self.kinds.sizes[level])

    @torch.no_grad()
    def draw(self, given: Values, count: int, generator: torch.Generator) -> Tensor:
        """The kinds of so many pictures.  Shape: (count, levels) int64."""
        given = {**given, **self.seen.told(given)}
        seen = self.network.seen(given, count)
        codes = torch.zeros(count, len(self.network.sizes), dtype=torch.long, device=seen.device)
        for level, size in enumerate(self.network.sizes):
            if size > 1:
                logits = self.network.logits(level, seen, codes)
                if self._shifts:
                    cells = self._pairs(level).cells({**given, **self.told(codes)}, count, seen.device)
                    logits = shifted(logits, cells, self._shifts[level])
                codes[:, level] = categorical(logits, generator)
        return codes

    def state(self) -> tuple[Config, Tensors]:
        """How many kinds each level has, and those of the inputs; the centres, the weights and the shifts."""
        tensors = {f"centres.{name}": value for name, value in self.kinds.state().items()}
        tensors |= {f"law.{name}": value for name, value in self.network.state_dict().items()}
        if not self._shifts:
            return {"sizes": list(self.kinds.sizes)}, tensors
        tensors |= {f"inputs.{name}": value for name, value in self.seen.state().items()}
        tensors |= {f"shifts.{level}": value for level, value in enumerate(self._shifts)}
        return {"sizes": list(self.kinds.sizes), "inputs": self.seen.sizes}, tensors

    @classmethod
    def from_state(
        cls, name: str, config: Config, tensors: Tensors, channels: int, inputs: Sequence[Part], width: int
    ) -> Self:
        """The law whose `state` this is.  Raises DataError for anything else."""
        sizes = checked_sizes(config.get("sizes"))
        kinds = Kinds.from_state(under(tensors, "centres."), sizes, channels)
        shifting = "inputs" in config
        seen = InputKinds(tuple(inputs), {})
        if shifting:
            seen = InputKinds.from_state(under(tensors, "inputs."), setting(config, "inputs", list), inputs)
        others = {k: v for k, v in tensors.items() if not k.startswith(("centres.", "inputs.", "shifts."))}
        weights = {k.removeprefix("law."): v for k, v in others.items()}
        network = restored(lambda: KindHeads((*inputs, *seen.parts), sizes, width), weights, "law.")
        above_zero("law.temperature", network.temperature)
        raw = cls(name, kinds, network, seen)
        shapes = [(raw._pairs(level).width, size) for level, size in enumerate(sizes)] if shifting else []
        expected = {str(level): (shape, torch.float32) for level, shape in enumerate(shapes)}
        own = checked_tensor(under(tensors, "shifts."), expected)
        return cls(name, kinds, network, seen, [own[level] for level in expected])

    def write(self, path: Path) -> None:
        """Keep it beside the state of a training that it is drawn before."""
        config, tensors = self.state()
        own = {name: value.detach().cpu().contiguous().clone() for name, value in tensors.items()}
        told = {name: json.dumps(value) for name, value in config.items()}
        write_atomically(path, safetensors.torch.save(own, told))

    @classmethod
    def read(cls, path: Path, name: str, channels: int, inputs: Sequence[Part], width: int) -> Self:
        """What `write` kept.  Raises DataError for the law of another training, or one that is broken."""
        try:
            check_regular(path)
            with safe_open(path, framework="pt") as file:
                config = {key: json.loads(text) for key, text in (file.metadata() or {}).items()}
                tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - no mapping
            check_finite(tensors)
            return cls.from_state(name, config, tensors, channels, inputs, width)
        except (SafetensorError, OSError, KeyError, ValueError, DataError) as error:
            raise DataError(f"{path} cannot be resumed ({error}); delete it to train anew") from error

    def to(self, device: str | torch.device) -> Self:
        """The same on another device."""
        shifts = [shift.to(device) for shift in self._shifts]
        return type(self)(self.name, self.kinds.to(device), self.network.to(device), self.seen.to(device), shifts)
