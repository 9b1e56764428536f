"""What `fit(bind=...)` names: conditionals of a program, each with what is brought for it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, TypeVar

from idgen_compiler.errors import DataError, QueryError, near_misses
from idgen_compiler.forms.spelling import spelled, spelled_all
from idgen_compiler.ir.operations import Bind, Train
from idgen_compiler.ir.program import Program
from idgen_compiler.query import Query

__all__ = [
    "check_callable",
    "fixed_in_laws",
    "kernel_key",
    "kernel_keys",
    "named_kernels",
    "read_conditional",
    "types_of_unobserved",
    "unobserved_used",
    "written",
]

_FUNCTION = re.compile(r"(?P<name>.+?)\s*=\s*\((?P<inputs>.*)\)")
_INTERVENED = re.compile(r"(?P<conditional>.*?)\s*;\s*do\((?P<fixed>.*)\)")
_NUMBERED = re.compile(r"(?P<op>%[\w.]+)\s*:\s*(?P<rest>.+)")


def read_conditional(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The targets and inputs of a conditional such as "Y | X, Z" or "P(Y | X, Z)".

    Raises QueryError with the place of what cannot be read, and for interventions and values, which a conditional of
    the observed law has not.

    >>> read_conditional('I2 | Male, "the image"')
    (('I2',), ('Male', 'the image'))
    """
    if not isinstance(text, str):
        raise QueryError(f"a conditional is read from a text such as 'Y | X, Z', not from {text!r:.80}")
    plain = text.strip()
    query = Query.parse(plain if plain.startswith("P(") else f"P({plain})")
    if query.treatments or query.settings:
        raise QueryError(f"{text!r:.80} is no conditional of the observed law; write variables alone, as in 'Y | X, Z'")
    return query.outcomes, query.conditions


def written(target: str, inputs: Sequence[str]) -> str:
    """A conditional as `read_conditional` reads it."""
    return f"{spelled(target)} | {spelled_all(inputs)}" if inputs else spelled(target)


def kernel_key(op: Bind | Train, fixed: Sequence[str] = ()) -> str:
    """What `bind=` calls an operation: its conditional, and what is set in its law where that is not the data's."""
    given = [name for name in op.inputs if name not in fixed] if fixed else op.inputs
    return written(op.targets[0], given) + (f" ; do({spelled_all(fixed)})" if fixed else "")


def kernel_keys(program: Program) -> dict[str, str]:
    """Operation -> what `bind=` calls it, for each conditional of one variable.

    >>> import idgen_compiler as idgen
    >>> graph = idgen.ADMG.parse("W1 -> W2 -> X -> Y; X <-> W1 <-> Y")
    >>> query = idgen.Query.parse("P(Y | do(X))")
    >>> list(kernel_keys(idgen.compile(query, graph, realize="regenerate")).values())
    ['X | W1, W2', 'Y | W1, W2, X', 'Y | X ; do(W2)']
    """
    laws = fixed_in_laws(program)
    return {op.result: kernel_key(op, laws[op.result]) for op in _able(program)}


def fixed_in_laws(program: Program) -> dict[str, tuple[str, ...]]:
    """Operation -> what is set in the law of which it models a conditional; nothing where that is the data's."""
    laws = {law.result: law.law.fixed for law in program.laws}
    return {
        op.result: laws.get(op.data, ()) if isinstance(op, Train) else ()
        for op in program.operations
        if isinstance(op, Bind | Train)
    }


def _able(program: Program) -> list[Bind | Train]:
    """The operations for which something may be brought."""
    return [op for op in program.operations if isinstance(op, Bind | Train) and len(op.targets) == 1]


def unobserved_used(program: Program) -> tuple[str, ...]:
    """The variables that no table holds and that the program makes, reads or is given."""
    named = {name for op in program.bindings for name in (*op.targets, *op.inputs)}
    named.update(name for op in program.samplers for name in (*op.network.inputs, *op.network.outputs))
    return tuple(name for name in program.observe.unobserved if name in named)


R = TypeVar("R")


def types_of_unobserved(program: Program, types: Mapping[str, R] | None) -> tuple[dict[str, R], dict[str, R]]:
    """What is said of the variables in the table, and of those that no table holds."""
    lacking = set(program.observe.unobserved)
    said = dict(types or {})
    of_none = {name: said.pop(name) for name in list(said) if name in lacking}
    return said, of_none


def check_callable(named: Mapping[str, tuple[str, Any]]) -> None:
    """Raise DataError for what is brought (see `named_kernels`) and cannot be called."""
    for key, thing in named.values():
        if isinstance(thing, type) or not callable(thing):
            what = f"the class {thing.__name__}" if isinstance(thing, type) else f"{thing!r:.60}"
            raise DataError(f"bind[{key!r}] is {what}; give a callable f(inputs, n, generator) -> values")


