"""Changes that no test can notice, since the program means the same, each with the reason."""

from __future__ import annotations

__all__ = ["EQUIVALENT"]

_BOUND = "every bit passes: the bound saves time only"
_FAST = "skips or takes a short cut to the same result"
_SYMMETRIC = "symmetric in the two"
_STRICT = "both have the same length, which strict only checks"

EQUIVALENT: dict[str, str] = {
    "graph.separation: within = (1 >> (start | to | given).bit_length()) - 1": _BOUND,
    "graph.separation: within = (2 << (start | to | given).bit_length()) - 1": _BOUND,
    "graph.separation: while (new_into or new_out) and (not into & out & until):": "the search ends later, as it says",
    "identify.fixing: if not cut.connected(set(query.outcomes), {z}, {*treatments, *others}):": _SYMMETRIC,
    "identify.fixing: hidden = {'{' + min(v, w) + ',' + max(w, v) + '}' for w in self.siblings[v] & kept}": _SYMMETRIC,
    "identify.fixing: hidden = {'{' + min(w, v) + ',' + max(v, w) + '}' for w in self.siblings[v] & kept}": _SYMMETRIC,
    "identify.fixing: siblings = {v: frozenset((w for e in graph.bidirected if v in e for w in e)) for v in "
    "graph.order}": "a vertex lies in its own district anyway",
    "identify.fixing: no break": "descendants of before only put a vertex off to the next round",
    "rewrites.collapse: no del self.atoms[atom.target]": "what nothing reads is left out of the network in the end",
    "estimand.tree: _PARTS = _Readers(FieldRole.PART, FieldRole.ORIGIN, FieldRole.PARTS)": "roles have no order",
    "estimand.tree: _MADE_OF = _Readers(FieldRole.PARTS, FieldRole.PART)": "roles have no order",
    "estimand.tree: below = [(part, False) for part in reversed(node.parts)]": _FAST,
    "estimand.network: changed = tuple(((old, new) for old, new in zip(*names, strict=False) if old != new))": _STRICT,
    "estimand.network: inputs = given if not slot and slot.keys().isdisjoint(given) else "
    "tuple([slot.get(n, n) for n in given])": _FAST,
    "estimand.network: if not not unmade.isdisjoint(atom.inputs):": _FAST,
    "estimand.network: if unmade.isdisjoint(atom.inputs):": _FAST,
    "estimand.network: no unmade.discard(atom.target)": _FAST,
    "estimand.network: stuck = ', '.join((a.target for a, n in zip(atoms, waiting, strict=False) if n))": _STRICT,
    "rewrites.collapse: for name, slot in zip((*atom.kernel.to, *atom.kernel.given), (atom.target, *atom.inputs), "
    "strict=False):": _STRICT,
    "rewrites.eliminate: clamped = {n for c in members for n in c.given}.difference(law.inputs, targets)": (
        "the order of what a difference takes away does not matter"
    ),
    "rewrites.eliminate: before = {j for j in clamped if order[j] <= first} | clamped.intersection(member.given)": (
        "no input is a target"
    ),
    "rewrites.eliminate: if self.groups and len(members) > 2 and ((whole := eliminated(members)) is not None):": _FAST,
    "rewrites.eliminate: if self.groups and len(members) >= 1 and ((whole := eliminated(members)) is not None):": _FAST,
    "rewrites.merge: return len(small.factors) < len(large.factors) and set(small.do) <= set(large.do) and "
    "(set(small.factors) < set(large.factors))": "fewer factors are no equal set",
    "rewrites.weights: return Weights(law, tuple((minimized(c) for c in whole)))": "all are conditionals: a type check",
    "ir.operands: role = next((r for r in getattr(declared, '__metadata__', ())), None)": "only roles are such marks",
    "ir.operands: elif members and (roles or any((_operands(member, roles) for member in members))):": (
        "looks in vain into records without such operands"
    ),
    "ir.cost: return ', '.join((f'{f.name} {value}' for f, value in zip(fields(self), astuple(self), strict=False)))": (
        _STRICT
    ),
    "ir.analysis: return op if all((a is b for a, b in zip(op.ways, ways, strict=True))) else replace(op, ways=ways)": (
        _SYMMETRIC
    ),
    "ir.analysis: return op if all((a is b for a, b in zip(ways, op.ways, strict=False))) else replace(op, ways=ways)"
    "": _STRICT,
    "ir.analysis: if isinstance(op, Realize) and len(op.ways) >= 1:": "a law of one way is had in that one",
    "ir.analysis: models = {op.result: op for op in kept}": "only models are looked up",
    "denote: hidden = graph.nodes.difference(law.fixed, law.targets)": _SYMMETRIC,
    "denote: origin = next((law for law in origins), self.observed)": "models are of laws: a type check",
    "ir.analysis: observed = next((op.result for op in kept))": "data are observed first",
    "passes.fuse: slots = dict(zip((*a.targets, *a.inputs), (*at.slots, *at.inputs), strict=False))": _STRICT,
    "passes.fuse: if any((slots.get(n, s) != s for n, s in zip(b.inputs, bt.inputs, strict=False))):": _STRICT,
    "passes.share: op = replace(op, ways=tuple((replace(way, do=do) for way, do in zip(op.ways, draws, strict=False))))"
    "": _STRICT,
    "lower: observed = next((node for node in nodes))": "parts come before wholes, and every first part is P(V)",
    "lower: no self.observed.update(variable_of(slot) for slot in flat.free)": (
        "what is free is an input of a model of P(V) or fixed in a law, and so observed already"
    ),
    "lower: self.observed.update(node.given, node.to)": "a union has no order",
}
"""`module: line as changed` (or `no` with a line that is left out) -> why the changed program is as right."""
