"""A question put to a sampler: which query, how many samples, what is set and what is seen.

Every backend reads the arguments of `sample` here, so that a wrong call gets the same answer from all of them.
"""

from __future__ import annotations

import operator
import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from idgen_compiler.data.kinds.setting import Setting
from idgen_compiler.errors import DataError, QueryError, near_misses
from idgen_compiler.forms.spelling import composed
from idgen_compiler.graph.names import variable_of
from idgen_compiler.hinge.assigned import Assigned, assigned, compile_instead, unread
from idgen_compiler.hinge.policies import Policy, is_policy
from idgen_compiler.ir.operands import records
from idgen_compiler.ir.operations import Assign, Sample
from idgen_compiler.ir.policies import Fixed
from idgen_compiler.ir.program import Program
from idgen_compiler.query import Query, Value

__all__ = ["Question", "check_stated", "checked_seed", "query_of", "sampler_of", "stated_values"]

MOST = 2**48
"""So many samples are more than any table holds; arrays cannot be that long."""


@dataclass(frozen=True)
class Question:
    """A call of `sample` that makes sense: each input has one value, in the role that the query gives it.

    `drawn` are treatments that the caller sets, each sample by a draw from a policy without inputs; `assigned` what
    fills the slots that the program leaves to policies. Whether a value is one of the variable's own (a label, a
    number, an image) is for the backend to say.
    """

    sampler: Sample
    query: Query
    n: int
    seed: int
    do: Mapping[str, Any]
    given: Mapping[str, Any]
    drawn: Mapping[str, Policy] = field(default_factory=dict)
    assigned: tuple[Assigned, ...] = ()

    @classmethod
    def of(
        cls,
        program: Program,
        n: object,
        do: object = None,
        given: object = None,
        seed: object = None,
        query: Query | str | None = None,
        named: Mapping[str, Policy] | None = None,
    ) -> Question:
        """The question that a caller's arguments put to a program; without a seed a fresh one is drawn.

        Where `do` and `given` say nothing of a variable, the value that the query states holds: that of the argument
        `query`, or else that of the query that was compiled, as X = 1 of P(Y | do(X=1)). The value of a treatment may
        be a policy (see `hinge.policies`); `named` are those that the fit was given, by name.

        Raises DataError for a query that the program does not answer, a number of samples or seed that is none, and
        for variables that are missing, unknown, given twice, or in `do` where they belong in `given`.

        >>> import idgen_compiler as idgen
        >>> program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("X -> Y"))
        >>> Question.of(program, 10, {"X": 1}).settings
        {'X': (do(X=...), 1)}
        >>> Question.of(program, 10, given={"X": 1})
        Traceback (most recent call last):
        ...
        idgen_compiler.errors.DataError: P(Y | do(X)) has X in do, not in given: pass do={'X': ...}
        """
        sampler = sampler_of(program, query)
        count = _count(n)
        chosen = secrets.randbits(63) if seed is None else checked_seed(seed)
        asked = query_of(program, sampler)
        roles = _roles(asked, sampler.network.inputs)
        values = {"do": _values("do", do), "given": _values("given", given)}
        for name, value in stated_values(program, query).items():
            if name in roles and all(name not in named for named in values.values()):
                values[roles[name]][name] = value
        _check_names(asked, roles, values)
        _check_complete(asked, roles, sampler.network.inputs, values)
        said = {name: values["do"].pop(name) for name in dict(asked.policies) if name in values["do"]}
        fills = tuple(
            assigned(each, named or {}, program, said.get(variable_of(each.slot)))
            for each in records(sampler.network, Assign)
        )
        _check_said(program, asked, said, {each.treatment for each in fills})
        drawn = _drawn(asked, values)
        return cls(sampler, asked, count, chosen, values["do"], values["given"], drawn, fills)

    @property
    def settings(self) -> dict[str, tuple[Setting, Any]]:
        """Variable -> where its value was set, and the value."""
        roles = {"do": self.do, "given": self.given}
        return {
            name: (Setting(role, name, self.n), value)
            for role, values in roles.items()
            for name, value in values.items()
        }


def sampler_of(program: Program, query: Query | str | None) -> Sample:
    """The sampler of a query, which may be left out where there is one; a text may be spaced and ordered as one likes.

    Raises DataError, listing the queries, for one that the program does not answer.
    """
    known = {op.query or program.name: op for op in program.samplers}
    if query is None:
        if len(known) == 1:
            return program.samplers[0]
        raise DataError(f"the program answers {len(known)} queries; choose with query= one of: {'; '.join(known)}")
    if not isinstance(query, Query | str):
        raise DataError(f"the query is {query!r:.80}; give a Query or its text")
    if str(query) in known:
        return known[str(query)]
    asked = _parsed(query) if isinstance(query, str) else query
    for name, op in known.items():
        if asked is not None and _parsed(name) == asked:
            return op
    near = near_misses(str(query), known)
    raise DataError(
        f"the program answers no query {str(query)!r}{near}{'' if near.endswith('?') else ';'} to ask another, compile "
        "it and fit again"
    )


def query_of(program: Program, op: Sample) -> Query:
    """The query that a sampler's name states; where it states none, the inputs are taken for treatments."""
    found, inputs = _parsed(op.query or program.name), set(op.network.inputs)
    if found is not None and inputs <= {*found.inputs}:
        return found
    return Query(op.network.outputs, op.network.inputs)


