"""A family of conditional models: a frozen recipe, whose fields are its options, and the models that it makes.

A recipe says how well it suits a task (`offer`) and trains a model for it (`fit`). A model samples, may know its
log-probability, and goes into a file and comes back.
"""

from __future__ import annotations

import itertools
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Protocol, Self, TypeVar

import torch
from torch import Tensor, nn

from idgen_compiler.data.part import Part
from idgen_compiler.errors import DataError
from idgen_compiler.hinge.calibration import Calibration
from idgen_torch.families.state import Config, Tensors, check_finite
from idgen_torch.families.task import Offer, Task
from idgen_torch.options import Options
from idgen_torch.parts import Values
from idgen_torch.training.crew import Crew
from idgen_torch.training.progress import NoProgress, Progress

__all__ = ["ConditionalModel", "Family", "Helpers", "Run", "parts_of", "ready"]


@dataclass(frozen=True)
class Family(Options, ABC):
    """A recipe for conditional models q(targets | inputs); equal recipes make equal models of equal tasks.

    Every option has a default, so that a family can be asked for by its name alone. A subclass is a frozen dataclass:

    >>> from idgen_torch.families import Flow
    >>> recipe = Flow(bins=16)
    >>> recipe.bins, recipe.word, recipe.likelihood
    (16, 'flow', True)
    """

    word: ClassVar[str]  #: its name: in options, on the command line and in saved files
    model: ClassVar[type[ConditionalModel]]  #: what it makes, and what comes back from a file
    likelihood: ClassVar[bool] = True  #: whether its models know the density of what they draw
    masses: ClassVar[bool] = False  #: whether its models draw the point masses of numbers
    counts: ClassVar[bool] = False  #: whether its models are counts of rows, made in one pass and better with every row
    texts: ClassVar[bool] = False  #: whether its models read texts that are inputs
    keeps_rows: ClassVar[bool] = False  #: whether its models hold rows that they were trained on (`rows_held`)
    shared: ClassVar[bool] = False  #: whether several processes can train one of its models together (`Run.helpers`)
    scope: ClassVar[str] = ""  #: the option of `fit` under which all options of this family can be given, if any

    @property
    def subject(self) -> str:
        return self.called or self.word

    @property
    def emphasis(self) -> float:
        """How much more often its training looks at inputs that are rarer in the data than where the model is asked.

        A power of the ratio: 0 for not at all, 1 for as often as they are asked. A family that wants it says so by a
        class variable, or by an option, of this name.
        """
        return 0.0

    @abstractmethod
    def offer(self, task: Task) -> Offer | None:
        """How well the family suits the task, by its parts and rows; None where it does not.

        It is not asked where a density is wanted and it has none.
        """

    @abstractmethod
    def fit(self, task: Task, run: Run = ...) -> ConditionalModel:
        """Train a model.  Raises DataError for parts that the family cannot model, and for an empty table."""

    def trial(self) -> Self:
        """The recipe that stands for this one where held-out rows decide: its own defaults, whatever was asked for.

        So the choice of a family does not depend on how its models are then trained.
        """
        return type(self)()

    def opened(self, task: Task, device: torch.device) -> tuple[Self, int]:
        """The recipe by which a model is trained at first, and how many steps are kept for models that need more."""
        return self, 0

    def longer(self, steps: int) -> Self | None:
        """The recipe by which a model that does not give its rows back goes on for so many steps; None if it cannot."""
        return None

    def help(self, task: Task, run: Run) -> None:
        """Train along with the process that asked for it (see `Run.helpers`), as one of a crew.

        Raises DataError: a family says how, if it can be `shared`.
        """
        raise DataError(f"models of {self.word} are trained by one process")

    def bearing(self) -> Self:
        """The recipe with only those options that the model depends on, the others as they are by default."""
        return self


@dataclass(frozen=True, eq=False)
class Run:
    """How a fit is run: equal seeds give equal models on a CPU.

    device: where the model lives.  progress: who is told.  scratch: a file for the state of an unfinished training, to
    resume from.  choose: what chooses the family of a part of the task, for families that are made of others.
    calibrated: who is told how reliable a classifier was on rows kept back, before and after its calibration.
    start: a model of the same parts and much the same rows to begin from, as where rows are drawn again; a family that
    trains networks takes its parameters and less time, another one learns anew.
    unfinished: a model of this very task that does not give its rows back, and goes on learning (`Family.longer`).
    helpers: the processes that can train along, of which a family that can be `shared` asks for help.
    """

    seed: int = 0
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    progress: Progress = field(default_factory=NoProgress)
    scratch: Path | None = None
    choose: Callable[[Task], Family] | None = None
    calibrated: Callable[[Calibration], None] | None = None
    start: ConditionalModel | None = None
    unfinished: ConditionalModel | None = None
    helpers: Helpers | None = None


class Helpers(Protocol):
    """Other processes, which wait to be asked for help."""

    def asked(self, recipe: Family, task: Task, seed: int) -> Crew:
        """Let each call `recipe.help(task, run)`, with a run of this seed; who they are together."""
        ...


