"""Whether a training ended before it was done."""

from __future__ import annotations

from idgen_compiler.hinge.diagnostics import Curve, ModelDiagnosis
from idgen_torch.running.fitted import FittedProgram
from idgen_torch.training.ensemble import EnsembleTraining

__all__ = ["cut_short"]

LAST_PART, FEW_POINTS, LEAST_FALL = 1 / 3, 4, 0.03
"""A training whose losses both fell by more than so many nats a row in its last third was still learning."""

FEW_STEPS = 200
"""Every family makes 300 steps or more when nobody says (`training.ensemble.Passes`)."""


def cut_short(fitted: FittedProgram, found: ModelDiagnosis) -> str:
    """How the last training of a model ended too early, in words; empty where it did not.

    It did not where it ended by itself, since no pass helped any more. The learning rate falls to nothing towards the
    planned end, so that a curve is level there even where the plan was much too short: so passes that somebody asked
    for count as too few where each was the best so far and they make hardly any steps.
    """
    if not found.curves:
        return ""
    last = found.curves[-1]
    passes = last.every * len(last.held_out)
    if last.planned > passes or not last.learned:
        return _falling(last) if last.planned <= passes else ""
    steps = _steps(fitted, found, passes)
    if steps is not None and last.best == len(last.held_out):
        asked = f"it was asked for {passes} passes ({steps} steps), of which the last was the best"
        return f"{asked}; {FEW_STEPS} steps or more are usual"
    return _falling(last)


def _falling(last: Curve) -> str:
    """Whether the loss was still falling at the end."""
    if len(last.held_out) < FEW_POINTS:
        return ""
    third = max(1, round(LAST_PART * len(last.held_out)))
    each = [own for own in (last.held_out, last.learned) if len(own) > third]
    fell = min(own[-1 - third] - min(own[-third:]) for own in each)
    return (
        f"its loss fell by {fell:.2g} nats a row in the last {third * last.every} passes" if fell > LEAST_FALL else ""
    )


def _steps(fitted: FittedProgram, found: ModelDiagnosis, passes: int) -> int | None:
    """How many steps were made, where somebody said how many passes, and these are few; None otherwise."""
    kept, model = fitted.kept.models.get(found.operation), fitted.models.get(found.operation)
    recipe = kept.model.recipe if kept is not None else None if model is None else model.recipe
    epochs = getattr(recipe, "epochs", None) or fitted.record.options.get("epochs")
    if epochs is None:
        return None
    training = recipe if isinstance(recipe, EnsembleTraining) else EnsembleTraining
    batch, held = training.batch_size, training.holdout
    if not isinstance(batch, int) or not isinstance(held, float):
        return None
    learned = max(1, round(found.rows * (1 - held)))
    steps = passes * max(1, learned // min(batch, learned))
    return steps if steps < FEW_STEPS else None
