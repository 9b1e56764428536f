"""What can be asked instead where rows are missing: a policy that sets a treatment where its values occur."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Any

import numpy as np

from idgen_compiler.adjoint.support import Support
from idgen_compiler.compile import compile
from idgen_compiler.data.arrays import Array
from idgen_compiler.errors import IdgenError
from idgen_compiler.forms.policy import PolicyForm
from idgen_compiler.forms.shown import cut
from idgen_compiler.forms.spelling import spelled
from idgen_compiler.graph.names import variable_of
from idgen_compiler.hinge.assigned import Assigned
from idgen_compiler.hinge.policies import Law
from idgen_compiler.ir.operands import records
from idgen_compiler.ir.operations import Assign
from idgen_compiler.query import Query
from idgen_torch.running.overlap.cells.naming import LISTED, Rest, either, function_of
from idgen_torch.running.overlap.cells.needed import Cells

__all__ = ["instead"]


def instead(cells: Cells, query: Query, rest: Rest, codes: Mapping[str, int]) -> str:
    """What to ask in the place of a query that lacks rows at some values of its inputs; empty where nothing is known.

    A policy is proposed that sets one treatment of the query as asked where rows have both this value and others, and
    leaves it as it is elsewhere. It is compiled, and said only if its own answer rests on rows.
    """
    support = rest.support
    for name in rest.first:
        if name not in codes or name not in query.treatments or not support.targets:
            continue
        reads = tuple(other for other in support.inputs if other not in query.treatments)
        if reads and (told := _policy(cells, query, support, name, reads, codes)):
            return told
    if told := function_of(support):
        return f"{told}, so that other data are needed"
    return ""


def _policy(
    cells: Cells, query: Query, support: Support, name: str, reads: tuple[str, ...], codes: Mapping[str, int]
) -> str:
    try:
        there = _there(support, query, codes)
        together = cells.source.marginal((name, *reads)).aligned((*reads, name))
        occurs = together.sum(axis=-1)
        asked = together[..., codes[name]]
        free = there & (asked > 0)
        if not bool((free & (asked < occurs)).any()):
            return ""
        law = _law(cells, name, reads, together, free, codes[name])
        conditions = tuple(other for other in query.conditions if other not in reads)
        policies = {name: PolicyForm("pi", reads)}
        found = Query(query.outcomes, query.treatments, conditions, None, policies)
        if not _rests_on_rows(cells, found, law, codes):
            return ""
    except IdgenError:  # not identifiable, or counts that are not kept
        return ""
    value = cut(cells.source.labels(name)[codes[name]])
    return f"ask for {found} instead, with a pi that sets {spelled(name)} = {value} {_only(cells, reads, free, occurs)}"


def _there(support: Support, query: Query, codes: Mapping[str, int]) -> Array:
    """Where rows have the treatments that are set, by the other inputs.  Shape: an axis for each of these."""
    at = tuple(codes[own] if own in query.treatments else slice(None) for own in support.inputs)
    return np.asarray((support.frequencies > 0)[at])


def _law(cells: Cells, name: str, reads: tuple[str, ...], together: Array, free: Array, code: int) -> Law:
    """The value that is asked where it is free, and elsewhere what rows have."""
    labels = list(cells.source.labels(name))
    known: dict[Any, dict[Any, float]] = {}
    places = product(*(range(len(cells.source.labels(other))) for other in reads))
    for place in places:
        law = together[place]
        if free[place]:
            law = np.eye(len(labels))[code]
        elif law.sum() == 0:
            law = np.ones(len(labels))
        shares = law / law.sum()
        cell = tuple(cells.source.labels(other)[k] for other, k in zip(reads, place, strict=True))
        known[cell] = {label: float(share) for label, share in zip(labels, shares, strict=True)}
    return Law(known, given=reads)


def _rests_on_rows(cells: Cells, query: Query, law: Law, codes: Mapping[str, int]) -> bool:
    """Whether the answer to another query rests on rows, by its own program."""
    program = compile(query, cells.program.graph)
    sampler = program.samplers[0]
    slots = records(sampler.network, Assign)
    fills = [Assigned(each.slot, law, {variable_of(slot): slot for slot in each.inputs}) for each in slots]
    inputs = {other: np.array([codes[other]]) for other in sampler.network.inputs}
    rests = Cells(program, cells.source, {"pi": law}).rests(sampler, inputs, fills)
    return not any(rest.lacking for rest in rests)


def _only(cells: Cells, reads: tuple[str, ...], free: Array, occurs: Array) -> str:
    """`only where Z = 0, 1 or 2`, or `except where Z = 7`, or that rows have to have it."""
    for words, there in (("only", free), ("except", ~free & (occurs > 0))):
        places = np.argwhere(there)[:, 0] if len(reads) == 1 else ()
        if 0 < len(places) <= LISTED:
            shown = [cut(cells.source.labels(reads[0])[place]) for place in places]
            return f"{words} where {spelled(reads[0])} = {either(shown)}"
    return f"only where rows with the same {', '.join(map(spelled, reads))} have it"
