"""The kernel algebra: what an estimand is made of.

A kernel q(targets | inputs) is a family of distributions over its targets, one for each value of its inputs.
Nodes are immutable and shared: building an equal node again gives the same object, so equality is identity, and
nested laws stay linear in size where written-out formulas explode.

Variables are scoped as in any calculus with bound variables: the `over` of a `Marginal` or `Free` and everything of a
law under a `Conditional` are bound inside it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import MISSING, dataclass, fields
from functools import cached_property
from itertools import chain
from typing import Annotated, Any, cast
from weakref import WeakValueDictionary

from idgen_compiler.errors import IdgenError
from idgen_compiler.estimand.tree import FieldRole, Tree
from idgen_compiler.graph.admg import ADMG

__all__ = [
    "Bound",
    "Conditional",
    "Free",
    "Intervened",
    "Kernel",
    "Law",
    "Marginal",
    "Names",
    "Observed",
    "Product",
    "Renamed",
]

Names = tuple[str, ...]


class EstimandError(IdgenError):
    """A node that would not be a kernel."""


class _Shared(type):
    """Building a node with the fields of a living one returns that one (hash-consing)."""

    _living: WeakValueDictionary[tuple[Any, ...], Kernel] = WeakValueDictionary()
    _declared: dict[type, tuple[tuple[str, Any], ...]] = {}

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        declared = _Shared._declared.get(cls)
        if declared is None:
            declared = _Shared._declared[cls] = tuple((f.name, f.default) for f in fields(cast(Any, cls)) if f.init)
        if kwargs or len(args) < len(declared):  # a field that is left out is there, so that one node has one key
            rest = tuple((name, kwargs.get(name, default)) for name, default in declared[len(args) :])
            if any(value is MISSING for _, value in rest) or not kwargs.keys() <= {name for name, _ in rest}:
                return super().__call__(*args, **kwargs)  # which says what is missing, or unknown
            args = (*args, *(value for _, value in rest))
        if isinstance(args[0], ADMG):
            # Equal graphs may number their vertices differently, and a node's bitsets are those of its own graph.
            key = (cls, args[0].mask, args[0].key, *args[1:])
        else:
            key = (cls, *args)
        found = _Shared._living.get(key)
        if found is None:
            found = super().__call__(*args)
            _Shared._living[key] = found
        return found


@dataclass(frozen=True, eq=False, repr=False)
class Kernel(Tree["Kernel"], metaclass=_Shared):
    """A node: `targets` and `inputs` are disjoint, each without repetition."""

    @property
    def targets(self) -> Names:
        """The variables of the distributions, in a fixed order."""
        raise NotImplementedError

    @property
    def inputs(self) -> Names:
        """The variables that index the family, in a fixed order."""
        raise NotImplementedError

    def __reduce__(self) -> tuple[Any, ...]:
        # Built again through the class, so that copies and what comes from another process are shared like any node.
        return type(self), tuple(getattr(self, f.name) for f in fields(self) if f.init)

    @cached_property
    def _scopes(self) -> tuple[frozenset[str], frozenset[str]]:
        """The targets, and the targets with the inputs."""
        made = frozenset(self.targets)
        return made, made.union(self.inputs)

    @property
    def scope(self) -> frozenset[str]:
        """The targets and the inputs."""
        return self._scopes[1]

    def __str__(self) -> str:
        """A short label such as P(Y | X ; do(W2)); the formula is `notation`'s to print."""
        given = f" | {', '.join(self.inputs)}" if self.inputs else ""
        return f"P({', '.join(self.targets)}{given})"

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self}>"


@dataclass(frozen=True, eq=False, repr=False)
class Law(Kernel):
    """A kernel over all random vertices of a CADMG given its fixed ones."""

    @property
    def graph(self) -> ADMG:
        """The CADMG that the law is Markov to."""
        raise NotImplementedError

    @cached_property
    def targets(self) -> Names:
        """The random vertices, in topological order."""
        return self.graph.names(self.graph.random_mask)

    @cached_property
    def inputs(self) -> Names:
        """The fixed vertices, in topological order."""
        return self.graph.names(self.graph.fixed_mask)

    def __str__(self) -> str:
        do = f" ; do({', '.join(self.inputs)})" if self.inputs else ""
        return f"P({', '.join(self.targets)}{do})"


