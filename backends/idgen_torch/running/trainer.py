"""Training the models of one fit, each from its own seed, and keeping them where there is a store."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from idgen_compiler.data.part import Form, Part
from idgen_compiler.errors import DataError
from idgen_compiler.hinge.calibration import Calibration
from idgen_compiler.warning import warn_data
from idgen_torch.drawing import generator_for, some_rows
from idgen_torch.families import Chain, ConditionalModel, Family, FromTexts, Hurdle, Run, Task, Tuning
from idgen_torch.families.family import Helpers
from idgen_torch.families.returned import accepted, telling
from idgen_torch.families.saved import recipe_record
from idgen_torch.families.tables.matched import Matched
from idgen_torch.families.tables.resample import Resample
from idgen_torch.parts import of_form
from idgen_torch.running.ancestral import DataSet
from idgen_torch.running.files.artefacts import Artefacts, Trained
from idgen_torch.running.plan import FitSettings
from idgen_torch.running.telling import OperationProgress
from idgen_torch.running.telling import kept as told_kept
from idgen_torch.seeds import seed_for
from idgen_torch.training.ensemble import EnsembleTraining
from idgen_torch.training.progress import Progress

__all__ = ["Trainer"]

_CODE, _NUMBER, _ORDER, FEWEST_LEARNED = 16, 16, 32, 10_000
"""Bytes that a category, a number and a row's place take where networks or trees learn; so many rows always fit."""

PATIENCE, FASTER = 40, 2.0
"""A training that did not give its rows back is made anew, which ends after so many epochs without a better one, and
begins with so many times the learning rate: what sees no bend yet stands on a plateau."""


