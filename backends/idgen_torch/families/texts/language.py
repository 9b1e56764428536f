"""`language`: a text given categories, numbers, images, or nothing, written token by token."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, isfinite
from typing import Any, Self

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from idgen_compiler.data.kinds.text import texts_of
from idgen_compiler.data.part import Form, Part
from idgen_compiler.errors import DataError
from idgen_compiler.warning import warn_data
from idgen_torch.drawing import categorical, generator_for
from idgen_torch.families.family import ConditionalModel, Family, Run
from idgen_torch.families.state import Config, Tensors, restored, setting
from idgen_torch.families.task import Offer, Task, row_count, rows_at
from idgen_torch.families.texts.tokens import END, Tokens
from idgen_torch.nets.conditioning import SEEN
from idgen_torch.nets.writer import Writer
from idgen_torch.options import real, whole, widths
from idgen_torch.parts import Values, check_forms
from idgen_torch.seeds import seed_for
from idgen_torch.training.diffusion import RowsByStep
from idgen_torch.training.ensemble import Passes, Split, one_cycle
from idgen_torch.training.progress import Progress
from idgen_torch.training.state import Standing, TrainingFile

__all__ = ["Language", "LanguageModel"]

LONGEST = 512
"""No text is learned or written beyond so many tokens."""

PASSES = Passes(12, least_steps=400, most_steps=6_000)
LOOKS, MOST_HELD_OUT = 40, 1_000
"""How often held-out rows choose among the weights, and how many of them at most."""

TOKENS_AT_ONCE = 2**15
_DROPPED = -1e9
"""The logit of what cannot come; no infinity, of which gradients are no numbers."""


class LanguageModel(ConditionalModel):
    """q(text | inputs) as the product of its tokens' laws, each given the inputs and the tokens before it.

    Samples are drawn from that law as it is: no temperature, and no token is left out but bytes that would be no UTF-8.
    A text ends where the end is drawn, and at the latest after `longest` tokens. `log_prob` is that of the tokens into
    which a text is taken apart: common words, common letters, then bytes.
    """

    recipe: Language

    def __init__(
        self, recipe: Language, targets: Sequence[Part], inputs: Sequence[Part], tokens: Tokens, network: Writer
    ) -> None:
        super().__init__(recipe, targets, inputs)
        self._tokens, self._network = tokens, network
        self._longest = network.place.num_embeddings - 1
        device = network.bias.device
        self._barred = torch.from_numpy(tokens.barred).to(device)
        self._following = torch.from_numpy(tokens.following).to(device)
        self._within = torch.from_numpy(tokens.within).to(device)

    @property
    def _device(self) -> torch.device:
        return self._network.bias.device

    # -- training -------------------------------------------------------------------------------------------------

    def learn(self, task: Task, parts: Split, seed: int, progress: Progress, file: TrainingFile | None) -> None:
        """Train the network and leave it at its best look at held-out rows.

        With a `file` the state is kept at every look, and training goes on from it.
        Raises DataError when the training diverges.
        """
        network, recipe, rows = self._network, self.recipe, self._rows(task.rows)
        learn, held_out = parts.train, parts.held_out[:MOST_HELD_OUT]
        mass, weights = task.mass(), None if task.weights is None else task.weights.cpu()[learn]
        order = RowsByStep(len(learn), recipe.batch_size, seed, weights)
        each = max(1, len(learn) // min(recipe.batch_size, len(learn)))
        steps = each * (PASSES.number(each) if recipe.epochs is None else recipe.epochs)
        optimizer = torch.optim.AdamW(network.parameters(), lr=recipe.lr, weight_decay=1e-2, fused=True)
        best = [value.detach().clone() for value in network.state_dict().values()]
        standing = Standing() if file is None else file.read(network, best, optimizer)
        every = ceil(steps / LOOKS)
        progress.start(task.name, ceil(max(0, steps - standing.step) / every))
        began = time.perf_counter() - standing.seconds
        try:
            if not standing.step:
                standing = Standing(0, 0.0, self._mean_loss(task, rows, mass, held_out))
            for step in range(standing.step, steps):
                for group in optimizer.param_groups:
                    group["lr"] = recipe.lr * one_cycle(step / steps)
                optimizer.zero_grad()
                index = learn[order.index(step)]
                self._losses(rows_at(task.inputs, task.rows, index, self._device), rows[index]).mean().backward()
                torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
                optimizer.step()
                if (step + 1) % every and step + 1 < steps:
                    continue
                now = self._mean_loss(task, rows, mass, held_out)
                if not isfinite(now):
                    raise DataError(f"the training of {task.name} diverged at step {step + 1}; train with a lower lr")
                if now < standing.loss:
                    best = [value.detach().clone() for value in network.state_dict().values()]
                standing = Standing(step + 1, time.perf_counter() - began, min(now, standing.loss))
                progress.advance(standing.loss)
                if file is not None and step + 1 < steps:
                    file.write(network, best, optimizer, standing)
        finally:
            progress.done()
        network.load_state_dict(dict(zip(network.state_dict(), best, strict=True)))
        network.eval().requires_grad_(False)
        for parameter in network.parameters():
            parameter.grad = None

    @torch.no_grad()
    def _mean_loss(self, task: Task, rows: Tensor, mass: Tensor | None, held_out: Tensor) -> float:
        total, weight = 0.0, 0.0
        for index in held_out.split(self._at_once):
            losses = self._losses(rows_at(task.inputs, task.rows, index, self._device), rows[index]).double()
            own = torch.ones_like(losses) if mass is None else mass[index.to(mass.device)].to(losses)
            total, weight = total + float(losses @ own), weight + float(own.sum())
        return total / max(weight, 1e-9)

    @property
    def _at_once(self) -> int:
        return max(1, TOKENS_AT_ONCE // (self._longest + 1))

    def _rows(self, rows: Values) -> Tensor:
        """The tokens of each row's text, then ends.  Shape: (rows, longest) int64, on the CPU."""
        coded = rows[self.targets[0].name].cpu()
        found = torch.zeros(len(coded), self._longest, dtype=torch.int64)
        for row, text in zip(found, texts_of(coded.numpy()), strict=True):
            own = self._tokens.encode(text)[: self._longest]
            row[: len(own)] = torch.tensor(own, dtype=torch.int64)
        return found

    def _losses(self, given: Values, tokens: Tensor) -> Tensor:
        """Negative log-probability of each row's tokens and its end.  Shape: tokens (rows, longest) -> (rows,)."""
        used = int((tokens != END).sum(1).max()) if len(tokens) else 0
        own = tokens[:, :used].to(self._device)
        logits = self._network(given, own)
        logits = logits.masked_fill(self._barred[(self._lacking(own) > 0).long()], _DROPPED)
        wanted = torch.cat([own, own.new_full((len(own), 1), END)], 1)
        each = cross_entropy(logits.flatten(0, 1), wanted.flatten(), reduction="none").view(wanted.shape)
        ends = (wanted == END).int().cumsum(1)
        counts = (ends == 0) | ((ends == 1) & (wanted == END))
        if used == self._longest:  # where no room is left the end is certain
            counts[:, -1] = False
        return (each * counts).sum(1)

    def _lacking(self, tokens: Tensor) -> Tensor:
        """How many bytes a letter lacks before each place.  Shape: (rows, t) -> (rows, t + 1)."""
        found = [tokens.new_zeros(len(tokens))]
        for column in tokens.T:
            found.append(self._lacks(found[-1], column))
        return torch.stack(found, 1)

    def _lacks(self, before: Tensor, token: Tensor) -> Tensor:
        return torch.where(self._within[token], (before - 1).clamp(min=0), self._following[token])

    # -- use ------------------------------------------------------------------------------------------------------

    @torch.no_grad()
    def sample(self, given: Values, n: int, generator: torch.Generator) -> Values:
        """Texts, so many rows at a time."""
        name, length, device = self.targets[0].name, self.targets[0].length or 0, self._device
        pieces = [torch.zeros(0, length, dtype=torch.uint8, device=device)]
        for start in range(0, n, self._at_once):
            count = min(self._at_once, n - start)
            own = {part.name: given[part.name][start : start + count].to(device) for part in self.inputs}
            written = self._written(own, count, generator).cpu().tolist()
            pieces.append(torch.from_numpy(self._tokens.coded(written, length)).to(device))
        return {name: torch.cat(pieces)}

    def _written(self, given: Values, count: int, generator: torch.Generator) -> Tensor:
        """Shape: -> (count, tokens written) int64."""
        logits, code, past = self._network.begin(given, count)
        lacking = torch.zeros(count, dtype=torch.int64, device=self._device)
        open_ = torch.ones(count, dtype=torch.bool, device=self._device)
        columns: list[Tensor] = []
        while len(columns) < self._longest:
            token = categorical(logits.masked_fill(self._barred[(lacking > 0).long()], _DROPPED), generator)
            token = torch.where(open_, token, END)
            columns.append(token)
            open_ = token != END
            if not bool(open_.any()):
                break
            lacking = self._lacks(lacking, token)
            if len(columns) < self._longest:
                logits, past = self._network.after(token, len(columns), code, past)
        return torch.stack(columns, 1) if columns else torch.zeros(count, 0, dtype=torch.int64)

    @torch.no_grad()
    def log_prob(self, rows: Values) -> Tensor:
        """Log-probability of each row's text, as it is taken apart.  Shape: (rows,) float32."""
        count, tokens = row_count([*self.targets, *self.inputs], rows), self._rows(rows)
        pieces = torch.arange(count).split(self._at_once)
        return torch.cat(
            [-self._losses(rows_at(self.inputs, rows, index, self._device), tokens[index]) for index in pieces]
        )

    def state(self) -> tuple[Config, Tensors]:
        """The vocabulary, the most tokens, how a text is drawn, and the weights."""
        config = {"pieces": list(self._tokens.pieces), "longest": self._longest, "temperature": 1.0, "end": END}
        return config, {f"network.{name}": value for name, value in self._network.state_dict().items()}

    @classmethod
    def from_state(
        cls, recipe: Language, config: Config, tensors: Tensors, targets: Sequence[Part], inputs: Sequence[Part]
    ) -> Self:
        """The model whose `state` this is."""
        _check(targets, inputs)
        unknown = sorted(set(config) - {"pieces", "longest", "temperature", "end"})
        pieces, longest = setting(config, "pieces", list), setting(config, "longest", int)
        if unknown or setting(config, "temperature", float) != 1.0 or setting(config, "end", int) != END:
            raise DataError(
                f"a saved model of texts draws in a way that none does ({', '.join(unknown) or 'decoding'})"
            )
        if not 0 <= longest <= LONGEST or not all(isinstance(piece, str) for piece in pieces):
            raise DataError(f"a saved model of texts writes up to {LONGEST} tokens, of pieces that are texts")
        if any(not name.startswith("network.") for name in tensors):
            raise DataError("a saved model of texts has tensors that are none of its network's")
        tokens, own = Tokens(tuple(pieces)), {name.removeprefix("network."): value for name, value in tensors.items()}
        build = _builder(inputs, tokens, longest, recipe)
        return cls(recipe, targets, inputs, tokens, restored(build, own, "network."))

    def to(self, device: str | torch.device) -> Self:
        """The same model on another device."""
        return type(self)(self.recipe, self.targets, self.inputs, self._tokens, self._network.to(device))


