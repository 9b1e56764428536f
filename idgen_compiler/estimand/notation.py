"""Estimands as a textbook writes them: plain text and LaTeX.

Values are in lower case, sums carry their bound variables, and those that would clash carry primes. The front-door
formula reads Σ_m P(m | x) Σ_x' P(x') P(y | m, x').
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

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
from idgen_compiler.estimand.formulation import write_named
from idgen_compiler.estimand.nodes import Kernel
from idgen_compiler.estimand.tree import fold
from idgen_compiler.forms.spelling import composed, spelled

__all__ = ["INDEXED", "READABLE", "Notation", "display_names", "to_latex", "to_text"]

READABLE = 16
"""A formula of at most this many probabilities is written out, a larger one with named sub-laws."""


def to_text(kernel: Kernel, *, limit: int = READABLE, reserved: Iterable[str] = ()) -> str:
    """The kernel in plain text, such as `Σ_z P(z) P(y | x, z)`.

    Of more than `limit` probabilities it goes on with one line `where Q1(y, z ; do(x)) = ...` for each sub-law, so
    that its length stays linear in the size of the kernel. `for any w2` after a formula says that every value of w2
    gives the same result. `reserved` are names with a meaning where the text will stand; sums do not bind them.
    """
    return _Text().document(write_named(kernel, limit=limit, reserved=reserved))


def to_latex(kernel: Kernel, *, limit: int = READABLE, reserved: Iterable[str] = ()) -> str:
    r"""The kernel in LaTeX for mathematics mode, such as `\sum_{z} P(z) \, P(y \mid x, z)`; see `to_text`.

    W1 becomes w_{1}, names of several letters are set upright as one word, underscores are escaped. With named
    sub-laws it is an `aligned` environment (amsmath), one line for each.
    """
    return _Latex().document(write_named(kernel, limit=limit, reserved=reserved))


def display_names(names: Iterable[str]) -> dict[str, str]:
    """The values' names: in lower case, unless that would make two variables one."""
    distinct = set(names)
    lower = {name: composed(name.lower()) for name in distinct}
    lowered = Counter(lower.values())
    return {name: lower[name] if lowered[lower[name]] == 1 else name for name in distinct}


class Notation(ABC):
    """What text, LaTeX and MathML share: which parts stand where, and which need brackets."""

    symbols: Mapping[str, str] = {}

    def document(self, written: Written) -> str:
        """All equations."""
        definitions = (written.main, *written.laws)
        self.symbols = self.symbols_of(_variables(definitions))
        return self.lines([self.definition(d) for d in definitions])

    def definition(self, definition: Definition) -> str:
        right = self.term(definition.body) + self.note(definition.free)
        if not definition.law:
            return right
        inputs = self.names(definition.inputs)
        fixed = self.do(inputs) if definition.fixed else inputs
        after = f" ; {fixed}" if inputs else ""
        return f"{self.law(definition.law)}({self.names(definition.targets)}{after}) = {right}"

    def term(self, root: Formula) -> str:
        return fold(root, self.visit)

    def visit(self, term: Formula, texts: Mapping[Formula, str]) -> str:
        match term:
            case Probability(targets, given, law, policy):
                condition = f" {self.bar} {self.names(given)}" if given else ""
                return f"{self.policy(policy) if policy else self.law(law)}({self.names(targets)}{condition})"
            case Sum(over, body):
                return f"{self.sum_sign(over)} {self.factor(body, texts[body], last=True)}"
            case Times(factors):
                last = len(factors) - 1
                return self.join(self.factor(f, texts[f], last=k == last) for k, f in enumerate(factors))
            case Ratio(above, below):
                return self.fraction(above, texts[above], below, texts[below])
        raise TypeError(f"no notation for {type(term).__name__}")

    def names(self, variables: Sequence[str]) -> str:
        symbols = self.symbols
        return ", ".join([symbols[v] for v in variables])

    bar: str

    @abstractmethod
    def symbols_of(self, variables: Iterable[str]) -> dict[str, str]:
        """What is printed for each variable."""

    @abstractmethod
    def lines(self, equations: Sequence[str]) -> str:
        """The answer, then the sub-laws."""

    @abstractmethod
    def law(self, number: int) -> str:
        """P, or the name of a sub-law."""

    @abstractmethod
    def policy(self, name: str) -> str:
        """The name of a policy's law."""

    @abstractmethod
    def do(self, names: str) -> str:
        """An intervention."""

    @abstractmethod
    def note(self, free: Sequence[str]) -> str:
        """The remark on variables whose value does not matter."""

    @abstractmethod
    def sum_sign(self, over: Sequence[str]) -> str:
        """The sign of a sum with its variables."""

    @abstractmethod
    def join(self, factors: Iterable[str]) -> str:
        """Factors side by side."""

    @abstractmethod
    def factor(self, term: Formula, text: str, *, last: bool) -> str:
        """The text of a factor, in brackets where it would run into the next."""

    @abstractmethod
    def fraction(self, above: Formula, upper: str, below: Formula, lower: str) -> str:
        """One text over another."""


