"""What families and their models return, held against what is wanted: one check for ours and everybody's.

A model is tried on a few rows as soon as it is trained, and what it draws is looked at in every batch. An error is one
line that names the operation and what it models, says what came and what is wanted, and what to do. What somebody's
own code raises is told in its own words, with the error itself behind it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from idgen_compiler.data.part import Form, Part
from idgen_compiler.data.returned import described, mismatch, returned_columns
from idgen_compiler.errors import DataError, IdgenError
from idgen_torch.families.family import ConditionalModel, Drawing, ready
from idgen_torch.families.state import check_finite
from idgen_torch.families.task import Task, rows_at
from idgen_torch.parts import Values
from idgen_torch.seeds import stream_for

__all__ = ["accepted", "checked_draws", "draw", "is_ours", "log_density", "telling", "tried"]

ROWS, ROWS_OF_IMAGES = 64, 2
"""So many rows are drawn to try a model."""

COMPANY, MOST_ENDS, UNLIKELY, ROUNDING = 1000, 3, 1e-7, 1e-3
"""So many draws for one row alone are compared with as many among others, at the ends of so many inputs: whether they
differ by more than so rare a chance, and by more than such a share of the target's deviation."""

SAME = 0.01
"""Draws of one seed differ in no larger share of their entries, on whatever device."""


def is_ours(kind: type) -> bool:
    """Whether a class is of this package, where the contract test holds it to all that is asked here."""
    return kind.__module__.split(".")[0] == __name__.split(".")[0]


@contextmanager
def telling(source: str, doing: str, kind: type) -> Iterator[None]:
    """Errors of a class's own code named by their source; a bug of ours keeps its traceback.

    Raises DataError, with the error itself as its cause, where the class is not ours.
    """
    try:
        yield
    except IdgenError as error:
        if str(error).startswith(source):
            raise
        raise DataError(f"{source}: {error}") from error
    except Exception as error:
        if is_ours(kind):
            raise
        said = " ".join(str(error).split())[:300] or "no message"
        what = f"{doing} of {kind.__qualname__} raised {type(error).__name__}"
        raise DataError(f"{source}: {what}: {said}; mend it") from error


def draw(source: str, model: Drawing, given: Values, n: int, generator: torch.Generator) -> Values:
    """What a model draws for n rows, once it has been looked at (see `checked_draws`)."""
    with telling(source, "sample", type(model)):
        answer = model.sample(given, n, generator)
    return checked_draws(source, model.targets, answer, n)


def checked_draws(source: str, parts: Sequence[Part], answer: Any, n: int) -> Values:
    """Draws of n rows, if they are what the parts are.  Shape and dtype: as `Values` has them.

    Raises DataError for a part too many or too few, another number of rows, shape or dtype, a code of no label, NaN and
    infinity. Nothing is repeated, converted or cut off.

    >>> checked_draws("%m0: Y | X", [Part("Y", size=2)], {"Y": torch.tensor([0, 7])}, 2)
    Traceback (most recent call last):
    ...
    idgen_compiler.errors.DataError: %m0: Y | X returns Y as int64 of shape (2,) from 0 to 7, but int64 of shape (2,) \
from 0 to 1 is wanted; codes count the labels of Y from 0
    """
    if not isinstance(answer, Mapping):
        names = ", ".join(f"{part.name!r}: tensor" for part in parts)
        raise DataError(f"{source} returns {described(answer)}, but a dict by part is wanted; return {{{names}}}")
    returned_columns(source, answer, [part.name for part in parts])
    for part in parts:
        remedy = _remedy(part, answer[part.name], n)
        if remedy is not None:
            raise mismatch(source, part.name, described(answer[part.name]), _wanted(part, n), remedy)
    return answer if isinstance(answer, dict) else dict(answer)


def log_density(source: str, model: ConditionalModel, rows: Values) -> Tensor:
    """A model's log-probability or log-density of each row, once it has been looked at.  Shape: (rows,).

    Raises DataError for another shape, for what is no floating-point number, NaN, and a density that is infinite.
    """
    n = len(rows[model.targets[0].name])
    with telling(source, "log_prob", type(model)):
        found = model.log_prob(rows)
    wanted = f"a floating-point tensor of shape ({n},) without NaN"
    if not isinstance(found, Tensor) or not found.is_floating_point() or tuple(found.shape) != (n,):
        raise mismatch(source, "log_prob", described(found), wanted, "return one log-density for each row")
    if n and not float(found.detach().max()) < math.inf:  # NaN where there is one
        raise mismatch(
            source, "log_prob", described(found), wanted, "mend its density; -inf is for rows that cannot be"
        )
    return found


