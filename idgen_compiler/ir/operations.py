"""The operations of a program and the statements of a network: what there is, and nothing about what is done with it.

Values are in SSA form: every operation defines one value, named `%...`, which is a data set or a model.
A *network* is a region: statements that fill *slots*. A slot is an instance of a variable, written with primes:
X, X', X'' are three instances of X.

What an operation `computes` is the sub-tree of the estimand (a sampler's is its query, and in a program that was read
all are texts): printed as a comment, ignored by equality.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from idgen_compiler.graph.names import variable_of

__all__ = [
    "UNIFORM",
    "Apply",
    "Draw",
    "Network",
    "Observe",
    "Operation",
    "Regenerate",
    "Reweight",
    "Rows",
    "Sample",
    "Statement",
    "Train",
    "variable_of",
]

UNIFORM = "uniform"
"""The policy that draws every category, or the observed range, evenly."""


@dataclass(frozen=True, slots=True)
class Draw:
    """`slot ~ policy`: a value that may be anything, taken from a stated policy.

    `policy` is the name of a data set, whose column of that variable is resampled (independently of every other
    draw), or UNIFORM.
    """

    slot: str
    policy: str

    @property
    def slots(self) -> tuple[str, ...]:
        """The one slot that this fills."""
        return (self.slot,)


@dataclass(frozen=True, slots=True)
class Apply:
    """`slots ~ model(inputs)`: sample a model's targets given earlier slots.

    `slots` stand in the order of the model's targets and `inputs` in the order of its inputs.
    """

    slots: tuple[str, ...]
    model: str
    inputs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rows:
    """`slots ~ rows %data`: the slots' variables as they stand together in a random row of a data set.

    A sample of the data set's own law without a model; unlike the policy of a draw it cannot be chosen otherwise.
    """

    slots: tuple[str, ...]
    data: str


Statement = Draw | Rows | Apply


@dataclass(frozen=True, slots=True)
class Network:
    """A sampling network (ID-GEN, definition 3.1): statements in an order in which they can run.

    `inputs` are the slots that the caller fills, `outputs` those that are kept.
    """

    inputs: tuple[str, ...]
    statements: tuple[Statement, ...]
    outputs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Observe:
    """`%obs = observe [W, X, Y]`: the user's data, as samples of P(V)."""

    result: str
    variables: tuple[str, ...]
    computes: object = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Train:
    """`%m = train %data : targets | inputs`: fit a model of P(targets | inputs) in the law of a data set."""

    result: str
    data: str
    targets: tuple[str, ...]
    inputs: tuple[str, ...]
    computes: object = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Regenerate:
    """`%reg = regenerate do(draws) { network } -> [outputs]`: a new data set sampled from trained models.

    The network's inputs are the slots of `do`, each drawn from its policy.
    """

    result: str
    do: tuple[Draw, ...]
    network: Network
    computes: object = field(default="", compare=False)

    @property
    def variables(self) -> tuple[str, ...]:
        """The columns of the new data set."""
        return self.network.outputs


@dataclass(frozen=True, slots=True)
class Reweight:
    """`%rw = reweight %data do(draws) by %p, ... -> [variables]`: the same law from weighted real rows.

    Each row weighs the product over the draws of policy(x) / P(x | its inputs), the latter taken from the model of
    the same place in `by`.
    """

    result: str
    data: str
    do: tuple[Draw, ...]
    by: tuple[str, ...]
    variables: tuple[str, ...]
    computes: object = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Sample:
    """`sample (X) { network } -> [Y]`: the sampler of one query; `query` names it where a program has several."""

    network: Network
    query: str = ""
    computes: object = field(default="", compare=False)


Operation = Observe | Train | Regenerate | Reweight | Sample
