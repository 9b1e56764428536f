"""Training a denoiser: batches by step number, AdamW in one cycle, averaged weights, states to resume from."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import isfinite
from typing import Any, NoReturn

import torch
from torch import Tensor, nn

from idgen_compiler.errors import DataError, StoreWarning
from idgen_compiler.warning import warn_user
from idgen_torch.drawing import normal, uniform
from idgen_torch.nets.conditioning import DenoisingNetwork
from idgen_torch.nets.processes import Process
from idgen_torch.parts import Values
from idgen_torch.seeds import seed_for, stream_for
from idgen_torch.training.accelerated import accelerated
from idgen_torch.training.crew import ALONE, Crew
from idgen_torch.training.ensemble import one_cycle
from idgen_torch.training.progress import Progress
from idgen_torch.training.state import Standing, TrainingFile

__all__ = ["Budget", "Lesson", "DiffusionPlan", "RowsByStep", "train_denoiser"]

REPORTS = 100
"""How often a training tells its progress."""


@dataclass(frozen=True, slots=True)
class Budget:
    """How long to train: a number of steps, or seconds, or whichever of both is over first."""

    steps: int | None
    seconds: float | None

    def spent(self, standing: Standing) -> float:
        """The fraction of the budget that is used up, 0 at the start and 1 at the end."""
        limits = ((standing.step, self.steps), (standing.seconds, self.seconds))
        return min(1.0, max((used / most for used, most in limits if most is not None), default=1.0))


@dataclass(frozen=True, slots=True)
class DiffusionPlan:
    """The measured recipe, or what the options set in its place."""

    budget: Budget
    batch_size: int
    lr: float
    ema: float
    dropout: float
    precision: str  #: as accelerate names it: no, bf16 or fp16
    accumulation: int
    compile: bool
    save_every: int


class RowsByStep:
    """Which rows each step sees, a function of the seed and the step alone, so that a training can go on anywhere.

    Every pass takes all rows in a new order; with weights each row is drawn with its probability instead.
    """

    def __init__(self, count: int, batch_size: int, seed: int, weights: Tensor | None) -> None:
        self._count, self._seed = count, seed
        self._batch = min(batch_size, count)
        self._cumulative = None if weights is None else weights.double().cpu().cumsum(0)
        self._pass, self._order = -1, torch.empty(0, dtype=torch.long)

    def index(self, step: int) -> Tensor:
        """Row numbers.  Shape: (batch,) int64, on the CPU."""
        if self._cumulative is not None:
            height = torch.rand(self._batch, generator=stream_for(self._seed, "rows", str(step)), dtype=torch.float64)
            drawn = torch.searchsorted(self._cumulative, height * self._cumulative[-1], right=True)
            return drawn.clamp(max=self._count - 1)
        steps = self._count // self._batch
        number, place = divmod(step, steps)
        if number != self._pass:
            self._pass = number
            self._order = torch.randperm(self._count, generator=stream_for(self._seed, "order", str(number)))
        return self._order[place * self._batch : (place + 1) * self._batch]


@dataclass(frozen=True, eq=False)
class Lesson:
    """What a denoiser learns from: `batch` gives the targets (rows, *shape) of some row numbers, and their inputs.

    The targets are of about unit size; `rows` says which rows each step sees, and `name` what progress is called.
    """

    batch: Callable[[Tensor], tuple[Tensor, Values]]
    rows: RowsByStep
    name: str


def train_denoiser(
    network: DenoisingNetwork,
    process: Process,
    lesson: Lesson,
    plan: DiffusionPlan,
    seed: int,
    device: torch.device,
    progress: Progress,
    file: TrainingFile | None = None,
    picture: Callable[[int], None] | None = None,
    crew: Crew = ALONE,
) -> None:
    """Train in place and leave the averaged weights in the network, without gradients.

    With a `file` the state is kept every so many steps, and training goes on from it; on a CPU a training that was
    interrupted ends as one that was not. `picture` is called ten times on the way, with the averaged weights in place.
    Of a `crew` each calls this with the same network and lesson; the first one has file, picture and the result.

    Raises DataError when the training diverges.
    """
    crew.check(network, lesson.name)
    network.to(device)
    if device.type == "cuda" and len(network.shape) == 3:
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    training = _Training(network, process, lesson, plan, seed, device, crew)
    with crew.together():
        standing = training.resumed(file)
    told = int(plan.budget.spent(standing) * REPORTS)
    progress.start(lesson.name, REPORTS - told)
    began = time.perf_counter() - standing.seconds
    try:
        with crew.together(), training.prepared():
            while (spent := training.spent(standing)) < 1:
                total = training.descend(standing.step, plan.lr * one_cycle(spent, warm_up=0.05))
                # The loss comes back from the device only now and then: asking for it would make the two wait.
                step, now = standing.step + 1, standing.loss
                if step % 20 == 1 or device.type == "cpu":
                    now = _running(lesson.name, step, standing, float(crew.mean(total)), plan.precision)
                standing = Standing(step, time.perf_counter() - began, now)
                while told < int(plan.budget.spent(standing) * REPORTS):
                    told += 1
                    progress.advance(standing.loss)
                    if picture is not None and told % 10 == 0:
                        with training.averaged():
                            picture(standing.step)
                if file is not None and step % plan.save_every == 0:
                    training.keep(file, standing)
            training.check_finite(standing.step)
    finally:
        progress.done()
    training.finish()


class _Training:
    """A network under way: its optimizer, the running average of its weights, and what makes a step."""

    def __init__(
        self,
        network: DenoisingNetwork,
        process: Process,
        lesson: Lesson,
        plan: DiffusionPlan,
        seed: int,
        device: torch.device,
        crew: Crew,
    ) -> None:
        from diffusers.training_utils import EMAModel

        self.network, self.lesson, self.plan, self.seed, self.device = network, lesson, plan, seed, device
        self.crew = crew
        self.optimizer = torch.optim.AdamW(
            network.parameters(), lr=plan.lr, weight_decay=1e-2, betas=(0.9, 0.99), fused=True
        )
        self.parameters = list(network.parameters())
        self.average: Any = EMAModel(self.parameters, decay=plan.ema, foreach=True)
        self.model: nn.Module = _Step(network, process)
        self._accelerator: Any = None
        self._prepared: Any = None

    def resumed(self, file: TrainingFile | None) -> Standing:
        """How far the training in the file came, which is put in place."""
        standing = Standing() if file is None else file.read(self.network, self.average.shadow_params, self.optimizer)
        standing = self._alike(standing)
        self.average.optimization_step = standing.step
        if self.plan.compile and self.device.type == "cuda":
            self.model = torch.compile(self.model, dynamic=False)  # type: ignore[assignment]
        self.network.train()
        return standing

    def _alike(self, standing: Standing) -> Standing:
        """The weights, moments and standing of the first of a crew."""
        crew, state = self.crew, self.optimizer.state
        crew.alike(self.network.state_dict().values())
        step, seconds, loss = crew.agreed(standing.step, standing.seconds, standing.loss)
        if crew.size == 1 or not step:
            return standing
        there = crew.agreed(*(float(bool(state.get(one))) for one in self.parameters))
        for parameter, known in zip(self.parameters, there, strict=True):
            if known and not crew.first:
                moments = {name: torch.zeros_like(parameter, requires_grad=False) for name in ("exp_avg", "exp_avg_sq")}
                state[parameter] = {"step": torch.zeros((), dtype=torch.float32, device=parameter.device), **moments}
            if known:
                crew.alike(state[parameter][name] for name in ("step", "exp_avg", "exp_avg_sq"))
        return Standing(int(step), seconds, loss)

    def spent(self, standing: Standing) -> float:
        """The fraction of the budget that is used up, by the clock of the first of a crew."""
        found = self.plan.budget.spent(standing)
        return found if self.plan.budget.seconds is None else self.crew.agreed(found)[0]

    @contextmanager
    def prepared(self) -> Iterator[None]:
        """Ready to descend."""
        with accelerated(self.plan.precision, self.plan.accumulation, self.device, self.crew) as accelerator:
            self._accelerator = accelerator
            self.model, self._prepared = accelerator.prepare(self.model, self.optimizer)
            yield

    def descend(self, step: int, lr: float) -> Tensor:
        """One step of the optimizer, over as many batches as are accumulated; their mean loss, still on the device."""
        for group in self.optimizer.param_groups:
            group["lr"] = lr
        accelerator, plan, device = self._accelerator, self.plan, self.device
        total = torch.zeros((), dtype=torch.float32, device=device)
        for number in range(step * plan.accumulation, (step + 1) * plan.accumulation):
            index, share = self.lesson.rows.index(number), self.crew.share
            targets, given = self.lesson.batch(share(index))
            stream = stream_for(self.seed, "noise", str(number), device=device)
            count = len(index)
            noise = share(normal((count, *self.network.shape), stream, device))
            level = share(normal((count,), stream, device))
            keep = share(uniform((count,), stream, device) >= plan.dropout) if plan.dropout else None
            with self._chance(number), accelerator.accumulate(self.model), accelerator.autocast():
                loss = self.model(targets.to(device), given, noise, level, keep)
                if self.crew.size > 1:
                    loss = loss * self.crew.weight(count)
                accelerator.backward(loss)
                if accelerator.sync_gradients:
                    accelerator.clip_grad_norm_(self.parameters, 1.0)
                self._prepared.step()
                self._prepared.zero_grad()
            total += loss.detach() / plan.accumulation
        self.average.step(self.parameters)
        return total

    @contextmanager
    def _chance(self, number: int) -> Iterator[None]:
        """Torch's own generator seeded by the batch, for a network that draws from it, and as it was afterwards."""
        if not self.network.drops:
            yield
            return
        with torch.random.fork_rng([self.device] if self.device.type == "cuda" else []):
            others = () if self.crew.first else (str(self.crew.rank),)
            torch.manual_seed(seed_for(self.seed, "chance", str(number), *others))
            yield

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """The averaged weights in the network's place for a while."""
        self.average.store(self.parameters)
        self.average.copy_to(self.parameters)
        self.network.eval()
        try:
            yield
        finally:
            self.average.restore(self.parameters)
            self.network.train()

    def keep(self, file: TrainingFile, standing: Standing) -> None:
        """Write the state; a disk that is full costs the state, not the training.

        Raises DataError for weights that are no finite numbers.
        """
        self.check_finite(standing.step)
        try:
            file.write(self.network, self.average.shadow_params, self.optimizer, standing)
        except DataError as error:
            warn_user(f"{error}; the training of {self.lesson.name} goes on without", StoreWarning)

    def check_finite(self, step: int) -> None:
        """Raise DataError for weights that are no finite numbers."""
        if not all(bool(parameter.isfinite().all()) for parameter in self.parameters):
            _refuse(self.lesson.name, step)

    def finish(self) -> None:
        """Leave the averaged weights in the network, without gradients."""
        self.average.copy_to(self.parameters)
        self.network.eval().requires_grad_(False)
        for parameter in self.parameters:
            parameter.grad = None


def _running(name: str, step: int, before: Standing, loss: float, precision: str) -> float:
    """The running mean of the loss.

    Raises DataError where the loss is no number, unless it is of half precision, where the step is left out then.
    """
    if not isfinite(loss):
        if precision != "fp16":
            _refuse(name, step)
        return before.loss
    return loss if before.step == 0 else 0.98 * before.loss + 0.02 * loss


def _refuse(name: str, step: int) -> NoReturn:
    raise DataError(
        f"the training of {name} diverged at step {step}: its loss or its weights are no finite numbers; "
        "train with a lower lr, or in full precision (images={'precision': 'no'})"
    )


class _Step(nn.Module):
    """Network and loss as one module, so that both are compiled together."""

    def __init__(self, network: DenoisingNetwork, process: Process) -> None:
        super().__init__()
        self.network, self.process = network, process

    def forward(self, targets: Tensor, given: Values, noise: Tensor, level: Tensor, keep: Tensor | None) -> Tensor:
        predictor = self.network.predictor(given, len(targets), keep)
        return self.process.loss(predictor, targets, noise, level).mean()
