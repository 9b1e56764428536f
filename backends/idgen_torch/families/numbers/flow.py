"""`flow`: conditional densities for real targets of any dimension given any inputs."""

from __future__ import annotations

from dataclasses import dataclass

from idgen_torch.arithmetic import one_thread
from idgen_torch.families.family import Run
from idgen_torch.families.numbers.flows.model import NORMAL, FlowModel, width_of
from idgen_torch.families.numbers.flows.others import who_speaks
from idgen_torch.families.numbers.flows.search import FlowOptions, Search
from idgen_torch.families.numbers.flows.tails import search_of
from idgen_torch.families.task import Offer, Task

__all__ = ["Flow", "FlowModel"]


@dataclass(frozen=True)
class Flow(FlowOptions):
    """Numbers given categories and numbers: a linear regression, and densities of what it leaves.

    density: "normal", which ends early, "spline", "mixture", or "auto" for what held-out rows say.  bins: of a spline
    (Durkan et al. 2019).  components: of a mixture of normals (Bishop 1994).  trees: whether what boosted trees say of
    a row (mean and log spread of each target) stands among the inputs: "yes", "no", or "auto" where held-out rows gain.
    kernel: the same for the mean that a kernel regression says, "auto" where held-out rows lie towards it.
    effort: how large the networks may be, and how long they learn: they are small at first, and larger ones are
    trained while held-out rows gain; `hidden`, `ensemble` and `epochs` say so in its place.

    >>> import torch
    >>> from idgen_compiler.data.part import Part
    >>> from idgen_torch.drawing import generator_for
    >>> x = torch.linspace(-1, 1, 200).unsqueeze(1)
    >>> model = Flow(density="mixture", epochs=1).fit(Task((Part("y"),), (Part("x"),), {"x": x, "y": 2 * x}))
    >>> model.sample({"x": torch.zeros(3, 1)}, 3, generator_for(0))["y"].round(decimals=3).abs()
    tensor([[0.],
            [0.],
            [0.]])
    """

    word = "flow"
    model = FlowModel

    def offer(self, task: Task) -> Offer | None:
        """For numbers given no images."""
        able = task.targets_are_numbers and not task.has_masses and not task.sees_images
        return Offer(40, "numbers") if able else None

    @one_thread()
    def fit(self, task: Task, run: Run = Run()) -> FlowModel:
        """Regress, then train the members side by side. Raises DataError for a discrete target."""
        width_of(task.targets)
        task.refuse_masses(self.word)
        if isinstance(run.start, FlowModel) and run.start.trained and self.allows(run.start.shape):
            search = Search(self, task, run, run.start.support.straight)
            lesson = search.lesson(who_speaks(told)) if (told := run.start.told) else search.plain
            if (begun := lesson.model.begun(run.start)) is not None:
                return lesson.learned_on(begun, self, search.rows, run.progress)
        search = search_of(self, task, run)
        if not search.plain.model.random:
            return search.plain.model
        return search.line() if self.density == NORMAL.kind else search.run()
