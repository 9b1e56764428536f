"""Which policy draws a treatment of a program: what a caller says, what a fit was given, what the query states.

And whether it can: policies fit the kinds of the variables that they draw and read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from idgen_compiler.data.kinds import Categorical, Kind
from idgen_compiler.data.kinds.setting import Setting
from idgen_compiler.errors import DataError, QueryError, near_misses
from idgen_compiler.forms.policy import PolicyForm
from idgen_compiler.graph.names import variable_of
from idgen_compiler.hinge.policies import Law, Policy, Shift, is_policy
from idgen_compiler.ir.operands import records
from idgen_compiler.ir.operations import Assign, Realize
from idgen_compiler.ir.policies import Fixed, Moved, Named, Uniform
from idgen_compiler.ir.program import Program
from idgen_compiler.query import Query

__all__ = ["Assigned", "assigned", "check_kinds", "checked_named", "compile_instead", "known_policies", "unread"]


@dataclass(frozen=True)
class Assigned:
    """A slot and the policy that fills it; `inputs` are what the policy may read: variable -> slot.

    The treatment among them is its natural value.
    """

    slot: str
    policy: Policy
    inputs: Mapping[str, str]

    @property
    def treatment(self) -> str:
        """The variable."""
        return variable_of(self.slot)

    @property
    def read(self) -> dict[str, str]:
        """What the policy does read: variable -> slot."""
        if isinstance(self.policy, Shift):
            return {self.treatment: self.inputs[self.treatment]}
        names = self.policy.given if isinstance(self.policy, Law) else ()
        return {name: self.inputs[name] for name in names}


def checked_named(program: Program, policies: object) -> dict[str, Policy]:
    """The laws of named policies that a fit is given, by name.

    Raises DataError for names that the program has not, for what is no policy, and where a law is lacking that a data
    set of the program is drawn by.
    """
    if not isinstance(policies, Mapping | None):
        raise DataError(f"policies is {policies!r:.80}; give a mapping from names to laws, such as {{'pi': Law(...)}}")
    found: dict[str, Policy] = dict(policies or {})
    names = {a.policy.name for op in program.operations for a in records(op, Assign) if isinstance(a.policy, Named)}
    for name, policy in found.items():
        if name not in names:
            hint = near_misses(str(name), sorted(names)) or "; it has none to be named"
            raise DataError(f"policies names {name!r}, which is no policy of the program{hint}")
        if not is_policy(policy):
            raise DataError(f"policies[{name!r}] is {policy!r:.80}; give Law(...), Uniform(), Fixed(...) or Shift(...)")
    for op in program.laws:
        for each in records(op, Assign):
            assigned(each, found, program)
    return found


def assigned(statement: Assign, named: Mapping[str, Policy], program: Program, said: Any = None) -> Assigned:
    """The policy of an assignment: what was `said` for its treatment, or else what the program says of it.

    Raises DataError where a law is lacking, or reads what the program does not hand it.
    """
    treatment = variable_of(statement.slot)
    inputs = {variable_of(slot): slot for slot in statement.inputs}
    policy: Policy
    if said is not None:
        policy = said if is_policy(said) else Fixed(_one_value(treatment, said))
    else:
        match statement.policy:
            case Moved(_, by):
                policy = Shift(by)
            case Uniform() | Fixed() as stated:
                policy = stated
            case Named(name, _) if name in named:
                policy = named[name]
            case Named(name, _):
                raise DataError(_lacking(statement, name, program))
    if lost := unread(policy, treatment, inputs):
        raise DataError(compile_instead(policy, treatment, lost, program.name))
    return Assigned(statement.slot, policy, inputs)


def unread(policy: Policy, treatment: str, inputs: Mapping[str, str]) -> list[str]:
    """What a policy reads that is not among the inputs."""
    wanted = (treatment,) if isinstance(policy, Shift) else policy.given if isinstance(policy, Law) else ()
    return [name for name in wanted if name not in inputs]


def compile_instead(policy: Policy, treatment: str, lost: list[str], name: str) -> str:
    """The message that a policy reads what the program does not hand it, with the query that does."""
    if isinstance(policy, Shift):
        form = PolicyForm("", (treatment,), policy.by)
    else:
        form = PolicyForm("pi", policy.given if isinstance(policy, Law) else ())
    what = "its natural value" if lost == [treatment] else ", ".join(lost)
    return (
        f"do({treatment}=...) is {policy!r:.80}, which needs {what}, and {name} hands it none; "
        f"compile {_asked(name, treatment, form)}"
    )


def _asked(name: str, treatment: str, form: PolicyForm) -> str:
    """The query with another policy of a treatment."""
    try:
        query = Query.parse(name)
        values = {n: v for n, v in query.values.items() if n != treatment}
        policies = {**dict(query.policies), treatment: form}
        return str(Query(query.outcomes, query.treatments, query.conditions, values, policies))
    except QueryError:  # a program may have another name
        return f"do({form.of(treatment)})"


def _one_value(treatment: str, value: Any) -> Any:
    """A value that stands for all samples.  Raises DataError for several."""
    if isinstance(value, str) or not hasattr(value, "__len__"):
        return value
    raise DataError(
        f"do({treatment}=...) is {value!r:.80}, but {treatment} is drawn by a policy: give one value, or a policy"
    )


def _lacking(statement: Assign, name: str, program: Program) -> str:
    treatment = variable_of(statement.slot)
    law = next((op for op in program.laws if statement in set(_assignments(op))), None)
    given = ", ".join(dict.fromkeys(map(variable_of, statement.inputs)))
    law_of = f"a law of {treatment}{f' given {given}' if given else ''}"
    if law is None:
        return (
            f"{name} draws {treatment}, and has no law yet: pass do={{{treatment!r}: ...}} with {law_of}, as Law(...)"
        )
    return (
        f"{name} draws {treatment} in {law.result}, the law that the answer is a conditional of: pass "
        f"policies={{{name!r}: ...}} to fit, with {law_of}, as Law(...)"
    )


def _assignments(op: Realize) -> Iterator[Assign]:
    return records(op, Assign)


def known_policies(program: Program, named: Mapping[str, Policy]) -> dict[Assign, Assigned]:
    """Assignments of a program whose policy is known without a call of `sample`, each with what draws it."""
    found = {each for op in program.operations for each in records(op, Assign)}
    return {
        each: assigned(each, named, program)
        for each in sorted(found, key=str)
        if not isinstance(each.policy, Named) or each.policy.name in named
    }


def check_kinds(each: Assigned, kinds: Mapping[str, Kind]) -> None:
    """Raise DataError for a policy that cannot draw its treatment, or that lacks values of what it reads.

    Warns (OverlapWarning) of a number beyond the data.
    """
    name, kind = each.treatment, kinds[each.treatment]
    match each.policy:
        case Fixed(value):
            kind.check(Setting("do", name, 1), value)
        case Shift(by):
            for atom in kind.atoms(name):
                shape = (0,) if atom.part.discrete else (0, *atom.part.entries)
                atom.kind.moved(atom.part.name, np.zeros(shape, np.int64 if atom.part.discrete else np.float32), by)
        case Uniform():
            if any(atom.kind.spread is None for atom in kind.atoms(name)):
                raise DataError(f"{name} is of kind {kind.word}, over which nothing is uniform; draw it by a Law(...)")
        case Law() as law:
            labels = {n: k.labels for n, k in kinds.items() if n in (name, *law.given) and isinstance(k, Categorical)}
            law.check(name, labels)
            for label in law.labels if name not in labels else ():
                kind.check(Setting("do", name, 1), label)
