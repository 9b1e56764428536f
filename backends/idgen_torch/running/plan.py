"""What can be said about a fit before it starts: its settings, the families asked for, and what is drawn."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import torch

from idgen_compiler.data.holding.memory import bytes_of
from idgen_compiler.data.part import Form
from idgen_compiler.data.schema import Schema
from idgen_compiler.errors import DataError, near_misses
from idgen_compiler.graph.names import variable_of
from idgen_compiler.hinge.kernels import fixed_in_laws
from idgen_compiler.ir.operands import records
from idgen_compiler.ir.operations import Apply, Condition, Draw, Operation, Realize, Rows, Statement, Train
from idgen_compiler.ir.policies import ByModel
from idgen_compiler.ir.program import Program
from idgen_compiler.warning import warn_data
from idgen_torch.families import Family, Tuning
from idgen_torch.families.request import Addressed, Meaning, listed, targets_of
from idgen_torch.parts import of_form
from idgen_torch.running.choices import Choice
from idgen_torch.running.draws import PolicyKey, policy_of

__all__ = [
    "FitSettings",
    "Asked",
    "asked_for",
    "check_trained",
    "default_rows_factor",
    "draws_of",
    "label_of",
    "requested_families",
    "rows_label",
]


MOST_LEARNED = 4_000_000_000
"""Bytes of what networks and trees learn from at once, when nobody says: the same on every machine, as seeds are."""


@dataclass(frozen=True)
class FitSettings:
    """How to fit.

    `tuning` holds the recipes to choose from; `families` may name one for a model by its operation ("%m3"), its targets
    ("Y", "Y1, Y2"), as texts print it ("Y | X", "P(Y | X ; do(W))"), or for all ("*"): see `families.request`.
    `rows_factor` is the number of regenerated rows for each observed one. A law that is a sum of tables is summed, and
    no row of it drawn, if it `contracts`. What learns from features of rows holds as many as fit into `memory` bytes.
    """

    seed: int
    rows_factor: float
    device: torch.device
    tuning: Tuning
    families: Mapping[str, Family]
    contracts: bool = True
    memory: int = MOST_LEARNED

    @classmethod
    def of(
        cls,
        program: Program,
        schema: Schema,
        seed: int,
        rows_factor: float | None,
        device: torch.device,
        tuning: Tuning,
        families: Mapping[str, Family],
        memory: str | int | None = None,
    ) -> FitSettings:
        """The settings of a fit; where nobody says how many rows to regenerate, none are of a sum of tables."""
        factor = rows_factor or default_rows_factor(program, schema)
        most = MOST_LEARNED if memory is None else bytes_of(memory)
        return cls(seed, factor, device, tuning, families, contracts=rows_factor is None, memory=most)

    def regenerated(self, rows: int) -> int:
        """How many rows are regenerated for so many observed ones."""
        return max(1, round(self.rows_factor * rows))


def default_rows_factor(program: Program, schema: Schema) -> float:
    """Rows to regenerate for each observed one: ten did clearly better than one, but pictures and texts take long.

    Those that come out of rows too, since models are asked about each of them.
    """
    ways = [op.regenerate for op in program.laws if op.regenerate]
    filling: list[Statement] = []
    for way in ways:
        filling += [*records(way, Apply), *records(way, Rows), *records(way, Draw)]
    drawn = {variable_of(slot) for statement in filling for slot in statement.slots}
    return 1.0 if of_form(schema.parts(*sorted(drawn)), Form.PICTURES, Form.TEXTS) else 10.0


@dataclass(frozen=True)
class Asked:
    """Inputs that a regeneration hands a model: some drawn from policies, others out of rows, apart from these."""

    drawn: tuple[Draw, ...]
    variables: tuple[str, ...]  #: what each of `drawn` is to the model
    kept: tuple[str, ...]


def asked_for(program: Program, op: Train) -> Asked | None:
    """What the one regeneration that uses a model draws for it; None where there is no such one, or nothing to part."""
    ways = [law.regenerate for law in program.laws if law.regenerate]
    uses_it = [(way, s) for way in ways for s in records(way, Apply) if s.model == op.result]
    if len(uses_it) != 1:
        return None
    ((way, use),) = uses_it
    draws = {draw.slot: draw for draw in records(way, Draw)}
    rows = {slot for s in records(way, Rows) for slot in s.slots}
    inputs = list(zip(op.inputs, use.inputs, strict=True))
    drawn = [(draws[slot], name) for name, slot in inputs if slot in draws]
    kept = tuple(name for name, slot in inputs if slot in rows)
    return Asked(tuple(d for d, _ in drawn), tuple(n for _, n in drawn), kept) if drawn and kept else None


def label_of(op: Train | Condition) -> str:
    """What a model models, as `Y | X, W`."""
    return ", ".join(op.targets) + (f" | {', '.join(op.inputs)}" if op.inputs else "")


def rows_label(op: Realize) -> str:
    """What the rows of a law are called, as `rows of X, Y`."""
    return f"rows of {', '.join(op.variables)}"


def draws_of(op: Operation) -> tuple[PolicyKey, ...]:
    """Everything that an operation draws without a model, in order."""
    draws = (d for d in records(op, Draw) if not isinstance(d.policy, ByModel))
    return (*map(policy_of, draws), *map(policy_of, records(op, Rows)))


def requested_families(program: Program, families: Mapping[str, Family]) -> dict[str, Family]:
    """Operation -> the recipe that is asked for, by the most particular request that means it.

    Raises DataError for a request that means no model of the program, for one of a single model that means several,
    and for two that mean the same.
    """
    models = _addressed(program)
    means: dict[str, dict[Meaning, str]] = {model.operation: {} for model in models}
    for key in families:
        if not isinstance(key, str):
            raise DataError(f"family names {key!r:.80}; name a model by its targets or its operation, as a text")
        found = {model: meaning for model in models if (meaning := model.meant(key)) is not None}
        if not found:
            raise DataError(f"family names {key!r}, {_unknown(program, models, key)}")
        best = min(found.values())
        meant = [model for model, meaning in found.items() if meaning is best]
        if best.means_one and len(meant) > 1:
            raise DataError(
                f"family names {key!r}, which means {len(meant)} models: {listed(meant)}; name one by its operation, "
                f"such as {meant[0].operation!r}, or all by their targets, {', '.join(meant[0].targets)!r}"
            )
        for model in meant:
            other = means[model.operation].setdefault(best, key)
            if other != key:
                raise DataError(f"family names {model} twice, by {other!r} and {key!r}; keep one")
    return {name: families[own[min(own)]] for name, own in means.items() if own}


def check_trained(
    program: Program, taken: Program, families: Mapping[str, Family], choices: Sequence[Choice], tried: Iterable[str]
) -> None:
    """Raise DataError for a request that means only models of ways that the data did not choose.

    program: with all of its ways.  taken: with those that were chosen.  tried: the operations that were trained to
    choose; of a request that means only such it is told (DataWarning), since nothing is drawn by them.
    """
    left, deciding = {op.result for op in taken.models}, set(tried)
    for key in families:
        meant = [model for model in _addressed(program) if model.meant(key) is not None]
        if any(model.operation in left for model in meant):
            continue
        ways = "; ".join(str(choice) for choice in choices)
        if any(model.operation in deciding for model in meant):
            warn_data(
                f"family names {key!r}: {listed(meant)} only decided between ways, and nothing is drawn by it; {ways}"
            )
            continue
        raise DataError(
            f"family names {key!r}, which means {listed(meant)}, and no such model is trained for these data ({ways}); "
            f"compile with realize='regenerate' or 'reweight' for the way that has it, or name one of "
            f"{listed(model for model in _addressed(taken))}"
        )


def _addressed(program: Program) -> list[Addressed]:
    laws = fixed_in_laws(program)
    return [Addressed(op.result, op.targets, op.inputs, laws[op.result]) for op in program.models]


def _unknown(program: Program, models: Sequence[Addressed], key: str) -> str:
    """What to say of a request that means no model: where its variables are, and what there is."""
    trained = f"the program trains {listed(models) or 'no model'}"
    asked = targets_of(key)
    for model in models:
        if len(model.targets) > 1 and asked & set(model.targets):
            return f"which it models together with others; {trained}; name {', '.join(model.targets)!r}"
    lone = asked - {name for model in models for name in model.targets}
    for network in program.networks():
        for rows in records(network, Rows):
            drawn = [variable_of(slot) for slot in rows.slots]
            if lone & set(drawn):
                return (
                    f"of which it trains no model: ({', '.join(drawn)}) ~ rows {rows.data} draws what no model need; "
                    f"{trained}; compile with optimize=1 for a model of it, or name one of these"
                )
    known = {text for op in program.models for text in (", ".join(op.targets), label_of(op), op.result)}
    return f"which is no model of the program{near_misses(key, known)}; {trained}"
