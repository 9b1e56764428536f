"""The value of a written-out formula on a discrete joint, as a reader with a table of P(V) would work it out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

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
from idgen_compiler.estimand.tables import Joint, Table, contract, normalize
from idgen_compiler.estimand.tree import fold


def evaluate_written(written: Written, joint: Joint, keep: Sequence[str]) -> Table:
    """The answer as a table over `keep` and then its free variables; later definitions serve earlier ones."""
    laws: dict[int, tuple[Definition, Table]] = {}
    for definition in reversed(written.laws):
        axes = (*definition.inputs, *definition.targets)
        laws[definition.law] = definition, _table(definition.body, joint, laws, (*axes, *definition.free))
    return _table(written.main.body, joint, laws, (*keep, *written.main.free))


def _table(body: Formula, joint: Joint, laws: dict[int, tuple[Definition, Table]], keep: Sequence[str]) -> Table:
    def multiplied(tables: Sequence[Table]) -> Table:
        axes = tuple(dict.fromkeys(axis for table in tables for axis in table.axes))
        return contract(tables, axes, _sizes(axes, joint), joint.exact)

    def conditional(term: Probability) -> Table:
        plain = {name_of(v): v for v in (*term.targets, *term.given)}
        assert len(plain) == len(term.targets) + len(term.given), "an atom names a variable once"
        if term.law:
            definition, table = laws[term.law]
            names = {name_of(v): v for v in (*definition.targets, *definition.inputs, *definition.free)}
            assert len(names) == len(table.axes)
            # What a conditional of a sub-law does not name may take any value: take the first.
            idle = [*definition.free, *(i for i in definition.inputs if name_of(i) not in plain)]
            at = tuple(0 if axis in idle else slice(None) for axis in table.axes)
            table = Table(tuple(a for a in table.axes if a not in idle), table.values[at])
            table = table.renamed({v: name for name, v in names.items()}).summed(plain)
        else:
            table = joint.marginal(plain)
        return normalize(table, [name_of(t) for t in term.targets]).renamed(plain)

    def visit(term: Formula, values: Mapping[Formula, Table]) -> Table:
        match term:
            case Probability():
                return conditional(term)
            case Times(factors):
                return multiplied([values[f] for f in factors])
            case Sum(over, body):
                table = values[body]
                assert set(over) <= set(table.axes), "a sum ranges over what its body mentions"
                return table.summed(set(table.axes) - set(over))
            case Ratio(above, below):
                lower = values[below]
                return multiplied([values[above], Table(lower.axes, 1 / lower.values)])
        raise TypeError(type(term).__name__)

    table = fold(body, visit)
    return contract([table], tuple(keep), _sizes((*keep, *table.axes), joint), joint.exact)


def _sizes(axes: Sequence[str], joint: Joint) -> dict[str, int]:
    return {axis: joint.sizes[name_of(axis)] for axis in axes}
