"""A program as a user holds it: what `ir.Program` is, with the ways to fit it and to draw it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, ClassVar

from idgen_compiler import ir
from idgen_compiler.adjoint import Adjoint
from idgen_compiler.errors import DataError
from idgen_compiler.forms.markup import Markup, details, joined, tag
from idgen_compiler.hinge.backend import Sampler, find_backend
from idgen_compiler.ir.alternatives import Alternatives
from idgen_compiler.ir.drawing.dot import print_dot
from idgen_compiler.ir.drawing.mermaid import print_mermaid
from idgen_compiler.ir.drawing.svg import draw_program

__all__ = ["Program"]


class Program(ir.Program):
    """A compiled query: operations that train models, realize laws and sample; see `ir.Program`.

    >>> import idgen_compiler as idgen
    >>> program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("Z -> X -> Y; Z -> Y"))
    >>> idgen.Program.parse(str(program)) == program
    True
    """

    search: ClassVar[Callable[[ir.Program], Alternatives]] = lambda program: _searched(program)
    """What finds equal programs; the compiler, which stands above its programs, puts itself here."""

    def fit(self, data: Any, backend: str = "torch", **options: Any) -> Sampler:
        """Train the program's models on data and return the sampler.

        `data` and `options` are the backend's: "exact" takes a `Joint`, "torch" a table (see `idgen_torch`).
        Raises DataError for data that does not fit, IdgenError for an unknown backend.
        """
        return find_backend(backend).fit(self.check(), data, **options)

    def plan(self, data: Any, backend: str = "torch", **options: Any) -> Any:
        """What a fit with these options would take from its store, and what it would make; nothing is made.

        `options` are those of `fit`, `store` among them. Raises DataError as `fit` does, and for a backend that keeps
        nothing.
        """
        plan = getattr(find_backend(backend), "plan", None)
        if plan is None:
            raise DataError(f"the backend {backend!r} keeps nothing in a store, so that there is nothing to plan")
        return plan(self.check(), data, **options)

    def adjoint(self) -> Adjoint:
        """The program read backwards: the influence function of the numbers that it answers with, to print and to run.

        >>> import idgen_compiler as idgen
        >>> program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("Z -> X -> Y; Z -> Y"))
        >>> print(program.adjoint())
        influence "P(Y | do(X))" {
          sample (X = x): f of Y {
            R(%obs) += 1[X = x] / P(X | Z) (f - E[f | Z, X])                  # Y ~ %m0(Z, X)
            R(%obs) += h1 - E[h1]                                             # Z ~ rows %obs
              h1 = E[f | Z ; sample]
          }
          phi = R(%obs) - E[R(%obs)]
        }
        """
        return Adjoint(self.check())

    @property
    def alternatives(self) -> Alternatives:
        """This program, and others that have the same answer on every law of its graph; prints as a table.

        They differ in their errors on a finite table: `sampler.alternatives()` has these. What is searched, and what
        bounds it: `idgen_compiler.compile.alternatives`, which also finds programs on what this one's graph leaves out.

        >>> import idgen_compiler as idgen
        >>> program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("Z -> X -> Y; Z -> Y; W -> Y"))
        >>> print(program.alternatives)
           form                     models  inputs  regenerated  reweighted  columns
        0  as it is                 1       2       0            0           3
        1  -O0                      3       3       0            0           4
        2  literal, passes of -O2   1       3       0            0           4
        3  Collapse, passes of -O0  2       2       0            0           3
        """
        return type(self).search(self)

    def to_dot(self) -> str:
        """The dataflow of data sets, models and sampling networks in DOT, the language of Graphviz."""
        return print_dot(self.name, self.operations)

    def to_svg(self) -> str:
        """The operations from left to right as a picture; no other program draws it."""
        return draw_program(self)

    def _repr_html_(self) -> str:
        return joined([Markup(self.to_svg()), details("as text", tag("pre", self))])

    def to_mermaid(self) -> str:
        """The dataflow of data sets, models and sampling networks as a Mermaid flowchart."""
        return print_mermaid(self.operations)


def _searched(program: ir.Program) -> Alternatives:
    """Equal programs by the compiler, once the front door has brought it."""
    getattr(sys.modules[__package__], "compile")  # noqa: B009 - who came by a side door has no compiler yet
    return Program.search(program) if Program.search is not _ALONE else Alternatives.alone(program)


_ALONE = Program.search