@dataclass(frozen=True, eq=False, repr=False)
class Observed(Law):
    """P(V): the observational law of a graph without fixed vertices; `source` names its data among several.

    `unobserved` are vertices that the data have no column for, and `bound` those whose conditional somebody brings, so
    that no rows may stand for it. Both are sorted.
    """

    over: ADMG
    source: str = ""
    unobserved: Names = ()
    bound: Names = ()

    @property
    def graph(self) -> ADMG:
        """The ADMG of the law."""
        return self.over


@dataclass(frozen=True, eq=False, repr=False)
class Bound(Observed):
    """The law that a bound kernel P(target | inputs) is a conditional of, and that nobody knows anything else of.

    Its graph has an edge from each input to the target and nothing else: that is all that may be said of such a kernel,
    so that no rewrite takes it apart, leaves an input out or puts another conditional in its place. A `function` gives
    one value for each value of its inputs. With a `fallback` the conditional is learned from the data all the same, for
    the kernel to ask where it has no answer of its own.
    """

    function: bool = False
    fallback: bool = False

    @classmethod
    def kernel(
        cls, target: str, inputs: Iterable[str], *, function: bool = False, fallback: bool = False
    ) -> Conditional:
        """The bound P(target | inputs), as a node of an estimand."""
        given = tuple(sorted(inputs))
        graph = ADMG([(name, target) for name in given], nodes=[*given, target])
        return Conditional(cls(graph, function=function, fallback=fallback), (target,), given)


@dataclass(frozen=True, eq=False, repr=False)
class Conditional(Kernel):
    """The conditional of a kernel: `of`(targets | given), everything else in `of` summed out.

    Inputs of `of` that are not in `given` do not matter to the conditional; any value may be used for them.
    """

    of: Kernel
    to: Names  #: the targets, in topological order
    given: Annotated[Names, FieldRole.READ]

    def __post_init__(self) -> None:
        made, scope = self.of._scopes
        for name in self.to:
            if name not in made:
                raise EstimandError(f"{name} is no target of {self.of!r}, so it has no conditional there")
        if not self.to or not scope.issuperset(self.given) or not set(self.to).isdisjoint(self.given):
            clash = [n for n in self.given if n not in scope or n in self.to]
            raise EstimandError(f"cannot condition {self.of!r} on {', '.join(clash) or 'nothing to predict'}")

    @property
    def targets(self) -> Names:
        """The targets."""
        return self.to

    @cached_property
    def masks(self) -> tuple[int, int]:
        """The targets and what is conditioned on, as bitsets of the graph of the law and of those that it came from.

        Raises EstimandError for the conditional of a kernel that is no law.
        """
        if not isinstance(self.of, Law):
            raise EstimandError(f"{self.of!r} has no graph, so that {self!r} has no bitsets")
        return self.of.graph.mask_of(self.to), self.of.graph.mask_of(self.given)

    @property
    def inputs(self) -> Names:
        """What is conditioned on."""
        return self.given

    def __str__(self) -> str:
        fixed = self.of.inputs
        given = [n for n in self.given if n not in fixed]
        right = f" | {', '.join(given)}" if given else ""
        do = f" ; do({', '.join(fixed)})" if fixed else ""
        return f"P({', '.join(self.to)}{right}{do})"


@dataclass(frozen=True, eq=False, repr=False)
class Product(Kernel):
    """The product of kernels with disjoint targets; what one factor needs and another has as target is bound to it."""

    factors: tuple[Kernel, ...]

    def __post_init__(self) -> None:
        _made_by(self.factors)

    @cached_property
    def targets(self) -> Names:
        """The targets of all factors."""
        return _made_by(self.factors)

    @cached_property
    def inputs(self) -> Names:
        """What some factor needs and no factor makes."""
        made = set(self.targets)
        return tuple(n for n in dict.fromkeys(chain.from_iterable(f.inputs for f in self.factors)) if n not in made)


