"""The text form of an adjoint, for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from idgen_compiler.adjoint.chances import Chance, Ratio
from idgen_compiler.adjoint.terms import Region, Term, Weighing
from idgen_compiler.forms.spelling import spelled, spelled_all
from idgen_compiler.ir.text import print_statement

__all__ = ["print_adjoint"]

_COMMENT_COLUMN = 64


def print_adjoint(name: str, regions: Sequence[Region], observed: str) -> str:
    """Every residual, one a line, with the statement that it comes from."""
    lines = [f'influence "{name}" {{']
    for region in regions:
        lines += [f"  {line}" for line in _region(region, observed)]
    return "\n".join([*lines, f"  phi = R({observed}) - E[R({observed})]", "}"])


def _region(region: Region, observed: str) -> Iterator[str]:
    where = "sample" if region.name == "sample" else f"law {region.name}"
    yield f"{where}: {region.asks} of {spelled_all(region.outcomes)} {{"
    if region.weighing is not None:
        yield from (f"  {line}" for line in _weighing(region, region.weighing, observed))
    for number, term in enumerate(region.terms):
        yield from (f"  {line}" for line in _term(region, term, number, observed))
    yield "}"


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
    yield f"R({term.data}) += {body}".ljust(_COMMENT_COLUMN) + f"  # {print_statement(term.statement)}"
    if not term.exact:
        read = [*(f"{spelled(s)}" for s in (*term.slots, *term.inputs) if s not in fixed)]
        yield f"  {h} = E[{region.asks} | {', '.join(read)} ; {region.name}]"


def _ratio(ratio: Ratio, fixed: Mapping[str, str], observed: str) -> str:
    ones = [f"1[{', '.join(f'{spelled(s)} = {fixed.get(s, s)}' for s in ratio.fixed)}]"] if ratio.fixed else []
    above = " ".join([*ones, *(c.shown(fixed, observed) for c in ratio.numerator)]) or "1"
    below = [c.shown({}, observed) for c in ratio.denominator]
    if not below:
        return above
    denominator = " ".join(below)
    return f"{above} / {denominator if len(below) == 1 else f'({denominator})'}"


def _weighing(region: Region, weighing: Weighing, observed: str) -> Iterator[str]:
    def pair(policy: Chance, model: Chance) -> str:
        return f"{policy.shown({}, observed)} / {model.shown({}, observed)}"

    weights = " ".join(pair(*each) for each in weighing.weights) or "1"
    yield f"W = {weights}, scaled to mean 1"
    yield f"R({weighing.data}) += W ({region.asks} - E[{region.asks}])"
    for (_, model), name in zip(weighing.weights, weighing.models, strict=True):
        both = spelled_all((*model.targets, *model.given))
        given = f" | {spelled_all(model.given)}" if model.given else ""
        left = f"R({model.data}) -= E[W {region.asks} | {both}] - E[W {region.asks}{given}]"
        yield left.ljust(_COMMENT_COLUMN) + f"  # {name}"


def _value(slot: str) -> str:
    """How the value of a variable is called: x of X."""
    lower = slot.lower()
    return lower if lower != slot else f"{slot}*"
