"""m-separation in ADMGs and CADMGs."""

from __future__ import annotations

from collections.abc import Iterable

from idgen_compiler.errors import GraphError
from idgen_compiler.graph.mixed import MixedGraph

__all__ = ["m_connected_mask", "m_separated", "m_separated_mask", "open_mask", "touched_mask"]


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
    into, out = _reached(graph, start, given, entered & within, within, until)
    return (into | out) & to


def open_mask(graph: MixedGraph, start: int, given: int) -> int:
    """The vertices at which a path that comes in from outside through an arrowhead is open to one of `start`.

    What `m_connected_mask` says for each set of `entered` with one target is whether they meet this one: asked once, it
    answers for every set.
    """
    within = (1 << (start | given).bit_length()) - 1  # the others have no way down to either
    into, out = _reached(graph, start, given, 0, within, 0)
    opened = into & ~given
    return start | out & ~given | into & given | (opened and opened & graph.ancestors_mask(given))


def _reached(graph: MixedGraph, start: int, given: int, entered: int, within: int, until: int) -> tuple[int, int]:
    """The vertices that paths reach through an arrowhead, and through a tail (or that they start at)."""
    parents, children, siblings, severed, cut_out = graph.adjacency
    heads, tails = graph.mask & ~severed & within, graph.mask & ~cut_out
    into, out = entered, start
    new_into, new_out = into, out
    while (new_into or new_out) and not (into | out) & until:
        next_into = next_out = 0
        rest = new_out & ~given  # not a collider here: leave by every edge
        while rest:
            bit = rest & -rest
            rest ^= bit
            i = bit.bit_length() - 1
            if not severed & bit:
                next_out |= parents[i]
                next_into |= siblings[i]
            if not cut_out & bit:
                next_into |= children[i]
        rest = new_into & given & ~severed  # an open collider: leave by edges with an arrowhead here
        while rest:
            bit = rest & -rest
            rest ^= bit
            i = bit.bit_length() - 1
            next_out |= parents[i]
            next_into |= siblings[i]
        rest = new_into & ~given & ~cut_out  # no collider; one with a descendant in `given` is come back to from there
        while rest:
            bit = rest & -rest
            rest ^= bit
            next_into |= children[bit.bit_length() - 1]
        new_into, new_out = next_into & heads & ~into, next_out & tails & ~out
        into |= new_into
        out |= new_out
    return into, out


def touched_mask(graph: MixedGraph, start: int, given: int) -> int:
    """The members of `given` that matter to `start`: the least part of it that separates `start` from the rest.

    These are the ones that an unblocked path ends at. A path to any other must pass one of them as a non-collider,
    which blocks it; and none of them can be left out: if the path to it passes a collider that it alone opens, it also
    lies at the end of a directed path from that collider, which is open without it.
    """
    return m_connected_mask(graph, start, given, to=given)
