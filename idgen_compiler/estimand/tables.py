"""Discrete laws as arrays: the joint that a user gives, the kernels that come out, and how tables multiply.

Every table is float64, or an object array of `fractions.Fraction` for arithmetic without rounding; `Residues` stand in
the place of such an array where nothing is asked but whether two are equal.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, cast

import numpy as np
import opt_einsum

from idgen_compiler.errors import DataError, near_misses
from idgen_compiler.estimand.arithmetic.contraction import contraction
from idgen_compiler.estimand.arithmetic.residues import Residues
from idgen_compiler.estimand.arithmetic.whole import fractions_over, in_whole, summed
from idgen_compiler.forms.shown import listed
from idgen_compiler.forms.spelling import composed

__all__ = ["ROUNDING", "Array", "Joint", "KernelTable", "Table", "as_array", "contract", "normalize"]

Array = np.ndarray[Any, np.dtype[Any]]

ROUNDING = 1e-9
"""By this fraction float64 tables may differ that are equal in exact arithmetic."""


@dataclass(frozen=True, slots=True)
class Table:
    """An array whose axes are named: axis k belongs to variable `axes[k]`.

    `known` is how much of each value is determined: less than the value where a part of it rests on a conditional
    whose condition never occurs. None stands for all of it.
    """

    axes: tuple[str, ...]
    values: Array
    known: Array | None = None

    def aligned(self, axes: Sequence[str]) -> Array:
        """The values with the axes in another order.  Shape: one axis for each of `axes`."""
        return self.values.transpose([self.axes.index(a) for a in axes])

    def summed(self, keep: Iterable[str]) -> Table:
        """The table summed over every axis that is not kept."""
        kept = set(keep)
        drop = tuple(k for k, a in enumerate(self.axes) if a not in kept)
        if not drop:
            return self
        known = None if self.known is None else np.asarray(self.known.sum(axis=drop))
        return Table(tuple(a for a in self.axes if a in kept), _summed(self.values, drop), known)

    def renamed(self, names: Mapping[str, str]) -> Table:
        """The table with some axes under other names."""
        return Table(tuple(names.get(a, a) for a in self.axes), self.values, self.known)

    @property
    def unknown(self) -> Array:
        """Where a part of the value is not determined.  Shape: that of the values, booleans."""
        if self.known is None:
            return np.zeros(self.values.shape, dtype=bool)
        lost: Array = self.values - self.known
        return np.asarray(lost != 0 if self.values.dtype == object else lost > ROUNDING * self.values, dtype=bool)


def contract(tables: Sequence[Table], keep: Sequence[str], sizes: Mapping[str, int], exact: bool) -> Table:
    """The product of the tables, summed over every axis that is not kept.

    Axes of `keep` that no table has are filled by repetition (a product that does not depend on them).
    opt_einsum finds the order of contraction.
    """
    factors = [(t.axes, t.values) for t in tables]
    values = _contracted(factors, keep, sizes, exact)
    if all(t.known is None for t in tables):
        return Table(tuple(keep), values)
    sure = [(t.axes, t.values if t.known is None else t.known) for t in tables]
    return _where_needed(Table(tuple(keep), values, _contracted(sure, keep, sizes, exact)))


def _contracted(
    factors: Sequence[tuple[tuple[str, ...], Array]], keep: Sequence[str], sizes: Mapping[str, int], exact: bool
) -> Array:
    there = {axis for axes, _ in factors for axis in axes}
    have = [a for a in keep if a in there]
    values: Any
    if not factors:
        values = np.array(Fraction(1) if exact else 1.0, dtype=object if exact else float)
    elif exact:
        values = _exactly(factors, have)
    else:
        number = {axis: k for k, axis in enumerate(there)}
        operands: list[Any] = []
        for axes, array in factors:
            operands += [array, [number[a] for a in axes]]
        values = np.asarray(opt_einsum.contract(*operands, [number[a] for a in have], optimize="auto"))
    if len(have) < len(keep):
        shape, sides = [sizes[a] for a in keep], [sizes[a] if a in there else 1 for a in keep]
        values = values.reshape(tuple(sides))
        values = values.repeated(shape) if isinstance(values, Residues) else np.broadcast_to(values, shape)
    return as_array(values)


def _exactly(factors: Sequence[tuple[tuple[str, ...], Any]], have: Sequence[str]) -> Any:
    residues = next((array for _, array in factors if isinstance(array, Residues)), None)
    if residues is not None:
        return contraction([(axes, Residues.of(array, residues.primes)) for axes, array in factors], have)
    whole = in_whole([array for _, array in factors])
    if whole is None:
        return contraction(factors, have)
    counts = [(axes, array) for (axes, _), array in zip(factors, whole[0], strict=True)]
    return fractions_over(contraction(counts, have), whole[1])


def _summed(values: Array, over: tuple[int, ...]) -> Array:
    return as_array(values.sum(axis=over)) if isinstance(values, Residues) else summed(values, over)


def as_array(values: Any) -> Array:
    """What arithmetic on tables gives, which may be a single number, as an array; residues are one already."""
    array: Any = values if isinstance(values, Residues) else np.asarray(values)
    return cast(Array, array)


def _where_needed(table: Table) -> Table:
    """The table without its `known` where that is all of it."""
    return table if table.unknown.any() else Table(table.axes, table.values)


def normalize(table: Table, targets: Iterable[str]) -> Table:
    """The conditional of the targets given the other axes.

    Where the condition has probability zero, or a part of the law there is unknown, the conditional is not defined: it
    is taken uniform, so that the result is a kernel, and none of it is known. Under positivity, which the theory
    assumes, this never happens.
    """
    wanted = set(targets)
    over = tuple(k for k, a in enumerate(table.axes) if a in wanted)
    total = table.values.sum(axis=over, keepdims=True)
    undefined = np.asarray(total == 0)
    if table.known is not None:
        undefined = undefined | table.unknown.any(axis=over, keepdims=True)
    if not undefined.any():
        return Table(table.axes, table.values / total)
    count = int(np.prod([table.values.shape[k] for k in over]))
    even: Any = Fraction(1, count) if table.values.dtype == object else 1.0 / count
    one: Any = type(even)(1)
    values = np.where(undefined, even, table.values / np.where(undefined, one, total))
    return Table(table.axes, values, np.where(undefined, one - one, values))


def _as_table(values: Any, what: str) -> Array:
    try:
        table = np.asarray(values)
    except ValueError:
        raise DataError(f"the {what} has rows of different lengths; give one axis a variable") from None
    if table.dtype != object:
        if table.dtype.kind == "c":
            raise DataError(f"the {what} holds complex numbers; probabilities are real")
        try:
            table = table.astype(np.float64)
        except (TypeError, ValueError):
            raise DataError(f"the {what} holds {table.dtype} values; give numbers or fractions.Fraction") from None
        if not np.isfinite(table).all():
            raise DataError(f"the {what} holds NaN or infinity; probabilities are finite")
        return table
    for value in table.flat:
        if not isinstance(value, (Fraction, int)) or isinstance(value, bool):
            raise DataError(f"the {what} holds {value!r}; an object array holds only fractions.Fraction (or int)")
    if table.size:
        table = np.frompyfunc(Fraction, 1, 1)(table)
    return np.asarray(table, dtype=object)


class Joint:
    """A discrete law P(V) as a table of probabilities.

    `table` has one axis for each of `variables`, in that order: float64, or an object array of Fraction.
    `labels` may name the categories of a variable; without them they are 0, 1, 2, ...

    Raises DataError when the shape does not fit, a probability is negative, or they do not sum to one
    (exactly for Fractions, within 1e-9 for floats).

    >>> Joint(("X", "Y"), [[0.3, 0.1], [0.2, 0.4]], labels={"X": ("low", "high")})
    Joint(X: 2, Y: 2; float64)
    >>> Joint(("X",), [Fraction(1, 3), Fraction(2, 3)]).exact
    True
    """

    def __init__(self, variables: Iterable[str], table: Any, labels: Mapping[str, Sequence[Any]] | None = None) -> None:
        self.variables: tuple[str, ...] = tuple(map(composed, variables))
        self.table: Array = table if isinstance(table, Residues) else _as_table(table, "joint table")  # type: ignore[assignment]
        self.labels: dict[str, tuple[Any, ...]] = {composed(k): tuple(v) for k, v in (labels or {}).items()}
        if len(set(self.variables)) < len(self.variables):
            raise DataError(f"the joint names a variable twice: {', '.join(self.variables)}")
        if self.table.ndim != len(self.variables):
            raise DataError(
                f"the joint names {len(self.variables)} variables but its table has {self.table.ndim} axes; "
                "axis k belongs to variables[k]"
            )
        if self.table.size == 0:
            raise DataError(f"the joint's table is empty (shape {self.table.shape}); every variable needs a category")
        if not isinstance(self.table, Residues) and (self.table < 0).any():
            raise DataError("the joint holds a negative probability")
        total = self.table.sum()
        if total != 1 if self.exact else abs(total - 1) > 1e-9:
            raise DataError(f"the joint's probabilities sum to {total}, not 1; divide the table by its sum")
        for name, values in self.labels.items():
            if name not in self.variables:
                raise DataError(
                    f"labels are given for {name!r}, which the joint lacks{near_misses(name, self.variables)}"
                )
            if len(values) != self.sizes[name]:
                raise DataError(f"{name} has {self.sizes[name]} categories but {len(values)} labels")
            if len(set(values)) < len(values):
                raise DataError(f"a label of {name} stands for two categories: {listed(values)}")

    @classmethod
    def from_samples(cls, columns: Mapping[str, Any], sizes: Mapping[str, int] | None = None) -> Joint:
        """The empirical joint of integer codes 0, 1, 2, ... by variable; `sizes` gives the numbers of categories.

        Shape: every column (rows,), integers; the joint has the relative frequencies.
        Raises DataError for columns that are no codes, differ in length, or are none.

        >>> Joint.from_samples({"X": [0, 0, 1, 1], "Y": [0, 1, 1, 1]}).table
        array([[0.25, 0.25],
               [0.  , 0.5 ]])
        """
        names = tuple(columns)
        if not names:
            raise DataError("there are no columns; an empirical joint needs at least one variable")
        codes = [np.asarray(columns[k]) for k in names]
        for name, code in zip(names, codes, strict=True):
            if code.ndim != 1 or len(code) != len(codes[0]):
                raise DataError(
                    f"column {name} has shape {code.shape} and column {names[0]} {codes[0].shape}; give one code a row"
                )
            if code.size == 0:
                raise DataError(f"column {name} is empty; an empirical joint needs at least one row")
            if not np.issubdtype(code.dtype, np.integer) or code.min() < 0:
                raise DataError(f"column {name} must hold codes 0, 1, 2, ...; encode its labels first")
        shape = [int((sizes or {}).get(k, int(c.max()) + 1)) for k, c in zip(names, codes, strict=True)]
        for name, code, size in zip(names, codes, shape, strict=True):
            if code.max() >= size:
                raise DataError(f"column {name} holds code {code.max()} but has only {size} categories")
        flat = np.ravel_multi_index(tuple(codes), tuple(shape))
        counts = np.bincount(flat, minlength=int(np.prod(shape))).reshape(shape)
        return cls(names, counts / counts.sum())

    @property
    def exact(self) -> bool:
        """Whether the table holds Fractions."""
        return bool(self.table.dtype == object)

    @property
    def sizes(self) -> dict[str, int]:
        """The number of categories of each variable."""
        return dict(zip(self.variables, self.table.shape, strict=True))

    def marginal(self, names: Iterable[str]) -> Table:
        """The law of some variables, axes in the joint's order.  Raises DataError for an unknown name."""
        wanted = tuple(names)
        for name in wanted:
            if name not in self.variables:
                raise DataError(f"the joint lacks the variable {name}{near_misses(name, self.variables)}")
        return Table(self.variables, self.table).summed(wanted)

    def __repr__(self) -> str:
        kind = "Fraction" if self.exact else "float64"
        return f"Joint({', '.join(f'{k}: {n}' for k, n in self.sizes.items())}; {kind})"


