"""Estimands as SymPy expressions, to print, compare, simplify and evaluate with SymPy's own means.

SymPy is optional: nothing here loads it before it is used.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING, Any

from idgen_compiler.errors import DataError, IdgenError
from idgen_compiler.estimand.formula import (
    Definition,
    Formula,
    Probability,
    Ratio,
    Sum,
    Times,
    Written,
    name_of,
)
from idgen_compiler.estimand.formulation import MOST_PROBABILITIES, FreeVariables, write_named, write_out
from idgen_compiler.estimand.nodes import Kernel
from idgen_compiler.estimand.notation import display_names
from idgen_compiler.estimand.tables import Joint
from idgen_compiler.estimand.tree import fold

if TYPE_CHECKING:
    import sympy

__all__ = ["evaluate_sympy", "probability_class", "to_sympy", "to_sympy_laws"]


def to_sympy(
    kernel: Kernel,
    *,
    joint: bool = False,
    free: FreeVariables = "keep",
    limit: int = MOST_PROBABILITIES,
    reserved: Iterable[str] = (),
) -> sympy.Expr:
    """The kernel as one SymPy expression.

    A value of X is the symbol `x` (a bound one may be `x'`), the states of X are 0, ..., n_X - 1 with the symbol `n_X`,
    a sum is a `sympy.Sum` over them, and a probability is a SymPy function of the values (`probability_class`). So
    `expr.subs({Symbol("n_X"): 2, ...}).doit()` writes the sums out, and `expr.as_dummy() == other.as_dummy()` compares
    two expressions up to the names of bound variables. With `joint`, P(y | x) is written P(x, y) / P(x), so that SymPy
    cancels what the two sides share. `free` says what becomes of variables whose value does not matter: they stay
    symbols of the expression, for which any state may be put, or are summed with their observed law.

    Raises IdgenError when SymPy is not installed, or when the expression would hold more than `limit` probabilities
    (`to_sympy_laws` stays small then).
    """
    writer = _Writer(joint)
    return writer.equations(write_out(kernel, limit=limit, reserved=reserved, free=free))[0][1]


def to_sympy_laws(
    kernel: Kernel, *, joint: bool = False, free: FreeVariables = "keep", reserved: Iterable[str] = ()
) -> tuple[list[tuple[sympy.Expr, sympy.Expr]], sympy.Expr]:
    """The kernel with its sub-laws named: pairs (Q1(y, z | x), its expression), outer ones first, and the answer.

    Like the result of `sympy.cse`, linear in the size of the kernel; a sub-law's conditional appears as Q1(y | x, z).
    Raises IdgenError when SymPy is not installed.
    """
    (_, answer), *laws = _Writer(joint).equations(write_named(kernel, reserved=reserved, free=free))
    return laws, answer


def evaluate_sympy(expression: sympy.Expr, joint: Joint, values: Mapping[str, int]) -> sympy.Rational:
    """The number that an expression of `to_sympy` is on a joint, with `values` for its free symbols (such as `x`).

    Every step is SymPy's: states are substituted, sums done, and probabilities replaced by numbers.
    Raises DataError when a free symbol has no value or the joint lacks a variable.
    """
    sympy = _sympy()
    states = {sympy.Symbol(f"n_{name}"): size for name, size in joint.sizes.items()}
    expression = sympy.sympify(expression).subs(states).doit()
    expression = expression.subs({sympy.Symbol(symbol): state for symbol, state in values.items()})
    if expression.free_symbols:
        missing = ", ".join(sorted(map(str, expression.free_symbols)))
        raise DataError(f"no value for {missing}; give every free symbol a state, as in values={{'x': 0}}")

    @cache
    def marginal(states: frozenset[tuple[str, int]]) -> Any:
        at = dict(states)
        table = joint.marginal(at)
        for name, state in at.items():
            if not 0 <= state < joint.sizes[name]:
                raise DataError(f"{name} has no state {state}; its states are 0, ..., {joint.sizes[name] - 1}")
        value = Fraction(table.values[tuple(at[axis] for axis in table.axes)])
        return sympy.Rational(value.numerator, value.denominator)

    def number(law: Any, targets: Any, given: Any) -> Any:
        if str(law) != "P":
            raise DataError(f"{law} is no function of the joint; evaluate the expression that `to_sympy` gives")
        pairs = frozenset((str(name), int(value)) for name, value in (*targets, *given))
        condition = frozenset((str(name), int(value)) for name, value in given)
        return marginal(pairs) / marginal(condition)

    return expression.replace(probability_class(), number)


def _sympy() -> Any:
    try:
        import sympy
    except ImportError:
        raise IdgenError("SymPy is not installed; pip install 'idgen-compiler[verify]'") from None
    return sympy


@cache
def probability_class() -> Any:
    """The SymPy function that stands for a probability, a class made when first asked for, since SymPy is optional.

    Its arguments are the law's name, the targets and the given variables, each variable as a pair of its name and its
    value, sorted by name: P(x, y) and P(y, x) are the same, and after x is replaced by 1 it still says P(X=1, y).
    Probabilities are positive reals.
    """
    sympy = _sympy()
    function: Any = sympy.Function
    printer_class: Any = sympy.printing.StrPrinter

    class Probability(function):  # type: ignore[misc]
        nargs = 3
        is_positive = True

        @classmethod
        def eval(cls, law: Any, targets: Any, given: Any) -> Any:
            ordered = [sympy.Tuple(*sorted(side, key=lambda pair: str(pair[0]))) for side in (targets, given)]
            return None if ordered == [targets, given] else cls(law, *ordered)

        def _eval_derivative(self, s: Any) -> Any:
            # Values are states, not numbers: nothing can be differentiated, though SymPy asks when it compares.
            return sympy.Derivative(self, s, evaluate=False) if s in self.free_symbols else sympy.S.Zero

        def _written(self, printer: Any, bar: str, equals: str) -> str:
            law, *sides = self.args
            if bar == r"\mid" and str(law) != "P":
                law = f"{str(law)[0]}_{{{str(law)[1:]}}}"
            texts = [", ".join(_state(printer, name, value, equals) for name, value in side) for side in sides]
            return f"{law}({f' {bar} '.join(text for text in texts if text)})"

        def _sympystr(self, printer: Any, *_: Any) -> str:
            return self._written(printer, "|", "=")

        def _latex(self, printer: Any, exp: str | None = None) -> str:
            text = self._written(printer, r"\mid", " = ")
            return text if exp is None else rf"{text}^{{{exp}}}"

        def _pretty(self, printer: Any, *_: Any) -> Any:
            from sympy.printing.pretty.stringpict import prettyForm

            return prettyForm(self._written(_PlainPrinter(), "|", "="))

    class _PlainPrinter(printer_class):  # type: ignore[misc]
        """Values inside a pretty-printed probability stand on one line."""

    return Probability


def _state(printer: Any, name: Any, value: Any, equals: str) -> str:
    """A variable at a value: the bare symbol where it is named after the variable, otherwise X=1."""
    text = printer._print(value)
    named_after = value.is_Symbol and name_of(value.name) in (str(name), str(name).lower())
    return str(text) if named_after else f"{name}{equals}{text}"


class _Writer:
    """Formulas to SymPy, with one symbol for each variable."""

    def __init__(self, joint: bool) -> None:
        self.sympy = _sympy()
        self.probability = probability_class()
        self.joint = joint

    def equations(self, written: Written) -> list[tuple[Any, Any]]:
        """Pairs (left side, right side), the answer first."""
        definitions = (written.main, *written.laws)
        names = {name_of(v) for d in definitions for v in _mentioned(d)}
        self.shown = display_names(names)
        return [(self.atom(d.law, d.targets, d.inputs), self.term(d.body)) for d in definitions]

    def term(self, root: Formula) -> Any:
        return fold(root, self.visit)

    def visit(self, term: Formula, values: Mapping[Formula, Any]) -> Any:
        match term:
            case Probability(targets, given, _, policy) if policy:
                return self.atom(0, targets, given, policy)
            case Probability(targets, given, law):
                if self.joint and not law and given:
                    return self.atom(0, (*targets, *given), ()) / self.atom(0, given, ())
                return self.atom(law, targets, given)
            case Sum(over, body):
                return self.sympy.Sum(values[body], *(self.range(v) for v in over))
            case Times(factors):
                return self.sympy.Mul(*(values[f] for f in factors))
            case Ratio(above, below):
                return values[above] / values[below]
        raise TypeError(f"no SymPy expression for {type(term).__name__}")

    def atom(self, law: int, targets: Iterable[str], given: Iterable[str], policy: str = "") -> Any:
        sides = [self.sympy.Tuple(*(self.pair(v) for v in side)) for side in (targets, given)]
        return self.probability(self.word(policy or (f"Q{law}" if law else "P")), *sides)

    def pair(self, variable: str) -> Any:
        return self.sympy.Tuple(self.word(name_of(variable)), self.symbol(variable))

    def word(self, text: str) -> Any:
        from sympy.core.symbol import Str

        return Str(text)

    def symbol(self, variable: str) -> Any:
        name = name_of(variable)
        return self.sympy.Symbol(self.shown[name] + variable[len(name) :])

    def range(self, variable: str) -> tuple[Any, Any, Any]:
        return (self.symbol(variable), 0, self.sympy.Symbol(f"n_{name_of(variable)}") - 1)


def _mentioned(definition: Definition) -> Iterable[str]:
    """The variables of an equation, the bound ones included."""
    yield from (*definition.targets, *definition.inputs)
    stack = [definition.body]
    while stack:
        term = stack.pop()
        if isinstance(term, Probability):
            yield from (*term.targets, *term.given)
        stack.extend(term.parts)