def accepted(source: str, model: ConditionalModel, task: Task) -> ConditionalModel:
    """A trained model, ready to be asked, once it has been looked at and tried.

    Raises DataError, in the name of the source, for what is no model, models other parts, or fails the trial.
    """
    if not isinstance(model, ConditionalModel):
        raise DataError(
            f"{source}: fit returns {described(model)}, but a ConditionalModel is wanted; return the trained model"
        )
    for side in ("targets", "inputs"):
        ours, its = (", ".join(p.name for p in getattr(each, side, ())) or "none" for each in (task, model))
        if ours != its:
            raise DataError(
                f"{source}: fit returns a model whose {side} are {its}, but {ours} are wanted; "
                "call super().__init__(recipe, task.targets, task.inputs)"
            )
    with telling(source, "state", type(model)):
        _check_state(model)
        ready(model)
    tried(source, model, task)
    return model


@torch.no_grad()
def tried(source: str, model: ConditionalModel, task: Task) -> None:
    """Draw a few rows of those that a model was trained on, and look at all that it returns.

    A model that is not ours is asked more: whether a single row has the same form, whether its inputs are left as they
    are, whether equal seeds give equal draws whatever the process's own generator is, and whether what is saved of it
    draws the same. Raises DataError for the first that does not hold.
    """
    count = min(task.count, ROWS_OF_IMAGES if task.sees_images or task.targets_are_images else ROWS)
    device = task.rows[task.targets[0].name].device
    step = max(1, task.count // count)
    rows = rows_at(task.parts, task.rows, torch.arange(0, step * count, step), device)
    given = {part.name: rows[part.name] for part in task.inputs}
    first = _drawn(source, model, given, count, 1)
    for part in model.targets:
        drawn, seen = first[part.name], rows[part.name]
        if part.form is Form.PICTURES and int(drawn.max()) <= 1 < int(seen.max()):
            remedy = "they are nearly black: multiply what lies between 0 and 1 by 255"
            raise mismatch(source, part.name, described(drawn), _wanted(part, count), remedy)
    if model.likelihood:
        log_density(source, model, rows)
    if is_ours(type(model)):
        return
    if count > 1:
        _drawn(source, model, {name: values[:1] for name, values in given.items()}, 1, 1)
    _check_seeds(source, model, given, first, count)
    _check_saved(source, model, given, first, count)
    if given and not task.sees_images and not task.targets_are_images:
        _check_company(source, model, task)


def _drawn(
    source: str, model: ConditionalModel, given: Values, count: int, seed: int, stream: torch.Generator | None = None
) -> Values:
    """A draw for these rows by a seed, or by what is left of a stream.

    Raises DataError for a model that writes into its inputs, which other models see too.
    """
    device = next(iter(given.values())).device if given else "cpu"
    handed = {name: values.clone() for name, values in given.items()}
    drawn = draw(source, model, handed, count, stream or stream_for(seed, "trial", device=device))
    for name, values in given.items():
        if handed.get(name) is None or not torch.equal(handed[name], values):
            came = f"{described(handed.get(name))} where its input was"
            raise mismatch(source, name, came, f"{described(values)}, as it was given", "write into a clone of it")
    return drawn


def _check_seeds(source: str, model: ConditionalModel, given: Values, first: Values, count: int) -> None:
    """Raise DataError for draws that depend on anything but the inputs and the generator's state."""
    remedy = "hand sample's generator to whatever draws, as in torch.rand(n, generator=generator)"
    before = torch.random.get_rng_state()
    if not _same(first, _drawn(source, model, given, count, 1)):
        raise DataError(f"{source} returns two different draws of one seed, but equal ones are wanted; {remedy}")
    moved = not torch.equal(before, torch.random.get_rng_state())
    device = next(iter(given.values())).device if given else "cpu"
    stream = stream_for(1, "trial", device=device)
    _drawn(source, model, given, count, 1, stream)
    if not _same(first, _drawn(source, model, given, count, 1, stream)):
        return
    if moved or not _same(first, _drawn(source, model, given, count, 2)):
        raise DataError(
            f"{source} returns the same draws again from a generator that has gone on, so that every batch would be "
            f"alike, but fresh ones are wanted; {remedy}"
        )


def _check_company(source: str, model: ConditionalModel, task: Task) -> None:
    """Raise DataError for draws for a row that depend on the rows beside it, as where a batch's mean is taken off.

    At both ends of an input, rows of one value are drawn alone and among others; under do(), all rows have one value.
    """
    device = task.rows[task.targets[0].name].device
    others = torch.linspace(0, task.count - 1, COMPANY, dtype=torch.float64).long()
    for seed, end in enumerate(_ends(task)):
        same = torch.full((COMPANY,), end, dtype=torch.int64)
        alone, among = (
            _drawn(source, model, rows_at(task.inputs, task.rows, rows, device), len(rows), seed)
            for seed, rows in ((2 * seed + 1, same), (2 * seed + 2, torch.cat([same, others])))
        )
        for part in model.targets:
            one, other = (each[part.name][:COMPANY].reshape(COMPANY, -1).double() for each in (alone, among))
            if _apart(one, other, task.rows[part.name].double().std(correction=0)):
                raise DataError(
                    f"{source} draws another {part.name} for a row among others than for the same row alone, but "
                    "equal laws are wanted; let a row's draw use that row alone, and no mean or rank of the batch"
                )


def _ends(task: Task) -> list[int]:
    """Rows at both ends of the first inputs, each row once."""
    found: list[int] = []
    for part in task.inputs[:MOST_ENDS]:
        places = task.rows[part.name].reshape(task.count, -1).double().mean(1)
        found += [int(places.argmin()), int(places.argmax())]
    return list(dict.fromkeys(found))


def _apart(one: Tensor, other: Tensor, scale: Tensor) -> bool:
    """Whether a column of draws has another law than that of others, by more than rounding and than chance has it."""
    from scipy.stats import ks_2samp  # a quarter of a second that only families of somebody's own wait for

    near = ROUNDING * float(scale)
    for first, second in zip(one.cpu().numpy().T, other.cpu().numpy().T, strict=True):
        odds = [ks_2samp(first, second + shift, method="asymp").pvalue for shift in (-near, 0.0, near)]
        if max(odds) < UNLIKELY:
            return True
    return False


def _check_saved(source: str, model: ConditionalModel, given: Values, first: Values, count: int) -> None:
    """Raise DataError for a model whose state, through JSON and back, draws otherwise."""
    config, tensors = model.state()
    kept = {name: values.detach().cpu().clone() for name, values in tensors.items()}
    with telling(source, "from_state", type(model)):
        back = type(model).from_state(model.recipe, json.loads(json.dumps(config)), kept, model.targets, model.inputs)
        if not isinstance(back, ConditionalModel):
            raise DataError(f"from_state returns {described(back)}, but the model is wanted; return cls(...)")
        moved = ready(back).to(next(iter(first.values())).device)
    if not isinstance(moved, ConditionalModel):
        raise DataError(f"{source}: to returns {described(moved)}, but the model is wanted; return self")
    if not _same(first, _drawn(source, moved, given, count, 1)):
        raise DataError(
            f"{source} returns other draws after state and from_state, but the same are wanted; let state hold "
            "everything that sample uses"
        )


def _check_state(model: ConditionalModel) -> None:
    answer = model.state()
    wanted = "but settings that JSON can hold and a dict of tensors are wanted; return config, tensors"
    if not isinstance(answer, tuple) or len(answer) != 2 or not all(isinstance(each, dict) for each in answer):
        raise DataError(f"state returns {described(answer)}, {wanted}")
    config, tensors = answer
    wrong = [name for name, values in tensors.items() if not isinstance(values, Tensor) or not isinstance(name, str)]
    if wrong:
        raise DataError(f"state returns {wrong[0]!r:.40} as {described(tensors[wrong[0]])}, {wanted}")
    try:
        json.dumps(config, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise DataError(f"state returns settings that are no JSON ({error!s:.100}), {wanted}") from error
    check_finite(tensors)


def _same(one: Values, other: Values) -> bool:
    """Whether draws are equal, up to what devices differ in."""
    for name, values in one.items():
        if values.is_floating_point():
            apart = ~torch.isclose(values.float(), other[name].float(), rtol=1e-3, atol=1e-3)
        else:
            apart = values != other[name].to(values.device)
        if apart.numel() and float(apart.double().mean()) > SAME:
            return False
    return True


def _wanted(part: Part, n: int) -> str:
    ends = {Form.CODES: f" from 0 to {(part.size or 1) - 1}", Form.NUMBERS: " of finite numbers"}
    return f"{part.dtype} of shape {(n, *part.entries)}{ends.get(part.form, ' from 0 to 255')}"


def _remedy(part: Part, values: Any, n: int) -> str | None:
    """What to do about drawn values that are none of a part; None where they are all right."""
    if not isinstance(values, Tensor):
        return "return a torch.Tensor"
    shape, dtype = (n, *part.entries), getattr(torch, part.dtype)
    if values.shape != shape:
        if values.ndim and len(values) != n:
            return f"draw one row for each of the {n} rows that are given"
        return (
            f"call .reshape{shape}" if values.numel() == math.prod(shape) else "let a row have the shape part.entries"
        )
    if values.dtype != dtype:
        if part.form is Form.PICTURES:
            return "pictures are bytes: call (values * 255).round().to(torch.uint8) on values between 0 and 1"
        if part.form is Form.CODES and values.is_floating_point():
            return "return codes, such as draws by torch.multinomial of probabilities"
        return f"call .to({dtype})"
    if part.form is Form.PICTURES or not values.numel():
        return None
    if part.size is not None:
        return None if _within(values, part.size) else f"codes count the labels of {part.name} from 0"
    # A sum is four times as fast as the ends, which decide where it is none.
    finite = math.isfinite(float(values.detach().sum())) or bool(values.isfinite().all())
    return None if finite else "mend its arithmetic, or train it anew, or more gently"


def _within(codes: Tensor, size: int) -> bool:
    """Whether all codes are among 0 .. size - 1."""
    if codes.device.type == "cpu" and codes.is_contiguous():
        return bool(codes.numpy().view("uint64").max() < size)  # a negative one is a large one; one pass
    low, high = codes.aminmax()
    return int(low) >= 0 and int(high) < size