@dataclass(frozen=True, eq=False, repr=False)
class Marginal(Kernel):
    """Sum or integral of `body` over some of its targets."""

    body: Kernel
    over: Names  #: never empty, always among body.targets

    def __post_init__(self) -> None:
        over = set(self.over)
        if not over or not over < set(self.body.targets):
            raise EstimandError(f"cannot sum {self.body!r} over {', '.join(self.over) or 'nothing'}")

    @cached_property
    def targets(self) -> Names:
        """The targets that remain."""
        over = set(self.over)
        return tuple(t for t in self.body.targets if t not in over)

    @property
    def inputs(self) -> Names:
        """The inputs of the body."""
        return self.body.inputs


@dataclass(frozen=True, eq=False, repr=False)
class Free(Kernel):
    """`body`, which does not depend on its inputs `over`: any value may be taken for them (a Verma constraint).

    Line 3 of ID adds such variables to the intervention. Evaluated, the body is averaged over them evenly; lowered,
    they are drawn from a policy.
    """

    body: Kernel
    over: Annotated[Names, FieldRole.SOME]  #: never empty, always among body.inputs

    def __post_init__(self) -> None:
        over = set(self.over)
        if not over or not over <= set(self.body.inputs):
            raise EstimandError(f"{', '.join(self.over) or 'nothing'} cannot be free in {self.body!r}")

    @property
    def targets(self) -> Names:
        """The targets of the body."""
        return self.body.targets

    @cached_property
    def inputs(self) -> Names:
        """The inputs that matter."""
        over = set(self.over)
        return tuple(i for i in self.body.inputs if i not in over)


@dataclass(frozen=True, eq=False, repr=False)
class Intervened(Law):
    """A law after an intervention: the product of `factors`, kernels computed from `law`, with `do` now fixed.

    After line 7 of ID the targets are a district S' and the factors conditionals of `law`; under a conditional query
    they are the ancestors of what is asked, and the factors what ID answers for them. The CADMG has the targets
    random, and `do` and the law's earlier fixed vertices fixed.
    """

    law: Annotated[Law, FieldRole.ORIGIN]
    do: Names
    factors: tuple[Kernel, ...]

    def __post_init__(self) -> None:
        targets = _made_by(self.factors)
        missing = set().union(*(f.inputs for f in self.factors)).difference(targets, self.do, self.law.inputs)
        if missing:
            raise EstimandError(f"{', '.join(sorted(missing))} must be fixed in the law of {', '.join(targets)}")

    @cached_property
    def graph(self) -> ADMG:
        """The CADMG of the targets given what is fixed."""
        fixed = (*self.do, *self.law.inputs)
        targets = [t for factor in self.factors for t in factor.targets]
        return self.law.graph.subgraph((*targets, *fixed)).intervened(fixed)


@dataclass(frozen=True, eq=False, repr=False)
class Renamed(Kernel):
    """`body` with variables under other names, as bound variables get when sums move outwards (X becomes X')."""

    body: Kernel
    names: Annotated[tuple[tuple[str, str], ...], FieldRole.SOME]  #: (old, new), the old ones the body's

    def __post_init__(self) -> None:
        names = (*self.targets, *self.inputs)
        if not self.names or len(set(names)) < len(names):
            raise EstimandError(f"renaming {dict(self.names)} makes two variables of {self.body!r} one")

    @cached_property
    def targets(self) -> Names:
        """The targets under their new names."""
        new = dict(self.names)
        return tuple(new.get(t, t) for t in self.body.targets)

    @cached_property
    def inputs(self) -> Names:
        """The inputs under their new names."""
        new = dict(self.names)
        return tuple(new.get(i, i) for i in self.body.inputs)


def _made_by(factors: tuple[Kernel, ...]) -> Names:
    """The targets of all factors.  Raises EstimandError when two share one."""
    targets = tuple([t for f in factors for t in f.targets])
    if len(set(targets)) < len(targets):
        raise EstimandError(f"two factors share a target: {', '.join(targets)}")
    return targets