@dataclass(frozen=True, eq=False)
class Trainer:
    """What trains a model; one that the store has is read instead.

    `laws` are digests of what operations compute, by which their seeds are split: the same conditional of the same data
    gets the same seed in every program.
    """

    settings: FitSettings
    progress: Progress
    artefacts: Artefacts | None = None
    laws: dict[str, str] = field(default_factory=dict)  #: operation -> the digest of what it computes
    starts: dict[str, ConditionalModel] = field(default_factory=dict)  #: operation -> a model to begin from
    made: dict[str, ConditionalModel] = field(default_factory=dict)  #: operation -> the model that was trained
    spare: dict[str, int] = field(default_factory=dict)  #: operation -> steps that its model left to those in need
    unfinished: dict[str, Trained] = field(default_factory=dict)  #: operation -> a model that goes on learning
    helpers: Helpers | None = None  #: processes that train along
    ahead: bool = False  #: whether others are still to be trained before this one, whose steps it may get

    def choose(self, task: Task) -> Family:
        """The recipe of the best offer for a task."""
        own = self.settings.tuning
        if self.artefacts is None:
            return own.choose(task)
        depends = {"task": self.artefacts.task(task), "tuning": own.bearing()}
        return self.artefacts.choice(f"the family of {task.name}", depends, lambda: own.choose(task))

    def stream(self, operation: str) -> str:
        """What splits the seed of an operation, or of something that is trained for it ("%m0.again")."""
        name, dot, rest = operation.partition(".")
        return f"{self.laws.get(name, name)}{dot}{rest}"

    def fit(self, operation: str, label: str, recipe: Family, task: Task) -> Trained:
        """The model of an operation, and how its training went; one that has a start is of the start's family.

        Raises DataError, naming the operation, for a task that the recipe cannot model.
        """
        kept = self.artefacts
        if kept is None or operation in self.starts:
            found = self._trained(operation, label, recipe, task)
            self.made[operation] = found.model
            return found
        depends = {
            "task": kept.task(task),
            "recipe": recipe_record(recipe),
            "tuning": self.settings.tuning.bearing(),
            "seed": self.settings.seed,
            "stream": self.stream(operation),
        }
        if (most := self._most_rows(recipe, task)) < task.count:
            depends["rows learned from"] = most
        if operation in self.unfinished:
            depends["from"] = self.unfinished[operation].key

        made: list[bool] = []

        def train(scratch: Path) -> Trained:
            made.append(True)
            why = kept.stale.found.get(label, "")
            return self._trained(operation, label, recipe, task, scratch, lambda: kept.forget_state(depends), why)

        found = kept.model(label, depends, task, self.settings.device, train)
        if not made:
            told_kept(self.progress, f"{operation} : {label}")
        self.made[operation] = found.model
        return found

    def _trained(
        self,
        operation: str,
        label: str,
        recipe: Family,
        task: Task,
        scratch: Path | None = None,
        refused: Callable[[], object] = lambda: None,
        why: str = "",
    ) -> Trained:
        device = self.settings.device
        told_of = f"{operation} : {label}{f' (again: {why})' if why else ''}"
        progress, start = OperationProgress(self.progress, told_of), self.starts.get(operation)
        recipe, choose = self._parted(recipe if start is None else start.recipe, task)
        told: list[Calibration] = []
        source = f"{operation}: {label} [{recipe.word}]"
        seed = seed_for(self.settings.seed, self.stream(operation))
        goes_on = self.unfinished[operation].model if operation in self.unfinished else None
        run = Run(seed, device, progress, scratch, choose, told.append, start, goes_on, self.helpers)
        some = self._some(f"{operation} ({label})", recipe, task)
        with progress.open(), telling(source, "fit", type(recipe)):
            model = recipe.fit(some, run)
        try:
            accepted(source, model, task)
        except DataError:
            refused()
            raise
        return Trained(model, progress.losses, tuple(told), curves=progress.curves)

    def _most_rows(self, recipe: Family, task: Task) -> int:
        """How many rows a recipe may learn from: what it holds of them is not to take more memory than there is.

        Counts, rows that stand for their law, and pictures and texts, of which a batch is read at a time, may have all.
        """
        if recipe.counts or isinstance(recipe, Resample | Matched) or of_form(task.parts, Form.PICTURES, Form.TEXTS):
            return task.count
        width = sum(_CODE if part.discrete else _NUMBER * part.dim for part in task.parts)
        return max(FEWEST_LEARNED, self.settings.memory // (width + _ORDER))

    def _some(self, name: str, recipe: Family, task: Task) -> Task:
        """The rows that a recipe learns from; warns (DataWarning) where these are not all."""
        most = self._most_rows(recipe, task)
        if most >= task.count:
            return task
        warn_data(
            f"{name} learns from {most:,} of {task.count:,} rows, drawn at random, since more of them do not fit into "
            f"{self.settings.memory:,} bytes of memory; memory='16GB' lets it have more"
        )
        return task.at(some_rows(task.count, most, generator_for(seed_for(self.settings.seed, "some rows"))))

    def opened(self, operation: str, recipe: Family, task: Task) -> Family:
        """The recipe by which a model is trained at first; the steps that it keeps back go to models in need."""
        first, kept = recipe.opened(task, self.settings.device)
        self.spare[operation] = kept
        return first

    def patient(self, operation: str, recipe: Family, trained: Trained) -> tuple[Trainer, Family] | None:
        """A trainer and a recipe by which a model that does not give its rows back, of this recipe, is made anew.

        One that keeps steps back goes on from where it is, by all steps that are left. Others learn in larger steps and
        give up later, where nobody said how; None for what is not trained so.
        """
        if (on := self.onward(operation, recipe, trained, sum(self.spare.values()))) is not None:
            return on
        own = self.settings.tuning
        tuning = replace(own, recipes=tuple(_patient(own, one) for one in own.recipes))
        later = _patient(own, recipe)
        if tuning == own or (later == recipe and not isinstance(recipe, Chain | FromTexts | Hurdle)):
            return None
        return replace(self, settings=replace(self.settings, tuning=tuning)), later

    def onward(self, operation: str, recipe: Family, trained: Trained, steps: int) -> tuple[Trainer, Family] | None:
        """A trainer and a recipe by which a model goes on from where it is, by so many steps; None if it cannot."""
        longer = recipe.longer(steps) if steps else None
        return None if longer is None else (replace(self, unfinished={operation: trained}), longer)

    def _parted(self, asked: Family, task: Task) -> tuple[Family, Callable[[Task], Family]]:
        """What models a task, and what chooses the families of its parts.

        A family that draws no point masses is taken for the law between them, where there are some, and one that reads
        no texts for the law given what is read in them.
        """
        reads = asked.texts or not task.sees_texts
        draws = asked.masses or not task.has_masses
        if reads and draws:
            return asked, self.choose

        def choose(link: Task) -> Family:
            whole = link.sees_texts or (not draws and (link.has_masses or not link.targets_are_numbers))
            return self.choose(link) if whole else asked

        if not reads:
            return FromTexts(), choose
        return (Chain() if len(task.targets) > 1 else Hurdle()), choose

    def density(self, operation: str, targets: Sequence[Part], data: DataSet) -> ConditionalModel:
        """A model of the law of some parts in a data set, whose density is known."""
        task = Task(tuple(targets), (), data.rows, data.weights, True, data.exact)
        recipe = self.choose(task)
        if sum(part.dim for part in targets) == 1:
            # One law of one number: the last biases alone hold it, members and wide layers would only take time.
            recipe = self.settings.tuning.lean(recipe, ensemble=1, hidden=(8,))
        return self.fit(operation, f"policy of {task.name}", recipe, task).model


def _patient(tuning: Tuning, recipe: Family) -> Family:
    if not isinstance(recipe, EnsembleTraining):
        return recipe
    return tuning.lean(recipe, patience=PATIENCE, lr=FASTER * recipe.lr)