def stated_values(program: Program, query: Query | str | None = None) -> dict[str, Value]:
    """The values that a query states, over those of the compiled query that answers it.

    >>> import idgen_compiler as idgen
    >>> program = idgen.compile(idgen.Query.parse("P(Y | do(X=1), Z=0)"), idgen.ADMG.parse("X -> Y <- Z"))
    >>> stated_values(program), stated_values(program, "P(Y | do(X=2), Z)")
    ({'X': 1, 'Z': 0}, {'X': 2, 'Z': 0})
    """
    compiled = query_of(program, sampler_of(program, query))
    asked = _parsed(query) if isinstance(query, str) else query
    return {**compiled.values, **(asked.values if asked is not None else {})}


def check_stated(program: Program, check: Callable[[Setting, Value], object], query: Query | str | None = None) -> None:
    """Check the values that queries state, those of outcomes among them: of one query, or of all that were compiled.

    `check` raises DataError for a value that a variable does not have; a backend calls this as soon as it knows the
    variables' kinds, and for a query that `sample` is given.

    Raises DataError with what `check` says, and the query that leaves the value open.
    """
    for op in program.samplers if query is None else (sampler_of(program, query),):
        asked = query_of(program, op)
        for name, value in (asked.values if query is None else stated_values(program, query)).items():
            role = "do" if name in asked.treatments else "given" if name in asked.conditions else "P"
            try:
                check(Setting(role, name, 1), value)
            except DataError as error:
                others = {other: held for other, held in asked.values.items() if other != name}
                left = Query(asked.outcomes, asked.treatments, asked.conditions, others, dict(asked.policies))
                raise DataError(f"{error}; {left} leaves it open") from None


def checked_seed(seed: object) -> int:
    """The seed itself.  Raises DataError for anything but a whole number."""
    found = _whole(seed)
    if found is None:
        raise DataError(f"the seed is {seed!r:.80}; give a whole number")
    return found


def _parsed(name: str) -> Query | None:
    try:
        return Query.parse(name)
    except QueryError:
        return None


def _whole(value: object) -> int | None:
    """A whole number of Python's or NumPy's; None for anything else, truth values among it."""
    if isinstance(value, bool):
        return None
    try:
        return operator.index(value)  # type: ignore[arg-type]  # that it may be no number is what is asked
    except TypeError:
        return None


def _count(n: object) -> int:
    found = _whole(n)
    if found is None or found < 0:
        raise DataError(f"n is {n!r:.80}; give a whole number of samples, 0 or more")
    if found > MOST:
        raise DataError(f"n is {found:.3g}, more samples than can be held; draw them in pieces")
    return found


def _values(role: str, values: object) -> dict[str, Any]:
    if values is None:
        return {}
    if not isinstance(values, Mapping):
        raise DataError(f"{role} is {values!r:.80}; give a mapping from variables to values, such as {{'X': 1}}")
    return {composed(str(name)): value for name, value in values.items()}


def _roles(query: Query, inputs: Sequence[str]) -> dict[str, str]:
    """Variable -> `do` or `given`; an input that the query does not name is a treatment."""
    conditions = dict.fromkeys(query.conditions, "given")
    return dict.fromkeys((*query.treatments, *(v for v in inputs if v not in conditions)), "do") | conditions


def _check_names(query: Query, roles: Mapping[str, str], values: Mapping[str, Mapping[str, Any]]) -> None:
    for role, named in values.items():
        allowed = [name for name, own in roles.items() if own == role]
        for name, value in named.items():
            own = roles.get(name)
            if own is None:
                hint = near_misses(name, allowed) or f"; it takes no {role}-values"
                raise DataError(f"{role} names {name!r}, which {query} does not{hint}")
            if all(name in names for names in values.values()):
                raise DataError(f"{name} has a value in do and in given; {query} has it in {own}: keep that one")
            if own != role:
                raise DataError(f"{query} has {name} in {own}, not in {role}: pass {own}={{{name!r}: ...}}")
            if value is None:
                raise DataError(f"{role}({name}=...) is None; give a value")


def _drawn(query: Query, values: Mapping[str, dict[str, Any]]) -> dict[str, Policy]:
    """The policies among the values of `do`, which they leave; one that is always the same is left as that value."""
    drawn: dict[str, Policy] = {}
    for name, value in list(values["do"].items()):
        if isinstance(value, Fixed):
            values["do"][name] = value.value
        elif is_policy(value):
            if lost := unread(value, name, {}):
                raise DataError(compile_instead(value, name, lost, str(query)))
            drawn[name] = values["do"].pop(name)
    for name, value in values["given"].items():
        if is_policy(value):
            raise DataError(
                f"given({name}=...) is {value!r:.80}; a condition has values, a treatment may have a policy"
            )
    return drawn


def _check_said(program: Program, query: Query, said: Mapping[str, Any], filled: Collection[str]) -> None:
    """Raise DataError for what is said of a treatment that was drawn when the program was fitted."""
    for name in said:
        for law in program.laws if name not in filled else ():
            if any(variable_of(each.slot) == name for each in records(law, Assign)):
                raise DataError(
                    f"do({name}=...) comes too late: {query} is a conditional of {law.result}, whose rows were drawn "
                    f"by the policy of {name} in the fit; give it there, or compile another query"
                )


def _check_complete(
    query: Query, roles: Mapping[str, str], inputs: Sequence[str], values: Mapping[str, Mapping[str, Any]]
) -> None:
    missing = [name for name in inputs if name not in values[roles[name]]]
    if not missing:
        return
    wanted = [
        f"{role}={{{', '.join(f'{name!r}: ...' for name in missing if roles[name] == role)}}}"
        for role in ("do", "given")
        if any(roles[name] == role for name in missing)
    ]
    what = f"a value of {missing[0]}" if len(missing) == 1 else f"values of {', '.join(missing)}"
    raise DataError(f"{query} needs {what}: pass {', '.join(wanted)}")
