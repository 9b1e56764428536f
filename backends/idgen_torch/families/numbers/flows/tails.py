"""On which scale a flow learns its targets: with tails that are drawn in, as models see them, or straight."""

from __future__ import annotations

from idgen_torch.families.family import Run
from idgen_torch.families.numbers.flows.model import NORMAL
from idgen_torch.families.numbers.flows.search import FlowOptions, Search
from idgen_torch.families.task import Task

__all__ = ["search_of"]

MOST_LOST = 0.03
"""Tails that inputs explain are straight up to this loss, in nats a row, beyond chance: hardly a row lies there, so
that likelihoods say little of them (measured: docs/design-decisions.md)."""


def search_of(asked: FlowOptions, task: Task, run: Run) -> Search:
    """The search with straight tails where inputs explain them, unless a small network tells much less of rows so.

    Where tails are drawn in, what inputs say of them is bent, and errors there are multiplied on the way back; where
    they are noise, drawing them in keeps single rows from turning the networks, unless held-out rows say otherwise.
    """
    search = Search(asked, task, run)
    if not search.far or asked.density == NORMAL.kind or not search.plain.model.random:
        return search
    explained = search.explained()
    straight = Search(asked, task, run, explained or search.far)
    gain = straight.gain_over(search)
    return straight if gain.mean > (-MOST_LOST - gain.error if explained else gain.error) else search