@dataclass(frozen=True, eq=False)
class KernelTable:
    """A kernel q(targets | given) as a table: axes are `given`, then `targets`, each sorted by name.

    For every value of `given` the table sums to one over the targets, or holds NaN where P does not determine the law
    of the targets (see `defined`).

    >>> kernel = KernelTable(("X",), ("Y",), np.array([[0.75, 0.25], [0.5, 0.5]]))
    >>> kernel.at(X=0)
    array([0.75, 0.25])
    >>> float(kernel.distance(KernelTable(("X",), ("Y",), np.array([[0.5, 0.5], [0.5, 0.5]]))))
    0.25
    """

    given: tuple[str, ...]
    targets: tuple[str, ...]
    table: Array

    @classmethod
    def of(cls, law: Table, given: Sequence[str], targets: Sequence[str]) -> KernelTable:
        """A law over `given`, then `targets`, as a kernel: NaN for each value of `given` where it is not all known."""
        values = law.values if isinstance(law.values, Residues) else np.ascontiguousarray(law.values)
        if law.known is not None:
            over = tuple(range(len(given), values.ndim))
            undefined = law.unknown.any(axis=over, keepdims=True)
            values = np.where(undefined, math.nan, values)
        return cls(tuple(given), tuple(targets), values)

    @property
    def defined(self) -> Array:
        """Whether P determines the law of the targets, for each value of `given`.

        Shape: one axis for each of `given`, booleans. Where it is False the table holds NaN.

        >>> KernelTable(("X",), ("Y",), np.array([[0.75, 0.25], [np.nan, np.nan]])).defined
        array([ True, False])
        """
        whole = np.asarray(self.table == self.table, dtype=bool)  # NaN alone differs from itself
        return np.asarray(whole.all(axis=tuple(range(len(self.given), self.table.ndim))))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, KernelTable):
            return NotImplemented
        return (
            (self.given, self.targets) == (other.given, other.targets)
            and self.table.shape == other.table.shape
            and bool(((self.table == other.table) | (self.table != self.table) & (other.table != other.table)).all())
        )

    __hash__ = None  # type: ignore[assignment]

    def at(self, **values: int) -> Array:
        """The law of the targets at one value of every given variable.  Shape: one axis a target."""
        missing = [k for k in self.given if k not in values]
        unknown = [k for k in values if k not in self.given]
        if missing or unknown:
            raise DataError(
                f"the kernel is given {', '.join(self.given) or 'nothing'}; missing {missing}, unknown {unknown}"
            )
        for name, size in zip(self.given, self.table.shape, strict=False):
            if not 0 <= values[name] < size:
                raise DataError(f"{name} = {values[name]} is no category; it has the codes 0 to {size - 1}")
        return np.asarray(self.table[tuple(values[k] for k in self.given)])

    def distance(self, other: KernelTable, *, where_both: bool = False) -> Any:
        """The largest total variation over the given values; exact for Fractions.

        NaN where one of the kernels is not defined and the other is, unless only values count `where_both` are.
        """
        over = tuple(range(len(self.given), self.table.ndim))
        apart = np.asarray(abs(self.table - other.table).sum(axis=over) / 2)
        left_out = ~(self.defined & other.defined) if where_both else ~(self.defined | other.defined)
        return np.max(np.where(left_out, 0, apart) if left_out.any() else apart)
