"""How far the probabilities of a classifier are those of what happens: reliability on rows that it did not learn from.

Source: Guo, Pleiss, Sun and Weinberger, "On Calibration of Modern Neural Networks" (ICML 2017), sections 2 and 4.2.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from idgen_compiler.data.arrays import Array
from idgen_compiler.errors import DataError, IdgenError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["BINS", "Calibration", "Reliability"]

BINS = 15
"""As in the paper: bins of equal width of the confidence, the probability of the likeliest class."""

_TRIALS, _MOST_DRAWN = 200, 2**23
"""So many data sets are simulated, or so many that this many rows are drawn in all."""

_HIGH = 0.95

INK, GREY, BAR, GAP = "#222222", "#9a9a9a", "#4c78a8", "#e07b6a"


@dataclass(frozen=True, slots=True)
class Reliability:
    """Confidence beside accuracy in bins of equal width, of some rows.

    `weights` are the bins' shares of the rows, `confidence` and `accuracy` their means there (0 in an empty bin).
    `brier` is the mean squared distance of the probabilities to the class that came, summed over the classes (0 to 2),
    and `log_loss` the mean of -log of its probability, in nats. `expected_ece` and `expected_mce` are what a classifier
    that says the same and is right shows on so many rows, by simulation from the probabilities themselves: both
    measures are above 0 by chance alone, the more so the fewer the rows. `high_ece` is the point that its ECE passes in
    one of twenty data sets.
    """

    rows: int
    weights: tuple[float, ...]
    confidence: tuple[float, ...]
    accuracy: tuple[float, ...]
    brier: float
    log_loss: float
    expected_ece: float
    expected_mce: float
    high_ece: float

    @classmethod
    def of(
        cls, probabilities: Array, codes: Array, mass: Array | None = None, bins: int = BINS, seed: int = 0
    ) -> Reliability:
        """The reliability of a classifier's probabilities.

        Shape: probabilities (rows, classes), codes (rows,) int, mass (rows,): what a row counts, all the same for None.
        `seed` is that of the simulation. Raises DataError for no rows, and for what are no probabilities.

        >>> says = np.array([[0.8, 0.2], [0.8, 0.2], [0.1, 0.9], [0.1, 0.9]])
        >>> found = Reliability.of(says, np.array([0, 1, 1, 1]))
        >>> round(found.ece, 3), round(found.mce, 3), found.rows
        (0.2, 0.3, 4)
        """
        law = np.asarray(probabilities, dtype=np.float64)
        codes = np.asarray(codes)
        if law.ndim != 2 or codes.shape != law.shape[:1] or not law.size:
            raise DataError(f"probabilities {law.shape} and codes {codes.shape} are not (rows, classes) and (rows,)")
        if not ((law >= 0) & (law <= 1 + 1e-4)).all() or np.abs(law.sum(1) - 1).max() > 1e-4:  # NaN fails
            raise DataError("the probabilities of a row are from 0 to 1 and sum to 1; these do not")
        if not ((codes >= 0) & (codes < law.shape[1])).all():
            raise DataError(f"codes are from 0 to {law.shape[1] - 1}, these from {codes.min()} to {codes.max()}")
        own = np.ones(len(law)) if mass is None else np.asarray(mass, dtype=np.float64)
        if own.shape != codes.shape or not (own >= 0).all() or not 0 < own.sum() < np.inf:
            raise DataError("what the rows count has to be finite, not negative and not all zero, one for each row")
        own = own / own.sum()
        rows = np.arange(len(law))
        confidence, right = law.max(1), law.argmax(1) == codes
        place = np.minimum((confidence * bins).astype(np.int64), bins - 1)
        share, said, was = (np.bincount(place, own * one, bins) for one in (np.ones(len(law)), confidence, right))
        held = np.maximum(share, 1e-300)
        ece, mce = _simulated(confidence, place, own, share, said, bins, seed)
        at = law[rows, codes]
        return cls(
            len(law),
            tuple(share.tolist()),
            tuple((said / held).tolist()),
            tuple((was / held).tolist()),
            float(own @ ((law**2).sum(1) - 2 * at + 1)),
            float(own @ -np.log(np.maximum(at, 1e-300))),
            float(ece.mean()),
            float(mce.mean()),
            float(np.quantile(ece, _HIGH)),
        )

    @property
    def ece(self) -> float:
        """Expected calibration error: the mean over the rows of |accuracy - confidence| of their bin."""
        return sum(w * abs(a - c) for w, a, c in self._bins)

    @property
    def mce(self) -> float:
        """Maximum calibration error: the largest |accuracy - confidence| of a bin that has rows, however few."""
        return max(abs(a - c) for w, a, c in self._bins if w > 0)

    @property
    def _bins(self) -> list[tuple[float, float, float]]:
        return list(zip(self.weights, self.accuracy, self.confidence, strict=True))

    def __str__(self) -> str:
        return f"ECE {self.ece:.4f}, MCE {self.mce:.4f}, Brier {self.brier:.4f}, log loss {self.log_loss:.4f}"


@dataclass(frozen=True, slots=True)
class Calibration:
    """One classifier before and after it was calibrated, on rows that were kept back when its weights were trained.

    `temperature` divides its logits; `before` is with 1 and without the shifts that make the mean prediction the share
    of each class. These few numbers were fitted on rows among which the kept-back ones are, and the kept-back ones say
    when the training ends, so that `after` is a little better than on new rows. An ensemble is judged member by member,
    each on rows of its own. A target after others is judged given their true values.
    """

    operation: str
    target: str
    temperature: float
    before: Reliability
    after: Reliability

    def __str__(self) -> str:
        after = self.after
        return (
            f"calibration of {self.target}: ECE {self.before.ece:.4f} -> {after.ece:.4f}, "
            f"MCE {self.before.mce:.4f} -> {after.mce:.4f} at temperature {self.temperature:.2f} "
            f"({after.rows} rows kept back, on which a calibrated one has ECE {after.expected_ece:.4f}, "
            f"below {after.high_ece:.4f} in 95 %)"
        )

    def plot(self, path: str | Path | None = None) -> Figure:
        """The reliability diagram before and after; saved as `path` where one is given.

        Bars are accuracy, the gap to the confidence is shaded, and a bin is the wider the more rows it has.  Raises
        IdgenError where matplotlib is not installed, or the file cannot be written.
        """
        try:
            from matplotlib.backends.backend_agg import FigureCanvasAgg
            from matplotlib.figure import Figure
        except ImportError:
            raise IdgenError("a plot needs matplotlib; install it with: pip install 'idgen-compiler[demo]'") from None
        figure = Figure(figsize=(9, 4.4), dpi=110, facecolor="white")
        FigureCanvasAgg(figure)
        figure.suptitle(f"Reliability of {self.target}", x=0.06, ha="left", fontsize=13, color=INK)
        stages = (("before", self.before), (f"after, temperature {self.temperature:.2f}", self.after))
        for number, (title, found) in enumerate(stages):
            _diagram(figure.add_subplot(1, 2, number + 1), title, found)
        figure.subplots_adjust(left=0.07, right=0.98, top=0.8, bottom=0.13, wspace=0.18)
        if path is not None:
            try:
                Path(path).parent.mkdir(parents=True, exist_ok=True)
                figure.savefig(path)
            except (OSError, ValueError) as error:
                raise IdgenError(
                    f"cannot save the plot as {path}: {error}; choose another file, such as a.png"
                ) from None
        return figure


def _simulated(
    confidence: Array, place: Array, own: Array, share: Array, said: Array, bins: int, seed: int
) -> tuple[Array, Array]:
    """ECE and MCE of simulated rows of which each is right with the probability of its confidence."""
    generator = np.random.default_rng(seed)
    held = share > 0
    ece, mce = [], []
    for _ in range(max(20, min(_TRIALS, _MOST_DRAWN // len(confidence)))):
        was = np.bincount(place, own * (generator.random(len(confidence)) < confidence), bins)
        gap = np.abs(was - said)
        ece.append(gap.sum())
        mce.append((gap[held] / share[held]).max())
    return np.asarray(ece), np.asarray(mce)


def _diagram(axes: Any, title: str, found: Reliability) -> None:
    width = 1 / len(found.weights)
    most = max(found.weights)
    axes.plot((0, 1), (0, 1), color=GREY, linewidth=1, linestyle="--")
    for number, (weight, accuracy, confidence) in enumerate(found._bins):
        if weight > 0:
            wide, middle = width * (0.25 + 0.7 * (weight / most) ** 0.5), (number + 0.5) * width
            axes.bar(middle, accuracy, wide, color=BAR, edgecolor=INK, linewidth=0.5)
            low, gap = min(accuracy, confidence), abs(accuracy - confidence)
            axes.bar(middle, gap, wide, bottom=low, color=GAP, alpha=0.6, edgecolor=GAP, hatch="///", linewidth=0.5)
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="confidence", ylabel="accuracy")
    axes.set_title(f"{title}\nECE {found.ece:.2%}, MCE {found.mce:.2%}", fontsize=10, loc="left", color=INK)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
