"""The audit on CelebA's faces, with translators and an attribute classifier that a user names as `module:function`.

A translator is a kernel of P(I2 | I1, Male, Young): `translate(inputs, n, generator)` is given {"I1": (n, 3, 128, 128)
bytes, "Male": (n,) of 0 and 1, "Young": (n,) of 0 and 1} and a `torch.Generator`, and returns pictures of the same
shape, as bytes or as floats from 0 to 1. A classifier `classify(pictures)` returns 0 or 1 (or booleans) for each
attribute in the order of the table, (n, 40), as an array or a tensor.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from idgen_compiler.data.arrays import as_numpy
from idgen_compiler.data.images import image_column
from idgen_compiler.demo import DemoSettings
from idgen_compiler.demo.celeba import CelebA
from idgen_compiler.demo.napkin_plot import draw_strips
from idgen_compiler.errors import DataError, IdgenError
from idgen_compiler.report.page import Page
from idgen_torch.demo.audit import FEMALE, Audit, Translate

__all__ = ["classifying", "named_callable", "run_celeba", "translating"]

ROWS, SAMPLES = 5_000, 850  #: as many samples as in the paper
QUICK = 100
BATCH = 64
"""So many pictures at once are handed to what a user brings."""

SHOWN, STRIP = 9, 8

Pictures = NDArray[np.uint8]


def named_callable(option: str, text: str) -> Callable[..., Any]:
    """What `module:function` names.  Raises IdgenError where that is nothing that can be called.

    >>> named_callable("--classifier", "math:sqrt")(9)
    3.0
    """
    module, _, name = text.partition(":")
    if not module or not name:
        raise IdgenError(f"{option} {text} is no name of a function; write module:function")
    try:
        found = getattr(import_module(module), name)
    except ImportError as error:
        raise IdgenError(f"{option} {text} cannot be imported: {error}; is its folder in PYTHONPATH?") from None
    except AttributeError:
        raise IdgenError(f"{option} {text}: the module {module} has no {name}") from None
    if not callable(found):
        raise IdgenError(f"{option} {text} is no function")
    return found


def translating(translate: Callable[..., Any]) -> Translate:
    """The translator, called with `BATCH` pictures at most; its pictures as bytes, which is how all are read.

    Raises DataError where it returns another number of pictures or another shape than it was given, or values that are
    neither bytes nor floats from 0 to 1.
    """

    def called(inputs: Mapping[str, Any], n: int, generator: torch.Generator) -> Pictures:
        before = np.asarray(inputs["I1"])
        pieces = []
        for rows in _batches(n):
            some = {name: values[rows] for name, values in inputs.items()}
            with torch.no_grad():
                piece = np.asarray(as_numpy(translate(some, len(some["I1"]), generator)))
            if piece.shape != some["I1"].shape:
                raise DataError(
                    f"the translator returns pictures of shape {piece.shape}, but {some['I1'].shape} is wanted; "
                    "channels come first, and sizes stay"
                )
            pieces.append(image_column("I2", piece))
        return np.concatenate(pieces) if pieces else before

    return called


def classifying(classify: Callable[[Pictures], Any], attributes: int) -> Callable[[Pictures], NDArray[np.int64]]:
    """The classifier, called with `BATCH` pictures at most; 0 or 1 for each attribute.  Shape: (n, attributes).

    Raises DataError where it returns anything else than 0, 1 or booleans of that shape, such as logits.
    """

    def called(pictures: Pictures) -> NDArray[np.int64]:
        pieces = [np.empty((0, attributes), dtype=np.int64)]
        for rows in _batches(len(pictures)):
            with torch.no_grad():
                found = np.asarray(as_numpy(classify(pictures[rows])))
            wanted = (len(pictures[rows]), attributes)
            if found.shape != wanted:
                raise DataError(
                    f"the classifier returns values of shape {found.shape}, but {wanted} is wanted: one for each "
                    "picture and each attribute of the table, in its order"
                )
            if not np.isin(found, (0, 1)).all():
                raise DataError("the classifier returns other values than 0 and 1; say which logits count, as in > 0")
            pieces.append(found.astype(np.int64))
        return np.concatenate(pieces)

    return called


def run_celeba(page: Page, settings: DemoSettings, folder: Path) -> None:
    """Audit each translator on the pictures of a folder.

    Raises IdgenError for what cannot be imported, DataError for files that are missing or damaged, and for pictures
    that all have one label.
    """
    if not settings.translators or settings.classifier is None:
        raise IdgenError(
            "--data needs --translator module:function (repeatable) and --classifier module:function; the page "
            "docs/examples/translation_audit says what they are given and return"
        )
    translators = {text: translating(named_callable("--translator", text)) for text in settings.translators}
    classify = named_callable("--classifier", settings.classifier)
    page.heading("3. Data")
    whole = CelebA.read(folder, ("Male", "Young"))
    celeba = whole.some(settings.rows or (QUICK if settings.quick else ROWS), settings.seed)
    male, young = celeba.column("Male"), celeba.column("Young")
    page.text(f"{len(celeba):,} of {len(whole):,} pictures; {male.mean():.0%} Male, {young.mean():.0%} Young")
    if len(set(male)) < 2 or len(set(young)) < 2:
        raise DataError(
            f"the {len(celeba):,} pictures are all of one sex, or all young or old; take more, as in --rows"
        )
    read = classifying(classify, len(celeba.attributes))
    audit = Audit(celeba.attributes, read, celeba.pictures(), male, young)
    strips = {"I1, Male = 1": audit.pictures[male == 1][:STRIP]}
    for place, (name, translate) in enumerate(translators.items()):
        start = time.perf_counter()
        page.heading(f"{4 + place}. {name}")
        _answer(page, audit, translate, QUICK if settings.quick else SAMPLES, settings)
        page.text(f"answered in {time.perf_counter() - start:.0f} s")
        men = strips["I1, Male = 1"]
        inputs = {"I1": men, "Male": np.full(len(men), FEMALE), "Young": young[male == 1][:STRIP]}
        after = translate(inputs, len(men), torch.Generator().manual_seed(settings.seed))
        strips[f"I2 by {name}, do(Male = 0)"] = after
    path = settings.out / "translation-audit.png"
    if len(strips["I1, Male = 1"]):
        draw_strips(path, strips)
        page.text(f"pictures are in {path}")


def _answer(page: Page, audit: Audit, translate: Translate, samples: int, settings: DemoSettings) -> None:
    """The attributes that are added most, with and without do."""
    sampler = audit.fit(translate, settings.seed, settings.device)
    women, men = (np.flatnonzero((audit.male == FEMALE) == side)[:samples] for side in (True, False))
    columns = {
        "do(Male=0)": audit.shares(sampler, samples, settings.seed),
        "Young=1, do(Male=0)": audit.shares(sampler, samples, settings.seed, young=1),
        "Male=0 seen": audit.shares_among(translate, women, settings.seed),
        "men alone": audit.shares_among(translate, men, settings.seed),
    }
    order = np.argsort(-columns["do(Male=0)"], kind="stable")[:SHOWN]
    lines = [[audit.attributes[k], *(f"{column[k]:.1%}" for column in columns.values())] for k in order]
    page.table(("added attribute", *columns), lines, numbers=range(1, len(columns) + 1))
    page.text(f"from {samples:,} samples each: standard errors of {50 / samples**0.5:.1f} points at most")


def _batches(n: int) -> Iterator[slice]:
    for start in range(0, n, BATCH):
        yield slice(start, start + BATCH)