@dataclass(frozen=True)
class Language(Family):
    """A text given categories, numbers, vectors, images or nothing: a small transformer that is trained here.

    epochs: passes over the rows, by the size of the table where it is None.  batch_size: rows a step.  lr: peak
    learning rate.  holdout: fraction of the rows kept back to choose among the weights.  hidden: a width for each
    block; the first is that of the network.
    """

    word = "language"
    model = LanguageModel

    epochs: int | None = whole(None)
    batch_size: int = whole(64)
    lr: float = real(3e-3, "a number above 0", lambda value: value > 0)
    holdout: float = real(0.1, "a fraction strictly between 0 and 1", lambda value: 0 < value < 1)
    hidden: tuple[int, ...] = widths((96, 96))

    def offer(self, task: Task) -> Offer | None:
        """For one text."""
        alone = len(task.targets) == 1 and task.target_forms == {Form.TEXTS} and not task.sees_texts
        return Offer(50, "a text is written token by token") if alone else None

    def fit(self, task: Task, run: Run = Run()) -> LanguageModel:
        """Find the vocabulary, then train. Raises DataError unless the only target is a text and no input is one."""
        _check(task.targets, task.inputs)
        count, target = task.count, task.targets[0]
        parts = task.split(self.holdout, generator_for(run.seed))
        texts = texts_of(task.rows[target.name].cpu().numpy())
        tokens = Tokens.of(texts[k] for k in parts.train.tolist())
        lengths = [len(tokens.encode(text)) for text in texts]
        longest = min(LONGEST, max(lengths))
        if (long := sum(length > LONGEST for length in lengths)) > 0:
            warn_data(
                f"{long} of {count} texts of {target.name} have more than {LONGEST} tokens; what is written for "
                f"{target.name} ends there"
            )
        network = _builder(task.inputs, tokens, longest, self, seed_for(run.seed, "weights"))().to(run.device)
        model = LanguageModel(self, task.targets, task.inputs, tokens, network)
        file = None if run.scratch is None else TrainingFile(run.scratch)
        model.learn(task, parts, run.seed, run.progress, file)
        return model


def _builder(inputs: Sequence[Part], tokens: Tokens, longest: int, recipe: Language, seed: int = 0) -> Any:
    return lambda: Writer.start(inputs, len(tokens), longest, recipe.hidden, seed)


def _check(targets: Sequence[Part], inputs: Sequence[Part]) -> None:
    """Raise DataError for parts that the family cannot model."""
    check_forms(targets, (Form.TEXTS,), "; language writes texts only")
    if len(targets) != 1:
        names = ", ".join(part.name for part in targets)
        raise DataError(f"language writes one text, got {names or 'nothing'}; leave the choice to the fit")
    check_forms(inputs, SEEN, ", which language does not read; leave the choice to the fit")
