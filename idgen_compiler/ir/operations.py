"""The operations of a program and the statements of a network: what there is, and nothing about what is done with it.

Values are in SSA form: every operation defines one value, named `%...`, which is a data set or a model.
A *network* is a region: statements that fill *slots*. A slot is an instance of a variable, written with primes:
X, X', X'' are three instances of X.

What a field is the name of is declared by its type (see `operands`); an operation's `word` names it in texts and JSON.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from idgen_compiler.forms.spelling import spelled_all
from idgen_compiler.graph.names import variable_of
from idgen_compiler.ir.operands import DataUse, ModelUse, Names, Result, Slot, Slots
from idgen_compiler.ir.policies import Assignment, ByModel, Moved, Named, Policy

__all__ = [
    "MOST_OPERATIONS",
    "Apply",
    "Assign",
    "Bind",
    "Condition",
    "Draw",
    "LawType",
    "Network",
    "Observe",
    "Operation",
    "Realize",
    "Regenerate",
    "Reweight",
    "Rows",
    "Sample",
    "Statement",
    "Train",
    "Way",
    "Weigh",
    "variable_of",
]


MOST_OPERATIONS = 2**16
"""So many operations are read, of a text or JSON from anywhere; what the compiler writes has thousands at most."""


# -- statements of a network ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Draw:
    """`slot ~ policy`: a value that may be anything, or that is set, drawn from a stated policy."""

    word: ClassVar[str] = "draw"

    slot: Slot
    policy: Policy

    @property
    def slots(self) -> tuple[str, ...]:
        """The one slot that this fills."""
        return (self.slot,)

    @property
    def inputs(self) -> tuple[str, ...]:
        """The slots that the policy reads."""
        return self.policy.inputs if isinstance(self.policy, ByModel) else ()


@dataclass(frozen=True, slots=True)
class Apply:
    """`slots ~ model(inputs)`: sample a model's targets given earlier slots.

    `slots` stand in the order of the model's targets and `inputs` in the order of its inputs.
    """

    word: ClassVar[str] = "apply"

    slots: Slots
    model: ModelUse
    inputs: Slots


@dataclass(frozen=True, slots=True)
class Rows:
    """`slots ~ rows %data`: the slots' variables as they stand together in a random row of a data set.

    A sample of the data set's own law without a model; unlike the policy of a draw it cannot be chosen otherwise.
    """

    word: ClassVar[str] = "rows"

    slots: Slots
    data: DataUse

    @property
    def inputs(self) -> tuple[str, ...]:
        """A row reads no slot."""
        return ()


@dataclass(frozen=True, slots=True)
class Assign:
    """`slot := policy`: a treatment that is drawn as the query says, given earlier slots.

    The law of the answer is one given the policy's; unlike that of a draw it cannot be chosen otherwise.
    """

    word: ClassVar[str] = "assign"

    slot: Slot
    policy: Assignment

    @property
    def slots(self) -> tuple[str, ...]:
        """The one slot that this fills."""
        return (self.slot,)

    @property
    def inputs(self) -> tuple[str, ...]:
        """The slots that the policy reads."""
        return self.policy.inputs if isinstance(self.policy, Named | Moved) else ()


@dataclass(frozen=True, slots=True)
class Weigh:
    """`weigh values by model(given)`: the values are known, and a run counts by how likely the model makes them.

    It fills no slot. Only the network of a condition has such statements. `values` stand in the order of the model's
    targets and `given` in the order of its inputs.
    """

    word: ClassVar[str] = "weigh"

    values: Slots
    model: ModelUse
    given: Slots

    @property
    def slots(self) -> tuple[str, ...]:
        """None: what is weighed is filled already."""
        return ()

    @property
    def inputs(self) -> tuple[str, ...]:
        """The slots that are read: the known values, and what they are asked to agree with."""
        return (*self.values, *self.given)


Statement = Draw | Rows | Apply | Assign | Weigh


@dataclass(frozen=True, slots=True)
class Network:
    """A sampling network (ID-GEN, definition 3.1): statements in an order in which they can run.

    `inputs` are the slots that the caller fills, `outputs` those that are kept.
    """

    inputs: Slots
    statements: tuple[Statement, ...]
    outputs: Slots


# -- operations -------------------------------------------------------------------------------------------------------

Defines = Literal["data", "model", "sampler"]
"""What an operation gives. Its `prefix` is what its values are called, with a number, where they are numbered."""


@dataclass(frozen=True, slots=True)
class Observe:
    """`%obs = observe [W, X, Y] lacks [U]`: the user's data, as samples of P(V).

    `source` names them where there are several. `unobserved` are vertices that they have no column for: what a program
    needs of these it makes with bound kernels.
    """

    word: ClassVar[str] = "observe"
    prefix: ClassVar[str] = "%obs"
    defines: ClassVar[Defines] = "data"

    result: Result
    variables: Names
    source: str = ""
    unobserved: Names = ()


@dataclass(frozen=True, slots=True)
class Train:
    """`%m = train %data : targets | inputs`: fit a model of P(targets | inputs) in the law of a data set.

    `%m = train %law : Y | X or condition { network }` may do without the law's rows (see `Condition`). The first way
    is training.
    """

    word: ClassVar[str] = "train"
    prefix: ClassVar[str] = "%m"
    defines: ClassVar[Defines] = "model"

    result: Result
    data: DataUse
    targets: Names
    inputs: Names
    condition: tuple[Network, ...] = ()  #: none or one


@dataclass(frozen=True, slots=True)
class Bind:
    """`%b = bind Y | X, Z`: a kernel P(Y | X, Z) of the data's law that somebody brings; nothing is trained for it.

    `%b = bind A = (X, Z)` is a function: A has one value for each value of its inputs. `%b = bind Y | X or %m` may ask
    a trained model of the same conditional, its `fallback`, where it has no answer of its own.
    """

    word: ClassVar[str] = "bind"
    prefix: ClassVar[str] = "%b"
    defines: ClassVar[Defines] = "model"

    result: Result
    targets: Names  #: one
    inputs: Names
    function: bool = False
    fallback: tuple[ModelUse, ...] = ()  #: none or one


@dataclass(frozen=True, slots=True)
class LawType:
    """`P(targets ; do(fixed))`: of which law a data set holds samples.

    Its graph is that of the program with the targets random and the others fixed; `graph` is the text of another one
    where the law was found in another, such as a latent projection.
    """

    targets: Names
    fixed: Names
    graph: str = ""

    def __str__(self) -> str:
        do = f" ; do({spelled_all(self.fixed)})" if self.fixed else ""
        return f"P({spelled_all(self.targets)}{do})"


@dataclass(frozen=True, slots=True)
class Condition:
    """`%c = condition P(W, X, Y ; do(Z)) : Y | X { network }`: P(Y | X) of a law, by weighing runs of its network.

    Every run of the network is given the inputs and counts by the product of what its `weigh` statements say; the
    outputs of a run that is drawn by these weights have the law's conditional. No rows of the law are made, and nothing
    is trained on them.
    Source: likelihood weighting, Fung and Chang (1990), Shachter and Peot (1990); resampling, Rubin (1988).
    """

    word: ClassVar[str] = "condition"
    prefix: ClassVar[str] = "%c"
    defines: ClassVar[Defines] = "model"

    result: Result
    law: LawType
    network: Network

    @property
    def targets(self) -> tuple[str, ...]:
        """What is drawn."""
        return self.network.outputs

    @property
    def inputs(self) -> tuple[str, ...]:
        """What is conditioned on, and what is set."""
        return self.network.inputs


@dataclass(frozen=True, slots=True)
class Regenerate:
    """`regenerate do(draws) { network }`: new rows, sampled from trained models.

    The network's inputs are the slots of `do`, each drawn from its policy, and its outputs the variables of the law.
    """

    word: ClassVar[str] = "regenerate"

    do: tuple[Draw, ...]
    network: Network


@dataclass(frozen=True, slots=True)
class Reweight:
    """`reweight %data do(draws) by %p, ...`: the same law from weighted rows of another data set.

    Each row weighs the product over the draws of policy(x) / P(x | its inputs), the latter taken from the model of
    the same place in `by`.
    """

    word: ClassVar[str] = "reweight"

    data: DataUse
    do: tuple[Draw, ...]
    by: tuple[ModelUse, ...]


Way = Regenerate | Reweight
"""How the rows of a law after an intervention are come by."""


@dataclass(frozen=True, slots=True)
class Realize:
    """`%law = realize P(X, Y ; do(W)) -> [W, X, Y] { way or way }`: samples of a law after an intervention.

    All `ways` lead to the same law; a backend takes the first, or another one where that is better on its data.
    """

    word: ClassVar[str] = "realize"
    prefix: ClassVar[str] = "%law"
    defines: ClassVar[Defines] = "data"

    result: Result
    law: LawType
    variables: Names  #: the columns that are kept
    ways: tuple[Way, ...]  #: never empty, and each of another kind

    @property
    def regenerate(self) -> Regenerate | None:
        """The way by regeneration, where there is one."""
        return next((way for way in self.ways if isinstance(way, Regenerate)), None)

    @property
    def reweight(self) -> Reweight | None:
        """The way by weights, where there is one."""
        return next((way for way in self.ways if isinstance(way, Reweight)), None)


@dataclass(frozen=True, slots=True)
class Sample:
    """`sample (X) { network } -> [Y]`: the sampler of one query; `query` names it where a program has several."""

    word: ClassVar[str] = "sample"
    prefix: ClassVar[str] = ""
    defines: ClassVar[Defines] = "sampler"

    network: Network
    query: str = ""

    @property
    def result(self) -> str:
        """A sampler defines no value that others use; in messages it is called by its word."""
        return "sample"


Operation = Observe | Train | Bind | Condition | Realize | Sample
