"""What can be tuned in a fit, and who is told how it goes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from idgen_compiler.errors import DataError
from idgen_torch.image_options import ImageOptions
from idgen_torch.option_checks import OptionChecks

__all__ = ["FitOptions", "NoProgress", "Progress"]


class Progress(Protocol):
    """Told how far a fit has come; a progress bar, a log, or nothing."""

    def start(self, name: str, total: int) -> None:
        """A fit called `name` begins; `advance` will be called at most `total` times."""

    def advance(self, loss: float) -> None:
        """One epoch is over, with the mean held-out negative log-likelihood `loss` in nats per row."""

    def done(self) -> None:
        """The fit is over, perhaps early."""


class NoProgress:
    """Progress that nobody watches."""

    def start(self, name: str, total: int) -> None:
        """Nothing is shown."""

    def advance(self, loss: float) -> None:
        """Nothing is shown."""

    def done(self) -> None:
        """Nothing is shown."""


@dataclass(frozen=True, slots=True)
class FitOptions:
    """Everything that can be tuned in a fit. None stands for the family's own measured default.

    epochs: passes over the rows.  batch_size: rows per step.  lr: peak learning rate.
    weight_decay: AdamW's.  hidden: widths of the network's hidden layers.  ensemble: members.
    patience: stop after this many epochs in which no member's held-out likelihood improved.
    holdout: fraction of the rows kept back to choose the epoch, the temperature and the density.
    smoothing: prior rows that each cell of a count table borrows from its coarser conditional.
    max_cells: the largest count table, in cells.  density: "spline", "mixture" or "auto".
    bins: bins of a spline.  components: components of a mixture.  images: how images are modelled.
    likelihood: choose only families that know the density of what they draw, as reweighting needs it.
    device: where the model lives.  scratch: a file for the state of an unfinished training, to resume from.
    """

    epochs: int | None = None
    batch_size: int | None = None
    lr: float | None = None
    weight_decay: float | None = None
    hidden: tuple[int, ...] | None = None
    ensemble: int | None = None
    patience: int | None = None
    holdout: float = 0.1
    smoothing: float = 0.5
    max_cells: int = 4_000_000
    density: str = "auto"
    bins: int = 8
    components: int = 6
    images: ImageOptions = field(default_factory=ImageOptions)
    likelihood: bool = False
    device: str = "cpu"
    scratch: str | None = None

    def __post_init__(self) -> None:
        check = OptionChecks(self, "option")
        check.whole("epochs", "batch_size", "ensemble", "patience", "bins", "components", "max_cells")
        check.number("lr", "a number above 0", lambda value: value > 0)
        check.number("weight_decay", "a number from 0", lambda value: value >= 0)
        check.widths("hidden")
        check.number("holdout", "a fraction strictly between 0 and 1", lambda value: 0 < value < 1)
        check.number("smoothing", "a number from 0", lambda value: value >= 0)
        check.choice("density", ("auto", "spline", "mixture"))
        check.flag("likelihood")
        if not isinstance(self.images, ImageOptions):
            raise DataError(f"option images is {self.images!r:.80}; give ImageOptions(...) or a mapping of its fields")
