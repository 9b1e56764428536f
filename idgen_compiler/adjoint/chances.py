"""Weights of residuals, named by the conditionals that they need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from idgen_compiler.forms.spelling import spelled, spelled_all
from idgen_compiler.graph.admg import ADMG
from idgen_compiler.graph.names import variable_of
from idgen_compiler.graph.separation import m_separated
from idgen_compiler.ir.operations import Apply, Assign, Draw, Network, Rows, Statement, Train, Weigh
from idgen_compiler.ir.policies import Assignment, ByModel, Column, Fixed, Moved, Named, Policy, Uniform
from idgen_compiler.ir.text import print_policy

__all__ = ["Chance", "Ratio", "ratio_of", "stated"]


@dataclass(frozen=True, slots=True)
class Chance:
    """P(targets | given): in a data set, or in a network where `region` names one; or a stated policy."""

    targets: tuple[str, ...]  #: slots
    given: tuple[str, ...] = ()
    data: str = ""  #: a data set
    region: str = ""  #: a network
    policy: str = ""  #: of one target, as it is printed: pi(X | Z)

    def shown(self, fixed: Mapping[str, str], observed: str) -> str:
        """P(Z | X = x), with the law where it is not that of the data.  `fixed`: slot -> its value as it is called.

        Slots are those of a network in its own law, and columns of the row in that of a data set.
        """
        if self.policy:
            return self.policy
        named = spelled if self.region else _spelled_variable
        given = ", ".join(f"{spelled(s)} = {fixed[s]}" if s in fixed else named(s) for s in self.given)
        where = self.region or ("" if self.data == observed else self.data)
        targets = ", ".join(map(named, self.targets))
        return f"P({targets}{f' | {given}' if given else ''}{f' ; {where}' if where else ''})"


@dataclass(frozen=True, slots=True)
class Ratio:
    """w(i) = 1[fixed] numerator / denominator: the density of a model's inputs in a network over that in its data set.

    fixed: inputs that the caller sets.  over: the other slots that are left once what stands in both was canceled.
    """

    fixed: tuple[str, ...]
    over: tuple[str, ...]
    numerator: tuple[Chance, ...]
    denominator: tuple[Chance, ...]

    @property
    def is_one(self) -> bool:
        """Whether the network asks the model just where its data are."""
        return not (self.fixed or self.numerator or self.denominator)


def ratio_of(
    inputs: Sequence[str],
    network: Network,
    region: str,
    data: str,
    law: ADMG,
    models: Mapping[str, Train],
) -> Ratio:
    """The weight at a model that reads some slots of a network, trained on a data set with the CADMG `law`.

    The network's density is written as a product along its statements, that of the data along the order of the law's
    graph, P(i1) P(i2 | i1) ..., each conditional given no more than the graph asks for (m-separation); what stands in
    both is canceled. Where a slot depends on one that is not among the inputs, the network's density is left as one.
    """
    filled = {slot: s for s in network.statements for slot in s.slots}
    fixed = tuple(slot for slot in inputs if slot not in filled)
    groups = _groups([slot for slot in inputs if slot in filled], filled)
    numerator = [_chance(filled[group[0]], group, models) for group in groups]
    if all(set(chance.given) <= {*filled, *network.inputs} - _unread(inputs, filled) for chance in numerator):
        denominator = _chain([*groups, *((slot,) for slot in fixed)], data, law)
    else:
        random = tuple(slot for slot in inputs if slot in filled)
        numerator, denominator = [Chance(random, region=region)], [Chance(tuple(inputs), data=data)]
    both = [chance for chance in numerator if chance in denominator]
    above, below = ([c for c in side if c not in both] for side in (numerator, denominator))
    read = dict.fromkeys(slot for c in (*above, *below) for slot in (*c.targets, *c.given))
    return Ratio(fixed, tuple(slot for slot in read if slot in filled), tuple(above), tuple(below))


def _unread(inputs: Sequence[str], filled: Mapping[str, Statement]) -> set[str]:
    """The slots of a network that are not among the inputs of the model."""
    return set(filled) - set(inputs)


def _groups(slots: Sequence[str], filled: Mapping[str, Statement]) -> list[tuple[str, ...]]:
    """The slots by the statement that fills them."""
    found: dict[int, list[str]] = {}
    for slot in slots:
        found.setdefault(id(filled[slot]), []).append(slot)
    return [tuple(group) for group in found.values()]


def _chance(statement: Statement, slots: tuple[str, ...], models: Mapping[str, Train]) -> Chance:
    match statement:
        case Apply(model=model, inputs=inputs) if model in models:
            return Chance(slots, tuple(sorted(inputs)), data=models[model].data)
        case Apply(inputs=inputs):
            return Chance(slots, tuple(sorted(inputs)), region=statement.model)
        case Rows(data=data):
            return Chance(slots, (), data=data)
        case Draw(policy=Column(data)):
            return Chance(slots, (), data=data)
        case Draw(policy=ByModel(model, inputs)):
            return Chance(slots, tuple(sorted(inputs)), data=models[model].data if model in models else model)
        case Draw(policy=policy) | Assign(policy=policy):
            return stated(statement.slot, policy)
        case Weigh():
            raise TypeError(f"{statement.model} weighs, which is written out before a program is read backwards")


def stated(slot: str, policy: Policy | Assignment) -> Chance:
    """The chance that a policy gives a slot, whatever the data."""
    name = spelled(slot)
    match policy:
        case Uniform():
            return Chance((slot,), policy=f"uniform({name})")
        case Named(pi, inputs):
            return Chance((slot,), inputs, policy=f"{pi}({name}{f' | {spelled_all(inputs)}' if inputs else ''})")
        case Fixed() | Moved():
            inputs = policy.inputs if isinstance(policy, Moved) else ()
            return Chance((slot,), inputs, policy=f"1[{name} = {print_policy(policy)}]")
        case _:
            return Chance((slot,), policy=f"P({name} ; {print_policy(policy)})")


def _spelled_variable(slot: str) -> str:
    return spelled(variable_of(slot))


def _chain(groups: Sequence[tuple[str, ...]], data: str, law: ADMG) -> list[Chance]:
    """P(i1) P(i2 | i1) ... in the data's law, along its order, each given no more than it has to be."""
    place = {name: k for k, name in enumerate(law.order)}
    found, before = list[Chance](), list[str]()
    for group in sorted(groups, key=lambda group: max(place.get(variable_of(slot), -1) for slot in group)):
        found.append(Chance(group, _given(group, before, law), data=data))
        before += group
    return found


def _given(targets: Sequence[str], before: Sequence[str], law: ADMG) -> tuple[str, ...]:
    """Those of `before` that the targets depend on given the others."""
    kept = list(before)
    names = [variable_of(slot) for slot in targets]
    for slot in list(kept):
        rest = [variable_of(other) for other in kept if other != slot]
        own = variable_of(slot)
        if own in names or own in rest or not {own, *names, *rest} <= set(law.nodes):
            continue
        if m_separated(law, names, [own], rest):
            kept.remove(slot)
    return tuple(sorted(kept))
