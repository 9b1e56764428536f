"""`from-texts`: anything given texts, alone or with other inputs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import torch
from torch import Tensor

from idgen_compiler.data.part import Form, Part
from idgen_compiler.errors import DataError
from idgen_torch.families.family import ConditionalModel, Family, Run
from idgen_torch.families.links import learned_link, links_state, read_link
from idgen_torch.families.state import Config, Tensors, under
from idgen_torch.families.task import Offer, Task
from idgen_torch.families.texts.reader import Reader
from idgen_torch.parts import Values, of_form

__all__ = ["FromTexts", "FromTextsModel"]


class FromTextsModel(ConditionalModel):
    """q(targets | texts, others) = q(targets | what is read in the texts, others), of whatever family that is."""

    recipe: FromTexts

    def __init__(
        self,
        recipe: FromTexts,
        targets: Sequence[Part],
        inputs: Sequence[Part],
        readers: Sequence[Reader],
        link: ConditionalModel,
    ) -> None:
        """One reader for each text among the inputs, in their order; `link` models the targets given what they read."""
        super().__init__(recipe, targets, inputs)
        self._readers, self._link = tuple(readers), link

    @property
    def readers(self) -> tuple[Reader, ...]:
        """What makes numbers of each text among the inputs."""
        return self._readers

    @property
    def link(self) -> ConditionalModel:
        """What models the targets given what is read."""
        return self._link

    @property
    def likelihood(self) -> bool:
        """Whether the model that comes after knows its density."""
        return self._link.likelihood

    @property
    def _device(self) -> torch.device:
        return next((value.device for value in self._link.state()[1].values()), torch.device("cpu"))

    def _read(self, rows: Values) -> Values:
        device = self._device
        read = {one.part.name: one(rows[one.part.name], device) for one in self._readers if one.width}
        return {**rows, **read}

    def sample(self, given: Values, n: int, generator: torch.Generator) -> Values:
        """Read the texts, then draw."""
        return self._link.sample(self._read(given), n, generator)

    def log_prob(self, rows: Values) -> Tensor:
        """Log-probability or density of the targets given what is read.  Shape: (rows,)."""
        return self._link.log_prob(self._read(rows))

    def opinions(self, rows: Values) -> Values:
        """Those of the model that comes after."""
        return self._link.opinions(self._read(rows))

    def state(self) -> tuple[Config, Tensors]:
        """The readers' arrays under "reader0." and so on, and the state of the link under "link."."""
        config, tensors = links_state({"link": self._link})
        for number, reader in enumerate(self._readers):
            tensors |= {f"reader{number}.{name}": value for name, value in reader.state().items()}
        return config, tensors

    @classmethod
    def from_state(
        cls, recipe: FromTexts, config: Config, tensors: Tensors, targets: Sequence[Part], inputs: Sequence[Part]
    ) -> Self:
        """The model whose `state` this is."""
        texts, readers = of_form(inputs, Form.TEXTS), []
        known = {"link", *(f"reader{number}" for number in range(len(texts)))}
        unknown = sorted(name for name in tensors if name.split(".")[0] not in known)
        if unknown or set(config) != {"link"} or not texts:
            raise DataError(
                f"a saved model of texts has {', '.join([*config, *unknown])}, and needs a link and readers"
            )
        for number, part in enumerate(texts):
            readers.append(Reader.from_state(part, under(tensors, f"reader{number}.")))
        return cls(
            recipe, targets, inputs, readers, read_link("link", config, tensors, targets, _read(inputs, readers))
        )

    def to(self, device: str | torch.device) -> Self:
        """The same model on another device; texts are read on the CPU."""
        return type(self)(self.recipe, self.targets, self.inputs, self._readers, self._link.to(device))


@dataclass(frozen=True)
class FromTexts(Family):
    """Anything given texts: they are made numbers, and then the best family for numbers in their place is taken.

    What makes numbers is the encoder of the text's kind (see `data.kinds.text`). Of what it gives the principal
    directions of the rows are kept, as many as the rows support.
    """

    word = "from-texts"
    model = FromTextsModel
    masses = True
    texts = True

    def offer(self, task: Task) -> Offer | None:
        """Where an input is a text."""
        return Offer(80, "texts are read first") if task.sees_texts else None

    def fit(self, task: Task, run: Run = Run()) -> FromTextsModel:
        """Find what to read, then fit the link. Raises DataError where no input is a text."""
        texts = of_form(task.inputs, Form.TEXTS)
        if not texts:
            raise DataError(f"from-texts needs a text among the inputs of {task.name}; leave the choice to the fit")
        _ = task.count
        begin = run.start if isinstance(run.start, FromTextsModel) else None
        # The start's link reads what the start's readers make of texts.
        readers = [Reader.of(part, task) for part in texts] if begin is None else list(begin.readers)
        rows = {**task.rows, **{r.part.name: r(task.rows[r.part.name], run.device) for r in readers if r.width}}
        read = replace(task, inputs=_read(task.inputs, readers), rows=rows)
        link = learned_link(read, run, 0, "link", None if begin is None else begin.link)
        return FromTextsModel(self, task.targets, task.inputs, readers, link)


def _read(inputs: Sequence[Part], readers: Sequence[Reader]) -> tuple[Part, ...]:
    """The inputs with vectors in the place of texts; without a text that never differs."""
    own = {reader.part.name: reader for reader in readers}
    found = [own[part.name].read if part.name in own else part for part in inputs]
    return tuple(part for part in found if part.name not in own or own[part.name].width)
