"""The adjoint as a value: which data set collects which residual, with which weight."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from idgen_compiler import ir
from idgen_compiler.adjoint.chances import Chance, Ratio, ratio_of, stated
from idgen_compiler.graph.admg import ADMG
from idgen_compiler.graph.names import variable_of
from idgen_compiler.ir.analysis import specialized
from idgen_compiler.ir.operations import (
    Apply,
    Draw,
    Network,
    Observe,
    Realize,
    Regenerate,
    Reweight,
    Rows,
    Sample,
    Statement,
    Train,
)
from idgen_compiler.ir.policies import ByModel, Column, Shifted

__all__ = ["Region", "Term", "Weighing", "regions_of", "terms_of"]


@dataclass(frozen=True, slots=True)
class Term:
    """R(data) += w(i) (h(t, i) - E[h | i]), or R(data) += h(t) - E[h] where the slots are rows of the data.

    h is the mean of what the region asks for given the slots and the inputs; `exact` says that it is itself a function
    of these, so that no regression is needed.
    """

    data: str
    statement: Statement
    slots: tuple[str, ...]
    inputs: tuple[str, ...]
    targets: tuple[str, ...]  #: the slots' variables in the data set
    given: tuple[str, ...]  #: the inputs' variables
    ratio: Ratio | None  #: None for rows
    exact: bool


@dataclass(frozen=True, slots=True)
class Weighing:
    """R(data) += C of a law by weights, C = W (R - E R), and for each model -w (E[C | x, i] - E[C | i])."""

    data: str
    weights: tuple[tuple[Chance, Chance], ...]  #: policy and model of each draw
    models: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Region:
    """A sampler or a law: what it averages and what its parts collect."""

    name: str
    asks: str  #: "f", or "R(%law)"
    outcomes: tuple[str, ...]
    network: Network | None
    terms: tuple[Term, ...]
    weighing: Weighing | None = None


def regions_of(program: ir.Program, sampler: Sample) -> tuple[Region, ...]:
    """The regions of a sampler's adjoint, in the order of the way back; laws in their first way."""
    program = program.trained()
    operations = specialized((*(op for op in program.operations if not isinstance(op, Sample)), sampler))
    return tuple(_regions(program, operations, sampler))


def _regions(program: ir.Program, operations: Sequence[ir.Operation], sampler: Sample) -> Iterator[Region]:
    models = {op.result: op for op in operations if isinstance(op, Train)}
    laws = {op.result: program.law_of(op.result) for op in operations if isinstance(op, Observe | Realize)}
    collected: set[str] = set()

    def region(name: str, asks: str, network: Network) -> Region:
        terms = tuple(terms_of(network, name, models, laws))
        collected.update(term.data for term in terms)
        return Region(name, asks, network.outputs, network, terms)

    yield region("sample", "f", sampler.network)
    for op in reversed(operations):
        match op:
            case Realize(result=name, ways=(Regenerate() as way, *_)) if name in collected:
                whole = Network((), (*way.do, *way.network.statements), way.network.outputs)
                yield region(name, f"R({name})", whole)
            case Realize(result=name, ways=(Reweight() as way, *_)) if name in collected:
                collected.update((way.data, *(models[model].data for model in way.by)))
                yield Region(name, f"R({name})", op.variables, None, (), _weighing(way, models))


def _weighing(way: Reweight, models: dict[str, Train]) -> Weighing:
    pairs = []
    for draw, name in zip(way.do, way.by, strict=True):
        model = models[name]
        pairs.append((_policy(draw, models), Chance(model.targets, tuple(sorted(model.inputs)), data=model.data)))
    return Weighing(way.data, tuple(pairs), way.by)


def _policy(draw: Draw, models: dict[str, Train]) -> Chance:
    match draw.policy:
        case Column(data):
            return Chance((draw.slot,), data=data)
        case ByModel(model, inputs):
            return Chance((draw.slot,), tuple(sorted(inputs)), data=models[model].data)
        case _:
            return stated(draw.slot, draw.policy)


def terms_of(network: Network, region: str, models: Mapping[str, Train], laws: Mapping[str, ADMG]) -> Iterator[Term]:
    """What the statements of a network collect that bear on its outputs, the last one first."""
    wanted = set(network.outputs)
    for statement in reversed(network.statements):
        if not wanted.intersection(statement.slots):
            continue
        wanted.update(statement.inputs)
        own = {*statement.slots, *statement.inputs}
        exact = set(network.outputs) - set(network.inputs) <= own
        match statement:
            case Apply(slots, model, inputs) | Draw(slots=slots, policy=ByModel(model, inputs)) if model in models:
                op = models[model]
                weight = ratio_of(inputs, network, region, op.data, laws[op.data], models)
                yield Term(op.data, statement, slots, inputs, op.targets, op.inputs, weight, exact)
            case Rows(slots, data):
                yield Term(data, statement, slots, (), tuple(map(variable_of, slots)), (), None, exact)
            case Draw(slot, Column(data) | Shifted(data, _)):
                yield Term(data, statement, (slot,), (), (variable_of(slot),), (), None, exact)
