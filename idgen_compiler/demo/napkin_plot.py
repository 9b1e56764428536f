"""The napkin demo's plot: three laws of Y's attributes side by side, and what they look like."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from numpy.typing import NDArray

from idgen_compiler.demo.digits import RGB
from idgen_compiler.demo.napkin_mnist import LABELS, Law, total_variation
from idgen_compiler.errors import IdgenError

__all__ = ["Answer", "draw", "draw_strips"]

INK, GREY, BAR = "#222222", "#9a9a9a", "#4c78a8"


@dataclass(frozen=True)
class Answer:
    """The law of one attribute of Y: sampled, true, and by plain conditioning.  Shape of each: (size,)."""

    sampled: Law
    truth: Law
    seen: Law


def draw(
    path: Path,
    answers: Mapping[str, Answer],
    pictures: Mapping[str, Sequence[NDArray[np.float64]]],
    value: tuple[int, str, str],
) -> None:
    """Save the plot as PNG.  Raises IdgenError where the folder cannot be written."""
    figure = Figure(figsize=(12, 6.6), dpi=120, facecolor="white")
    FigureCanvasAgg(figure)
    figure.suptitle(
        f"P(Y | do(X = {value[0]}, {value[1]}, {value[2]})) on the napkin graph",
        x=0.05,
        ha="left",
        fontsize=15,
        color=INK,
    )
    grid = figure.add_gridspec(
        2,
        3,
        height_ratios=(1.7, 1),
        width_ratios=(1.2, 1, 1.4),
        left=0.05,
        right=0.98,
        top=0.84,
        bottom=0.04,
        hspace=0.34,
    )
    for place, (attribute, answer) in enumerate(_ordered(answers)):
        _bars(figure.add_subplot(grid[0, place]), attribute, answer, legend=place == 0)
    strips = grid[1, :].subgridspec(len(pictures), 1, hspace=0.3)
    for place, (caption, images) in enumerate(pictures.items()):
        _strip(figure.add_subplot(strips[place]), caption, images)
    _save(figure, path)


def draw_strips(path: Path, strips: Mapping[str, NDArray[np.uint8]]) -> None:
    """Save rows of pictures below one another, each under its caption.  Shape of each: (n, 3, h, w).

    Raises IdgenError where the folder cannot be written.
    """
    height = 1.05 * len(strips) + 0.25  # in inches, with room for the first caption
    figure = Figure(figsize=(12, height), dpi=100, facecolor="white")
    FigureCanvasAgg(figure)
    grid = figure.add_gridspec(len(strips), 1, left=0.01, right=0.99, top=1 - 0.3 / height, bottom=0.01, hspace=0.35)
    for place, (caption, images) in enumerate(strips.items()):
        _strip(figure.add_subplot(grid[place]), caption, list(np.moveaxis(images, 1, -1) / 255))
    _save(figure, path)


def _save(figure: Figure, path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path)
    except OSError as error:
        raise IdgenError(f"cannot save the plot as {path}: {error.strerror or error}; choose another --out") from None


def _ordered(answers: Mapping[str, Answer]) -> list[tuple[str, Answer]]:
    return [(name, answers[name]) for name in ("color", "thickness", "digit")]


def _bars(axes: Any, attribute: str, answer: Answer, *, legend: bool) -> None:
    labels = LABELS[f"Y.{attribute}"]
    places = np.arange(len(labels))
    colors = [RGB[str(label)] for label in labels] if attribute == "color" else BAR
    axes.bar(places, answer.sampled, width=0.62, color=colors, edgecolor=INK, linewidth=0.6, label="sampled")
    axes.hlines(answer.truth, places - 0.42, places + 0.42, color=INK, linewidth=2, label="truth where X is set")
    axes.plot(places, answer.seen, "o", color="white", mec=INK, mew=1.4, ms=7, label="where X is merely seen")
    axes.set_xticks(places, [str(label) for label in labels], fontsize=8.5)
    axes.set_ylim(0, 1.12 * max(answer.sampled.max(), answer.truth.max(), answer.seen.max()))
    axes.tick_params(axis="y", labelsize=8, colors=GREY)
    axes.tick_params(axis="x", length=0)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(GREY)
    sampled, conditioned = (total_variation(law, answer.truth) for law in (answer.sampled, answer.seen))
    axes.set_title(
        f"Y's {attribute}\noff by {sampled:.3f} sampled, {conditioned:.3f} seen", fontsize=10, loc="left", color=INK
    )
    if legend:
        handles, names = axes.get_legend_handles_labels()
        handles[-1] = Patch(facecolor=BAR, edgecolor=INK, linewidth=0.6)
        axes.figure.legend(handles, names, ncols=3, loc="upper right", frameon=False, fontsize=10)


def _strip(axes: Any, caption: str, images: Sequence[NDArray[np.float64]]) -> None:
    axes.imshow(np.concatenate(list(images), axis=1), interpolation="antialiased")
    axes.set_title(caption, fontsize=10, loc="left", color=INK)
    axes.set_axis_off()
