"""m-separation in ADMGs and CADMGs."""

from __future__ import annotations

from collections.abc import Iterable

from idgen_compiler.errors import GraphError
from idgen_compiler.graph.bits import bits
from idgen_compiler.graph.mixed import MixedGraph

__all__ = ["m_connected_mask", "m_separated", "m_separated_mask", "touched_mask"]


def m_separated(graph: MixedGraph, a: Iterable[str], b: Iterable[str], given: Iterable[str] = ()) -> bool:
    """Whether every path between `a` and `b` is blocked by `given`.

    Fixed vertices are treated as parentless; conditioning on them is the caller's choice.
    Source: Richardson (2003), section 2.1.  Raises GraphError for unknown names and overlapping sets.

    >>> from idgen_compiler import ADMG
    >>> collider = ADMG.parse("X <-> Z <-> Y")
    >>> m_separated(collider, ["X"], ["Y"]), m_separated(collider, ["X"], ["Y"], given=["Z"])
    (True, False)
    """
    left, right, known = graph.mask_of(a), graph.mask_of(b), graph.mask_of(given)
    if left & right or (left | right) & known:
        clash = graph.names(left & right | (left | right) & known)
        raise GraphError(f"m-separation takes three disjoint sets; {', '.join(clash)} stands in two of them")
    return m_separated_mask(graph, left, right, known)


def m_separated_mask(graph: MixedGraph, a: int, b: int, given: int) -> bool:
    """m-separation on bitsets, assumed disjoint."""
    return not m_connected_mask(graph, a, given, to=b, until=b)


def m_connected_mask(graph: MixedGraph, start: int, given: int, *, to: int, until: int = 0, entered: int = 0) -> int:
    """The members of `to` that some path from `start` reaches unblocked by `given`, as a bitset.

    A reachability search over (vertex, whether the last edge had an arrowhead there): a collider passes when it has
    a descendant in `given`, any other vertex when it is not in `given`. `entered` are vertices where a path comes in
    through an arrowhead from outside, as from a variable that says whether the vertex was intervened on. The search
    ends early once it reaches one of `until`.
    """
    # Every vertex on an unblocked path is an ancestor of its ends or of what is conditioned on (Richardson 2003), so
    # that none stands after them all in the order.
    within = (1 << (start | to | given).bit_length()) - 1
    # `into`: vertices reached through an arrowhead; `out`: through a tail (or the start itself)
    into, out = entered & within, start
    new_into, new_out = into, out
    while (new_into or new_out) and not (into | out) & until:
        next_into = next_out = 0
        for i in bits(new_out & ~given):  # not a collider here: leave by every edge
            next_out |= graph.parents_of_bit(i)
            next_into |= graph.children_of_bit(i) | graph.siblings_of_bit(i)
        for i in bits(new_into):
            if given >> i & 1:  # an open collider: leave by edges with an arrowhead here
                next_out |= graph.parents_of_bit(i)
                next_into |= graph.siblings_of_bit(i)
            else:  # no collider; one with a descendant in `given` is come back to from there
                next_into |= graph.children_of_bit(i)
        new_into, new_out = next_into & within & ~into, next_out & ~out
        into |= new_into
        out |= new_out
    return (into | out) & to


def touched_mask(graph: MixedGraph, start: int, given: int) -> int:
    """The members of `given` that matter to `start`: the least part of it that separates `start` from the rest.

    These are the ones that an unblocked path ends at. A path to any other must pass one of them as a non-collider,
    which blocks it; and none of them can be left out: if the path to it passes a collider that it alone opens, it also
    lies at the end of a directed path from that collider, which is open without it.
    """
    return m_connected_mask(graph, start, given, to=given)