class _Text(Notation):
    bar = "|"

    def symbols_of(self, variables: Iterable[str]) -> dict[str, str]:
        variables = tuple(variables)
        shown = display_names(map(name_of, variables))
        return {v: spelled(shown[name_of(v)] + v[len(name_of(v)) :]) for v in variables}

    def lines(self, equations: Sequence[str]) -> str:
        return "\nwhere ".join(equations)

    def law(self, number: int) -> str:
        return f"Q{number}" if number else "P"

    def policy(self, name: str) -> str:
        return name

    def do(self, names: str) -> str:
        return f"do({names})"

    def note(self, free: Sequence[str]) -> str:
        return f"  for any {self.names(free)}" if free else ""

    def sum_sign(self, over: Sequence[str]) -> str:
        names = self.names(over)
        return f"Σ_{names}" if len(over) == 1 and "_" not in names and '"' not in names else f"Σ_{{{names}}}"

    def join(self, factors: Iterable[str]) -> str:
        return " ".join(factors)

    def factor(self, term: Formula, text: str, *, last: bool) -> str:
        if isinstance(term, Ratio):
            return f"({text})"
        return f"[{text}]" if isinstance(term, Sum) and not last else text

    def fraction(self, above: Formula, upper: str, below: Formula, lower: str) -> str:
        upper = upper if isinstance(above, Probability) else f"[{upper}]"
        lower = lower if isinstance(below, Probability) else f"[{lower}]"
        return f"{upper} / {lower}"


class _Latex(Notation):
    bar = r"\mid"

    def symbols_of(self, variables: Iterable[str]) -> dict[str, str]:
        variables = tuple(variables)
        shown = display_names(map(name_of, variables))
        styled = {name: _latex_name(text) for name, text in shown.items()}
        clashing = Counter(styled.values())
        for name, text in shown.items():
            if clashing[styled[name]] > 1:  # X1 and X_1 would both be x with index 1
                styled[name] = _word(text)
        return {v: styled[name_of(v)] + v[len(name_of(v)) :] for v in variables}

    def lines(self, equations: Sequence[str]) -> str:
        if len(equations) == 1:
            return equations[0]
        answer, *laws = equations
        rows = [f"& {answer}", *(rf"& \text{{where }} {law}" for law in laws)]
        return "\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}"

    def law(self, number: int) -> str:
        return f"Q_{{{number}}}" if number else "P"

    def policy(self, name: str) -> str:
        return r"\pi" if name == "pi" else _latex_name(name)

    def do(self, names: str) -> str:
        return rf"\mathrm{{do}}({names})"

    def note(self, free: Sequence[str]) -> str:
        return rf" \quad \text{{for any }} {self.names(free)}" if free else ""

    def sum_sign(self, over: Sequence[str]) -> str:
        return rf"\sum_{{{self.names(over)}}}"

    def join(self, factors: Iterable[str]) -> str:
        return r" \, ".join(factors)

    def factor(self, term: Formula, text: str, *, last: bool) -> str:
        return rf"\left[ {text} \right]" if isinstance(term, Sum) and not last else text

    def fraction(self, above: Formula, upper: str, below: Formula, lower: str) -> str:
        return rf"\frac{{{upper}}}{{{lower}}}"


INDEXED = re.compile(r"(?P<stem>.*[^\W\d_])_?(?P<index>\d+)")


_LATEX = str.maketrans(
    {letter: "\\" + letter for letter in "_{}$&#% "} | {"\\": r"\backslash ", "^": r"\hat{\ }", "~": r"\sim "}
)


def _latex_name(text: str) -> str:
    """A variable's name in LaTeX: an index for trailing digits, one word for several letters."""
    indexed = INDEXED.fullmatch(text)
    if indexed is None:
        return _word(text)
    return f"{_word(indexed['stem'])}_{{{indexed['index']}}}"


def _word(text: str) -> str:
    escaped = text.translate(_LATEX)
    return escaped if len(text) == 1 and text == escaped else rf"\mathit{{{escaped}}}"


def _variables(definitions: Iterable[Definition]) -> dict[str, None]:
    """Every variable of the equations, in order of appearance."""
    seen: dict[str, None] = {}
    for definition in definitions:
        for names in (definition.targets, definition.inputs, definition.free):
            seen.update(dict.fromkeys(names))
        stack: list[Formula] = [definition.body]
        while stack:
            term = stack.pop()
            match term:
                case Probability(targets, given, _):
                    seen.update(dict.fromkeys(targets))
                    seen.update(dict.fromkeys(given))
                case Sum(over, _):
                    seen.update(dict.fromkeys(over))
            stack.extend(term.parts)
    return seen