def named_kernels(
    program: Program, bind: Mapping[str, Any] | None, needed: Collection[str] | None = None
) -> dict[str, tuple[str, Any]]:
    """Operation -> the key under which something is brought for it, and what that is.

    `bind` names conditionals as programs and reports print them, inputs in any order, by their target alone where that
    is one conditional, or by their operation. A conditional of a law after an intervention is another one than that of
    the data, and so is named with what is set: "Y | X ; do(W)". `needed` are the operations for which something has to
    be brought, every bound kernel where nobody says.

    Raises DataError for a name of nothing, of two, or given twice, and for a kernel for which nothing is brought.

    >>> import idgen_compiler as idgen
    >>> program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("X -> Y"), bound=["Y | X"])
    >>> named_kernels(program, {"Y": abs})
    {'%b0': ('Y', <built-in function abs>)}
    """
    if bind is not None and not isinstance(bind, Mapping):
        raise DataError(f"bind is {bind!r:.80}; give a mapping, such as bind={{'Y | X': f}}")
    laws = fixed_in_laws(program)
    able = {op: laws[op.result] for op in _able(program)}
    found: dict[str, tuple[str, Any]] = {}
    for key, thing in (bind or {}).items():
        op = _meant(key, able)
        if op.result in found:
            raise DataError(f"bind names {key!r} and {found[op.result][0]!r}, which are one conditional; give it once")
        found[op.result] = (key, thing)
    wanted = {op.result for op in program.bindings} if needed is None else set(needed)
    if missing := [op for op in able if op.result in wanted and op.result not in found]:
        raise _nothing_for(missing, able)
    return found


def _nothing_for(missing: Sequence[Bind | Train], laws: Mapping[Bind | Train, tuple[str, ...]]) -> DataError:
    keys = [kernel_key(op, laws[op]) for op in missing]
    function = isinstance(missing[0], Bind) and missing[0].function
    takes = "g(inputs)" if function else "f(inputs, n, generator)"
    named = ", ".join(map(repr, keys))
    return DataError(f"nothing is bound for {named}; give bind={{{keys[0]!r}: ...}}, a callable {takes} -> values")


def _meant(key: object, able: Mapping[Bind | Train, tuple[str, ...]]) -> Bind | Train:
    """The operation that a key names."""
    known = [kernel_key(op, fixed) for op, fixed in able.items()]
    if not isinstance(key, str):
        raise DataError(f"bind names {key!r:.80}; name a conditional by its text, such as {(known or ['Y | X'])[0]!r}")
    text = key.strip()
    for op in able:
        if text == op.result:
            return op
    try:
        number, targets, inputs, fixed = _read_key(text)
    except QueryError as error:
        what = str(error).splitlines()[0].removesuffix("; ")
        raise DataError(f"bind names {key!r}, which is no conditional ({what}); write one, as in 'Y | X, Z'") from None
    named = {op: law for op, law in able.items() if op.targets == targets and number in ("", op.result)}
    same = [op for op, law in named.items() if set(op.inputs) | set(law) == set(inputs) | set(fixed)]
    alone = list(named) if not inputs and not fixed else []
    found = same or alone
    found = [op for op in found if isinstance(op, Bind)] or found  # and not the fallback that is trained beside it
    if len(found) > 1 and found != alone:  # a target alone names all of its conditionals
        found = [op for op in found if set(named[op]) == set(fixed)] or found
    if len(found) == 1 and (number or set(named[found[0]]) == set(fixed)):
        return found[0]
    near = found or list(named)
    if near:
        listed = " or ".join(f"{kernel_key(op, named[op])!r} ({op.result})" for op in near)
        raise DataError(f"bind names {key!r}, and the program has {listed}; name the one that is meant")
    raise DataError(
        f"bind names {key!r}, which is no conditional of the program{near_misses(key, known)}; where the answer needs "
        f"it, compile with bound=[{written(targets[0], inputs)!r}]"
    )


def _read_key(text: str) -> tuple[str, tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """The operation where it is said ("" where not), targets, inputs, and what is set in the law.

    Source of the spellings: programs (`%m3 = train ... # P(Y | X ; do(W))`), reports (`%m3: Y | X`) and
    `--emit bindings` (`A = (P1, P2)`).
    """
    number = ""
    if told := _NUMBERED.fullmatch(text):
        number, text = told["op"], told["rest"]
    if text.startswith("P(") and text.endswith(")"):
        text = text[2:-1]
    fixed: tuple[str, ...] = ()
    if said := _INTERVENED.fullmatch(text):
        text, (fixed, _) = said["conditional"], read_conditional(said["fixed"])
    if written_out := _FUNCTION.fullmatch(text):
        text = f"{written_out['name']} | {written_out['inputs']}"
    return (number, *read_conditional(text), fixed)
