"""The text form of an adjoint, for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from idgen_compiler.adjoint.chances import Chance, Ratio
from idgen_compiler.adjoint.terms import Region, Term, Weighing
from idgen_compiler.forms.spelling import spelled, spelled_all
from idgen_compiler.ir.operations import Apply, Draw, Network
from idgen_compiler.ir.text import print_statement

__all__ = ["print_adjoint"]

_COMMENT_COLUMN = 64

ZERO = "zero where this may be anything"
"""Said of draws from data: where the graph holds the answer does not depend on what is drawn in a law's `do`."""


def print_adjoint(name: str, regions: Sequence[Region], observed: str) -> str:
    """Every residual, one a line, with the statement that it comes from."""
    lines = [f'influence "{name}" {{']
    for region in regions:
        lines += [f"  {line}" for line in _region(region, observed)]
    return "\n".join([*lines, f"  phi = R({observed}) - E[R({observed})]", "}"])


def _region(region: Region, observed: str) -> Iterator[str]:
    inputs = region.network.inputs if region.network else ()
    asked = f" ({', '.join(f'{spelled(s)} = {_value(s)}' for s in inputs)})" if inputs else ""
    where = f"sample{asked}" if region.name == "sample" else f"law {region.name}"
    yield f"{where}: {region.asks} of {spelled_all(region.outcomes)} {{"
    if region.weighing is not None:
        yield from (f"  {line}" for line in _weighing(region, region.weighing, observed))
    if region.network is not None:
        yield from (f"  {line}" for line in _statements(region, region.network, observed))
    yield "}"


def _statements(region: Region, network: Network, observed: str) -> Iterator[str]:
    """What each statement adds that the outputs depend on, the last first."""
    terms = {id(term.statement): (number, term) for number, term in enumerate(region.terms)}
    wanted = set(network.outputs)
    for statement in reversed(network.statements):
        if not wanted.intersection(statement.slots):
            continue
        wanted.update(statement.inputs)
        if id(statement) in terms:
            yield from _term(region, terms[id(statement)][1], terms[id(statement)][0], observed)
        else:
            why = "brought" if isinstance(statement, Apply) else "a stated policy"
            yield _beside(f"adds nothing: {why}", print_statement(statement))


def _term(region: Region, term: Term, number: int, observed: str) -> Iterator[str]:
    fixed = {slot: _value(slot) for slot in (region.network.inputs if region.network else ())}
    h = region.asks if term.exact else f"h{number}"
    where = "" if term.data == observed else f" ; {term.data}"
    if term.ratio is None:
        body = f"{h} - E[{h}{where}]"
    else:
        given = f" | {spelled_all(term.given)}" if term.given else ""
        inner = f"{h} - E[{h}{given}{where}]"
        body = inner if term.ratio.is_one else f"{_ratio(term.ratio, fixed, observed)} ({inner})"
    why = f", {ZERO}" if isinstance(term.statement, Draw) else ""
    yield _beside(f"R({term.data}) += {body}", f"{print_statement(term.statement)}{why}")
    if not term.exact:
        read = [*(f"{spelled(s)}" for s in (*term.slots, *term.inputs) if s not in fixed)]
        yield f"  {h} = E[{region.asks} | {', '.join(read)} ; {region.name}]"


def _beside(text: str, comment: str) -> str:
    return f"{text.ljust(_COMMENT_COLUMN)}  # {comment}"


def _ratio(ratio: Ratio, fixed: Mapping[str, str], observed: str) -> str:
    ones = [f"1[{', '.join(f'{spelled(s)} = {fixed.get(s, s)}' for s in ratio.fixed)}]"] if ratio.fixed else []
    above = " ".join([*ones, *(c.shown(fixed, observed) for c in ratio.numerator)]) or "1"
    below = [c.shown({}, observed) for c in ratio.denominator]
    if not below:
        return above
    denominator = " ".join(below)
    return f"{above} / {denominator if len(below) == 1 else f'({denominator})'}"


def _weighing(region: Region, weighing: Weighing, observed: str) -> Iterator[str]:
    """What a law by weights adds: the weighted rows, less what the models of the weights explain of them."""
    asked, rows = region.asks, weighing.data
    yield f"W = {' '.join(_over(*each, observed) for each in weighing.weights) or '1'}, scaled to mean 1"
    yield f"C = W ({asked} - E[{asked} ; {region.name}])"
    yield f"R({rows}) += C"
    for (_, model), name in zip(weighing.weights, weighing.models, strict=True):
        both, given = (_mean("C", of, rows, observed) for of in ((*model.targets, *model.given), model.given))
        yield _beside(f"R({model.data}) -= {_moved(model, rows, observed, f'{both} - {given}')}", name)
    for policy, _ in weighing.weights:
        if policy.policy:
            continue
        shown = policy.shown({}, observed)
        why = f"{spelled_all(policy.targets)} ~ {shown}, {ZERO}"
        own = Chance(policy.targets, policy.given, data=rows)
        h = _mean("C", (*policy.targets, *policy.given), rows, observed)
        h = h if policy.data == rows else f"{_over(own, policy, observed)} {h}"
        if policy.given:
            inner = f"h - {_mean('h', policy.given, policy.data, observed)}"
            yield _beside(f"R({policy.data}) += {_moved(policy, rows, observed, inner)}", why)
            yield f"  h = {h}"
        else:
            yield _beside(f"R({policy.data}) += {h}", why)


def _over(above: Chance, below: Chance, observed: str) -> str:
    return f"{above.shown({}, observed)} / {below.shown({}, observed)}"


def _moved(model: Chance, rows: str, observed: str, what: str) -> str:
    """A residual times the ratio of the densities of a model's inputs in the weighted data set and in its own."""
    if model.data == rows or not model.given:
        return what
    return f"{_over(Chance(model.given, data=rows), Chance(model.given, data=model.data), observed)} ({what})"


def _mean(of: str, given: Sequence[str], data: str, observed: str) -> str:
    right = f" | {spelled_all(given)}" if given else ""
    return f"E[{of}{right}{'' if data == observed else f' ; {data}'}]"


def _value(slot: str) -> str:
    """How the value of a variable is called: x of X."""
    lower = slot.lower()
    return lower if lower != slot else f"{slot}*"
