"""Estimands as MathML, which browsers set as mathematics and screen readers read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from idgen_compiler.estimand.formula import Formula, Probability, Sum, name_of
from idgen_compiler.estimand.formulation import write_named
from idgen_compiler.estimand.nodes import Kernel
from idgen_compiler.estimand.notation import INDEXED, READABLE, Notation, display_names

__all__ = ["to_mathml"]

_SPACE = '<mspace width="0.22em"/>'


def to_mathml(kernel: Kernel, *, limit: int = READABLE, reserved: Iterable[str] = ()) -> str:
    """The kernel as one `<math>` element; its formulas are those of `to_text`, one line for each named sub-law.

    >>> import idgen_compiler as idgen
    >>> estimand = idgen.identify(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("X -> Y")).estimand
    >>> to_mathml(estimand.kernel).count("<mi>")
    3
    """
    return _MathML().document(write_named(kernel, limit=limit, reserved=reserved))


class _MathML(Notation):
    bar = '<mo lspace="0.25em" rspace="0.25em">|</mo>'

    def symbols_of(self, variables: Iterable[str]) -> dict[str, str]:
        variables = tuple(variables)
        shown = display_names(map(name_of, variables))
        return {v: _symbol(shown[name_of(v)], len(v) - len(name_of(v))) for v in variables}

    def lines(self, equations: Sequence[str]) -> str:
        if len(equations) == 1:
            inside = f"<mrow>{equations[0]}</mrow>"
        else:
            answer, *laws = equations
            rows = [answer, *(f"<mtext>where&#160;</mtext>{law}" for law in laws)]
            cells = (f'<mtr><mtd style="text-align:left">{row}</mtd></mtr>' for row in rows)
            inside = f'<mtable columnalign="left" displaystyle="true">{"".join(cells)}</mtable>'
        return f'<math xmlns="http://www.w3.org/1998/Math/MathML" display="block">{inside}</math>'

    def names(self, variables: Sequence[str]) -> str:
        return '<mo separator="true">,</mo>'.join(self.symbols[v] for v in variables)

    def visit(self, term: Formula, texts: dict[Formula, str]) -> str:  # type: ignore[override]
        if isinstance(term, Probability):
            condition = f"{self.bar}{self.names(term.given)}" if term.given else ""
            head = self.policy(term.policy) if term.policy else self.law(term.law)
            return f"<mrow>{head}{_bracketed(self.names(term.targets) + condition)}</mrow>"
        return super().visit(term, texts)

    def law(self, number: int) -> str:
        return f"<msub><mi>Q</mi><mn>{number}</mn></msub>" if number else "<mi>P</mi>"

    def policy(self, name: str) -> str:
        return "<mi>\u03c0</mi>" if name == "pi" else _symbol(name, 0)

    def do(self, names: str) -> str:
        return f'<mi mathvariant="normal">do</mi>{_bracketed(names)}'

    def note(self, free: Sequence[str]) -> str:
        return f"<mspace width='1em'/><mtext>for any&#160;</mtext>{self.names(free)}" if free else ""

    def sum_sign(self, over: Sequence[str]) -> str:
        return f"<munder><mo>\u2211</mo><mrow>{self.names(over)}</mrow></munder>"

    def join(self, factors: Iterable[str]) -> str:
        return f"<mrow>{_SPACE.join(factors)}</mrow>"

    def factor(self, term: Formula, text: str, *, last: bool) -> str:
        return _bracketed(text, "[", "]") if isinstance(term, Sum) and not last else text

    def fraction(self, above: Formula, upper: str, below: Formula, lower: str) -> str:
        return f"<mfrac><mrow>{upper}</mrow><mrow>{lower}</mrow></mfrac>"


def _bracketed(inside: str, left: str = "(", right: str = ")") -> str:
    return f'<mo fence="true">{left}</mo>{inside}<mo fence="true">{right}</mo>'


def _symbol(text: str, primes: int) -> str:
    """A variable: an index for trailing digits, one word for several letters, primes above."""
    indexed = INDEXED.fullmatch(text)
    stem = f"<mi>{escape(indexed['stem'] if indexed else text)}</mi>"
    index = f"<mn>{indexed['index']}</mn>" if indexed else ""
    raised = "<mo>" + "\u2032" * primes + "</mo>"
    if index and primes:
        return f"<msubsup>{stem}{index}{raised}</msubsup>"
    if index:
        return f"<msub>{stem}{index}</msub>"
    return f"<msup>{stem}{raised}</msup>" if primes else stem
