"""The trace of an identification: a tree of the problems solved, each with the line that solved it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from idgen_compiler.estimand.construction import conditionals
from idgen_compiler.estimand.nodes import Kernel, Law
from idgen_compiler.forms.markup import Markup, joined, tag
from idgen_compiler.forms.spelling import spelled, spelled_all
from idgen_compiler.graph.admg import ADMG
from idgen_compiler.graph.drawing.svg import draw_admg

__all__ = ["Factors", "Problem", "Step"]

Factors = Callable[[Law, ADMG, int], list[Kernel]]
"""(law, the part of its graph that the recursion has arrived at, vertices) -> P(v | predecessors) for each of these."""

TITLES = {
    "IDC": "move a condition into do(...)",
    "ratio": "condition on what is left",
    1: "no intervention: marginal of the law",
    2: "drop non-ancestors of the outcomes",
    3: "intervene on what cannot matter",
    4: "split into districts",
    5: "hedge: not identifiable",
    6: "intervening is conditioning",
    "policy": "draw by policies",
    7: "fix what lies outside the district, go on in the new law",
}


SHOWN, _DRAWN = 40, 6
"""So many steps are shown in a notebook, and so many levels of them are drawn."""


@dataclass(frozen=True, slots=True)
class Problem:
    """P(y | do(x), z) in a law Markov to `graph`: the arguments of one call of ID or IDC, as bitsets."""

    y: int
    x: int
    law: Law
    graph: ADMG
    z: int = 0
    factors: Factors = conditionals  #: what makes P(v | predecessors) in a law for each vertex of a bitset

    def smaller(self, y: int, x: int, law: Law, graph: ADMG, z: int = 0) -> Problem:
        """A problem that comes up while this one is solved."""
        return Problem(y, x, law, graph, z, self.factors)

    def __str__(self) -> str:
        names = self.graph.names
        do = [f"do({spelled_all(names(self.x))})"] if self.x else []
        right = ", ".join((*do, *map(spelled, names(self.z))))
        return f"P({spelled_all(names(self.y))}{' | ' if right else ''}{right})"


@dataclass(slots=True)
class Step:
    """One call: its problem, the line of the algorithm that answered it, the calls that this made, and the answer.

    `line` is 1 to 7 for ID, "IDC" and "ratio" for the two branches of IDC, "policy" where treatments are drawn.
    `moved` are the vertices that the line is about: dropped (2), added to the intervention (3), the districts' union
    (4), fixed (7), moved into do(...) (IDC), drawn (policy).
    """

    problem: Problem
    line: int | str = 0
    moved: int = 0
    steps: list[Step] = field(default_factory=list)
    kernel: Kernel = field(init=False)  #: set when the call is answered

    @property
    def title(self) -> str:
        """What the line does, in words."""
        return TITLES.get(self.line, "")

    @property
    def names(self) -> tuple[str, ...]:
        """The names of `moved`."""
        return self.problem.graph.names(self.moved)

    def walk(self) -> Iterator[tuple[int, Step]]:
        """Every step below with its depth, in the order of the calls; no recursion."""
        stack = [(0, self)]
        while stack:
            depth, step = stack.pop()
            yield depth, step
            stack.extend((depth + 1, child) for child in reversed(step.steps))

    @property
    def lines(self) -> tuple[int | str, ...]:
        """The lines visited, in the order of the calls."""
        return tuple(step.line for _, step in self.walk())

    def __str__(self) -> str:
        return "\n".join("  " * depth + step.describe() for depth, step in self.walk())

    @property
    def marks(self) -> dict[str, str]:
        """Vertex -> what it is in this step, for pictures: moved, outcome, treatment or condition."""
        names, problem = self.problem.graph.names, self.problem
        roles = {"condition": problem.z, "treatment": problem.x, "outcome": problem.y, "moved": self.moved}
        return {name: role for role, mask in roles.items() for name in names(mask)}

    def _repr_html_(self) -> str:
        steps = [
            tag(
                "li",
                tag("div", tag("code", step.describe())),
                Markup(draw_admg(step.problem.graph, step.marks)) if depth < _DRAWN else "",
                style=f"margin-left: {min(depth, 8)}em",
            )
            for depth, step in list(self.walk())[:SHOWN]
        ]
        rest = sum(1 for _ in self.walk()) - SHOWN
        return tag("ol", joined(steps), tag("p", f"... {rest} more steps") if rest > 0 else "")

    def describe(self) -> str:
        """One line: the algorithm's line, the problem, what was done about it and where."""
        graph = self.problem.graph
        fixed = self.problem.law.inputs
        law = f" in P({spelled_all(graph.order)}{' ; do(' + spelled_all(fixed) + ')' if fixed else ''})"
        name = f"line {self.line}" if isinstance(self.line, int) else self.line
        return f"{name}: {self.problem}{law}: {self._done()}"

    def _done(self) -> str:
        moved, graph = spelled_all(self.names), self.problem.graph
        match self.line:
            case 2:
                return f"{self.title}: {moved}"
            case 3:
                return f"{self.title}: any value of {moved}"
            case 4:
                districts = (graph.names(step.problem.y) for step in self.steps)
                return f"{self.title} {' '.join('{' + spelled_all(d) + '}' for d in districts)}"
            case 7:
                return f"{self.title}: do({moved})"
            case "policy":
                return f"{self.title}: {moved}"
            case "IDC":
                return f"{self.title}: {moved} (do-calculus, rule 2)"
        return self.title