def parts_of(models: Iterable[ConditionalModel | None]) -> str:
    """The families of models that make one, with what each is made of: `table; flow of line, normal`."""
    there = [model for model in models if model is not None]
    return "; ".join(f"{model.family} of {model.made_of}" if model.made_of else model.family for model in there)


class ConditionalModel(ABC):
    """A trained kernel q(targets | inputs), and the recipe that it was made by."""

    recipe: Family  #: how the model was made

    def __init__(self, recipe: Family, targets: Sequence[Part], inputs: Sequence[Part]) -> None:
        self.recipe = recipe
        self.targets = tuple(targets)
        self.inputs = tuple(inputs)

    @property
    def family(self) -> str:
        """The name of its family."""
        return self.recipe.word

    @property
    def likelihood(self) -> bool:
        """Whether `log_prob` is defined, and losses are negative log-likelihoods."""
        return self.recipe.likelihood

    @property
    def made_of(self) -> str:
        """What rows chose it to be made of, in a few words; empty where a family leaves them nothing to choose."""
        return ""

    @abstractmethod
    def sample(self, given: Values, n: int, generator: torch.Generator) -> Values:
        """Draw the targets for n rows; every input in `given` has n rows. Holds a few floats per row and target."""

    @abstractmethod
    def log_prob(self, rows: Values) -> Tensor:
        """Log of the probability (discrete) or density (real, standardized units) of each row.  Shape: (rows,)."""

    def laws(self, given: Values, n: int) -> Tensor:
        """The law of all targets together given each of n rows of inputs, where they are discrete and the law is known.

        Cells are numbered with the last target counting fastest.  Shape: (n, cells) float64.
        """
        sizes = [part.size or 0 for part in self.targets]
        device = next((values.device for values in given.values()), None)
        columns = []
        for cell in itertools.product(*map(range, sizes)):
            codes = zip(self.targets, cell, strict=True)
            asked = {part.name: torch.full((n,), code, dtype=torch.long, device=device) for part, code in codes}
            columns.append(self.log_prob({**given, **asked}).double().exp())
        return torch.stack(columns, 1)

    def opinions(self, rows: Values) -> Values:
        """What each member of an ensemble says on average over these rows: a category's shares, a number's mean.

        A target is predicted given the rows' inputs and, where the model has an order, their targets before it.
        Shape: (members, classes) or (members, dim) for each target; nothing for a model that is no ensemble.
        """
        return {}

    @abstractmethod
    def state(self) -> tuple[Config, Tensors]:
        """What, beside the recipe, `from_state` needs: settings that JSON can hold, and arrays."""

    @property
    def rows_held(self) -> dict[str, int]:
        """Parts of which values of training rows stand in the state, under "rows.NAME", and how many of each.

        A family that keeps them under other names says so itself.
        """
        names = {name.rpartition("rows.")[2]: len(values) for name, values in self.state()[1].items() if _is_row(name)}
        return {part.name: names[part.name] for part in (*self.targets, *self.inputs) if part.name in names}

    @classmethod
    @abstractmethod
    def from_state(
        cls, recipe: Any, config: Config, tensors: Tensors, targets: Sequence[Part], inputs: Sequence[Part]
    ) -> Self:
        """The model whose `state` this is. Raises DataError when anything is missing, unknown or misshapen."""

    @abstractmethod
    def to(self, device: str | torch.device) -> Self:
        """The same model on another device."""


class Drawing(Protocol):
    """What a network applies: a trained model, or what somebody brought in its place."""

    @property
    def targets(self) -> tuple[Part, ...]:
        """What it draws."""
        ...

    def sample(self, given: Values, n: int, generator: torch.Generator) -> Values:
        """Draw the targets for n rows; every input in `given` has n rows."""
        ...


M = TypeVar("M", bound=ConditionalModel)


def ready(model: M) -> M:
    """The model itself, ready to be asked: every torch module that it holds no longer trains, so that none drops units.

    Raises DataError for a model whose state holds NaN, infinity or numbers that overflow.
    """
    for module in _modules(model, set()):
        module.eval()
    check_finite(model.state()[1])
    return model


def _modules(holder: object, seen: set[int]) -> Iterator[nn.Module]:
    """The modules among the attributes of an object, and of what its attributes hold."""
    if id(holder) in seen or isinstance(holder, Tensor | str | type | Task | Part):
        return
    seen.add(id(holder))
    if isinstance(holder, nn.Module):
        yield holder
    elif isinstance(holder, Mapping | list | tuple):
        for item in holder.values() if isinstance(holder, Mapping) else holder:
            yield from _modules(item, seen)
    else:
        slots = [name for kind in type(holder).__mro__ for name in getattr(kind, "__slots__", ())]
        held = [getattr(holder, name, None) for name in slots] + list(getattr(holder, "__dict__", {}).values())
        for item in held:
            yield from _modules(item, seen)


def _is_row(name: str) -> bool:
    """Whether a tensor of this name holds values of training rows, in the model or in one that it is made of."""
    head = name.rpartition("rows.")[0] if "rows." in name else "no"
    return not head or head.endswith(".")
