"""What follows from the declared fields of a node: its parts, walks and folds, and the node over other parts."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Annotated

import pytest

from idgen_compiler.estimand import nodes
from idgen_compiler.estimand.construction import with_parts
from idgen_compiler.estimand.formula import Probability, Ratio, Sum, Times
from idgen_compiler.estimand.nodes import (
    Bound,
    Conditional,
    Free,
    Intervened,
    Kernel,
    Law,
    Marginal,
    Names,
    Observed,
    Product,
    Renamed,
)
from idgen_compiler.estimand.tree import FieldRole, _Readers, fold, operands, walk
from idgen_compiler.graph import ADMG
from idgen_compiler.rewrites.rewrite import everywhere

LAW = Observed(ADMG.parse("W -> X -> Y; W -> Y"))
W, X, Y = (Conditional(LAW, (target,), given) for target, given in (("W", ()), ("X", ("W",)), ("Y", ("W", "X"))))
ALL = Product((W, X, Y))
AFTER = Intervened(LAW, ("X",), (W, Y))

BROUGHT = Bound.kernel("Y", ["W"]).of

KINDS = {Observed: LAW, Bound: BROUGHT, Conditional: Y, Product: ALL, Marginal: Marginal(ALL, ("W",))}
KINDS |= {Free: Free(Y, ("W",)), Intervened: AFTER, Renamed: Renamed(Y, (("W", "W'"),))}


@dataclass(frozen=True, eq=False, repr=False)
class Shown(Kernel):
    """A kind of node that no module knows: its fields are declared, and nothing else is said of it."""

    law: Annotated[Law, FieldRole.ORIGIN]
    body: Kernel
    note: str
    read: Annotated[Names, FieldRole.SOME]

    @property
    def targets(self) -> Names:
        return self.body.targets

    @property
    def inputs(self) -> Names:
        return self.body.inputs


def test_every_kind_of_node_is_declared() -> None:
    known = {kind for kind in vars(nodes).values() if isinstance(kind, type) and issubclass(kind, Kernel)}
    assert known - {Kernel, Law} == set(KINDS)


@pytest.mark.parametrize("node", KINDS.values(), ids=lambda node: type(node).__name__)
def test_parts_are_the_nodes_among_the_fields(node: Kernel) -> None:
    values = [getattr(node, field.name) for field in fields(node)]
    held = [part for value in values for part in (value if isinstance(value, tuple) else [value])]
    assert node.parts == tuple(part for part in held if isinstance(part, Kernel))
    assert with_parts(node, node.parts) is node


def test_what_a_law_came_from_is_no_part_of_its_value() -> None:
    assert AFTER.parts == (LAW, W, Y)
    assert AFTER.made_of == (W, Y)
    assert Y.made_of == Y.parts == (LAW,)
    assert _Readers(FieldRole.ORIGIN)[Intervened](AFTER) == (LAW,)


def test_operands_have_roles() -> None:
    assert {o.name: o.role for o in operands(Intervened)} == {
        "law": FieldRole.ORIGIN,
        "do": FieldRole.OWN,
        "factors": FieldRole.PARTS,
    }
    assert {o.name: o.role for o in operands(Conditional)} == {
        "of": FieldRole.PART,
        "to": FieldRole.OWN,
        "given": FieldRole.READ,
    }
    assert [o.kind for o in operands(Intervened)] == [Law, object, Kernel]


def test_walks_come_to_each_node_once_parts_first() -> None:
    found = list(walk(Marginal(ALL, ("W",))))
    assert found == [LAW, W, X, Y, ALL, Marginal(ALL, ("W",))]
    assert fold(ALL, lambda node, values: 1 + sum(values[part] for part in node.parts)) == 7  # type: ignore[misc]


def test_formulas_are_trees_of_the_same_kind() -> None:
    p, q = Probability(("Y",), ("X",)), Probability(("X",), ())
    whole = Sum(("X",), Times((p, Ratio(q, p))))
    assert [type(term) for term in walk(whole)] == [Probability, Probability, Ratio, Times, Sum]
    assert whole.mentions == {"Y"}


def test_a_product_of_one_factor_is_that_factor() -> None:
    assert with_parts(Product((X, Y)), [Y]) is Y
    joint = Intervened(LAW, ("X",), (Conditional(LAW, ("W", "Y"), ("X",)),))
    assert with_parts(AFTER, joint.parts) is joint


def test_a_new_kind_of_node_is_walked_and_rebuilt_from_its_declaration() -> None:
    node = Shown(LAW, Y, "a note", ("W", "X"))
    assert node.parts == (LAW, Y)
    assert node.made_of == (Y,)
    less = Conditional(LAW, ("Y",), ("X",))
    assert with_parts(node, [LAW, less]) is Shown(LAW, less, "a note", ("X",))
    new = everywhere(node, lambda each: less if each is Y else each)
    assert isinstance(new, Shown)
    assert (new.note, new.read, new.body) == ("a note", ("X",), less)
    with pytest.raises(TypeError, match="no way to rebuild Shown over <Conditional"):
        with_parts(node, [Y, Y])
