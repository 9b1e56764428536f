"""Sampling from kernels that are known as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from idgen_compiler.data.kinds.labels import label_codes, read_label
from idgen_compiler.data.kinds.setting import Setting
from idgen_compiler.discrete.policies import law_of
from idgen_compiler.errors import DataError
from idgen_compiler.estimand.tables import Array, KernelTable
from idgen_compiler.forms.shown import cut
from idgen_compiler.forms.spelling import composed
from idgen_compiler.graph.names import variable_of
from idgen_compiler.hinge.assigned import Assigned, assigned
from idgen_compiler.hinge.charts.looking import Looking
from idgen_compiler.hinge.diagnostics import Concern, Diagnostics
from idgen_compiler.hinge.policies import Policy
from idgen_compiler.hinge.probability import Probabilities, asked_outcomes, rows_asked
from idgen_compiler.hinge.question import Question, check_stated, query_of, sampler_of
from idgen_compiler.hinge.samples import Samples
from idgen_compiler.hinge.saved import folder_of
from idgen_compiler.ir.operands import records
from idgen_compiler.ir.operations import Assign, Sample
from idgen_compiler.ir.program import Program
from idgen_compiler.query import Query
from idgen_exact.policies import closed
from idgen_exact.saving import write_sampler

__all__ = ["ExactSampler"]

EXACT = "all is exact: every law was computed from the joint, none was learned, so that there is nothing to judge"

Labels = Mapping[str, tuple[Any, ...]]
"""Variable -> the label of each of its categories; a variable without labels has the codes 0, 1, 2, ..."""


class ExactSampler(Looking):
    """A program run on a discrete law: the exact kernel of every query it answers.

    `kernels` holds a kernel for each `sample` operation, by the name of its query; `labels` the categories' names of
    the variables that have any.
    """

    def __init__(
        self,
        program: Program,
        kernels: Mapping[str, KernelTable],
        labels: Labels,
        policies: Mapping[str, Policy] | None = None,
    ) -> None:
        self.program = program
        self.kernels: dict[str, KernelTable] = dict(kernels)
        self.labels: dict[str, tuple[Any, ...]] = dict(labels)
        self.policies: dict[str, Policy] = dict(policies or {})

    def kernel(self, query: Query | str | None = None, do: Mapping[str, Any] | None = None) -> KernelTable:
        """The kernel of one query: given its treatments and conditions, targets its outcomes, each sorted by name.

        It is NaN where the joint does not determine it (`KernelTable.defined`). `query` may be left out where the
        program answers one. `do` holds the policies of treatments that are drawn, where the query or the fit does not
        say them.  Raises DataError for an unknown or ambiguous query, and for a policy that is none or lacking.
        """
        op = sampler_of(self.program, query)
        said = {composed(str(name)): policy for name, policy in (do or {}).items()}
        for name in said:
            if name not in dict(query_of(self.program, op).policies):
                raise DataError(f"do names {name!r}, which no policy of {op.query or self.program.name} draws")
        found = [
            assigned(each, self.policies, self.program, said.get(variable_of(each.slot)))
            for each in records(op.network, Assign)
        ]
        return self._closed(op, found)

    def _closed(self, op: Sample, policies: Sequence[Assigned]) -> KernelTable:
        kernel = self.kernels[op.query]
        sizes = zip((*kernel.given, *kernel.targets), kernel.table.shape, strict=True)
        labels = {variable_of(slot): self._labels(variable_of(slot), size) for slot, size in sizes}
        return closed(kernel, op, policies, labels, kernel.table.dtype == object)

    def sample(
        self,
        n: int,
        do: Mapping[str, Any] | None = None,
        given: Mapping[str, Any] | None = None,
        seed: int | None = None,
        query: Query | str | None = None,
    ) -> Samples:
        """Draw n samples of the outcomes by inverting the cumulative law.

        Each value of `do` and `given` is one value or one per sample: labels where the variable has any, codes
        0, 1, 2, ... otherwise; the samples are likewise.

        Raises DataError for a missing, unknown or misplaced variable, a value that is no category, a column of
        another length than n, and for values at which the joint does not determine the answer.
        """
        question = Question.of(self.program, n, do, given, seed, query, self.policies)
        if query is not None:
            check_stated(self.program, self.check, query)
        kernel = self._closed(question.sampler, question.assigned)
        generator = np.random.default_rng(question.seed % 2**64)
        split = len(kernel.given)
        sizes, outcomes = kernel.table.shape[:split], kernel.table.shape[split:]
        places = zip(kernel.given, sizes, strict=True)
        settings = question.settings
        codes = [
            self._drawn(question, name, size, generator)
            if name in question.drawn
            else self._codes(*settings[name], size)
            for name, size in places
        ]
        rows = np.ravel_multi_index(codes, sizes) if codes else np.zeros(question.n, dtype=np.intp)
        self._check_defined(question, kernel, rows)
        table = np.nan_to_num(kernel.table.reshape(int(np.prod(sizes)), -1).astype(np.float64), nan=1.0)
        cells = _draw(table, rows, generator)
        drawn = np.unravel_index(cells, outcomes)
        return Samples({k: self._labeled(k, code) for k, code in zip(kernel.targets, drawn, strict=True)})

    def probability(
        self,
        outcome: str | Sequence[str],
        do: Mapping[str, Any] | None = None,
        given: Mapping[str, Any] | None = None,
        query: Query | str | None = None,
        n: int = 10_000,
        seed: int | None = None,
    ) -> Probabilities:
        """The law of one or several outcomes, exactly: fractions where the joint has them.

        Where values of `do` or `given` are arrays, there is one law for each row. `n` and `seed` change nothing.

        >>> import idgen_compiler as idgen
        >>> program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("X -> Y"))
        >>> sampler = program.fit(idgen.Joint(("X", "Y"), [[0.25, 0.25], [0.1, 0.4]]), backend="exact")
        >>> sampler.probability("Y", do={"X": 1})
        Probabilities(Y: 0 0.2, 1 0.8; exact)
        >>> sampler.probability("Y", do={"X": [0, 1]})[1].tolist()
        [0.5, 0.8]

        Raises DataError as `sample` does, and for what is no outcome of the query.
        """
        question = Question.of(self.program, n, do, given, seed, query, self.policies)
        outcomes = asked_outcomes(outcome, question)
        if query is not None:
            check_stated(self.program, self.check, query)
        kernel = self.kernels[question.sampler.query]
        count, settings = rows_asked(question, self.check)
        split = len(kernel.given)
        sizes = kernel.table.shape[:split]
        codes = [self._codes(*settings[name], size) for name, size in zip(kernel.given, sizes, strict=True)]
        rows = np.ravel_multi_index(codes, sizes) if codes else np.zeros(count or 1, dtype=np.intp)
        self._check_defined(question, kernel, rows)
        laws = kernel.table.reshape(-1, *kernel.table.shape[split:])[rows]
        left = [1 + k for k, name in enumerate(kernel.targets) if name not in outcomes]
        laws = laws.sum(axis=tuple(left)) if left else laws
        kept = [name for name in kernel.targets if name in outcomes]
        laws = laws.transpose(0, *(1 + kept.index(name) for name in outcomes))
        labels = [self._labels(name, size) for name, size in zip(outcomes, laws.shape[1:], strict=True)]
        values = laws[0] if count is None else laws
        return Probabilities(outcomes, labels, values, np.zeros(values.shape), "exact", 0)

    def read_value(self, name: str, text: str) -> Any:
        """The category that a person typed, by its label or code.  Raises DataError for a text that names none.

        A variable that the program does not know keeps its text, for `sample` to say so.
        """
        for kernel in self.kernels.values():
            for slot, size in zip((*kernel.given, *kernel.targets), kernel.table.shape, strict=True):
                if variable_of(slot) == name:
                    return read_label(name, self._labels(name, size), text)
        return text

    def diagnostics(self, data: Any = None) -> Diagnostics:
        """That all was computed and nothing learned: no model, no draw and no table can be wrong; `data` is not read.

        >>> import idgen_compiler as idgen
        >>> program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("X -> Y"))
        >>> print(program.fit(idgen.Joint(("X", "Y"), [[0.25, 0.25], [0.1, 0.4]]), backend="exact").diagnostics())
        green: nothing wrong was found
          note: all is exact: every law was computed from the joint, none was learned, so that there is nothing to judge
        """
        undefined = [name or self.program.name for name, kernel in self.kernels.items() if not kernel.defined.all()]
        lacks = tuple(f"the joint does not determine {name} at every value of do and given" for name in undefined)
        remedy = "Ask where kernel().defined is true"
        concerns = tuple(Concern("yellow", "overlap", "", text, remedy) for text in lacks)
        return Diagnostics(0, 0.0, "nothing", concerns=concerns, lacking=lacks, notes=(EXACT,))

    def save(self, path: str | Path) -> None:
        """Write the program and its kernels into a folder as JSON, in the place of a saved sampler that is there.

        Raises DataError if the folder holds other files, or cannot be written.
        """
        write_sampler(folder_of(path), self.program, self.kernels, self.labels, self.policies)

    def _drawn(self, question: Question, name: str, size: int, generator: np.random.Generator) -> Array:
        """The codes of a treatment that each sample draws from a policy.  Shape: (n,)."""
        law = law_of(Assigned(name, question.drawn[name], {}), {name: self._labels(name, size)}, False)
        return _draw(law.values[None], np.zeros(question.n, dtype=np.intp), generator)

    def _check_defined(self, question: Question, kernel: KernelTable, rows: Array) -> None:
        """Raise DataError for rows of the kernel that the joint does not determine.  Shape: rows (n,)."""
        lost = rows[~kernel.defined.reshape(-1)[rows]]
        if not len(lost):
            return
        sizes = kernel.table.shape[: len(kernel.given)]
        codes = zip(kernel.given, sizes, np.unravel_index(lost[0], sizes) if sizes else (), strict=True)
        at = ", ".join(f"{name} = {cut(self._labels(name, size)[code])}" for name, size, code in codes)
        raise DataError(
            f"the joint does not determine {question.query}{f' at {at}' if at else ''}: the answer rests on a "
            "condition that has probability zero; ask where kernel().defined is true, at values that occur together "
            "with all that they are compared across"
        )

    def check(self, setting: Setting, value: Any) -> None:
        """Raise DataError for a value that is no category of a variable of a kernel."""
        for kernel in self.kernels.values():
            axes = map(variable_of, (*kernel.given, *kernel.targets))
            sizes = dict(zip(axes, kernel.table.shape, strict=True))
            if setting.name in sizes:
                self._codes(setting, value, sizes[setting.name])

    def _labels(self, name: str, size: int) -> tuple[Any, ...]:
        return self.labels.get(name, tuple(range(size)))

    def _codes(self, setting: Setting, value: Any, size: int) -> Array:
        """The codes of a variable's values.  Shape: (n,)."""
        codes: Array = np.broadcast_to(label_codes(setting, value, self._labels(setting.name, size)), (setting.n,))
        return codes

    def _labeled(self, name: str, codes: Array) -> Array:
        if name not in self.labels:
            return codes
        labels = self.labels[name]
        alike = len({type(label) for label in labels}) == 1
        return np.asarray(labels, dtype=None if alike else object)[codes]


def _draw(table: Array, rows: Array, generator: np.random.Generator) -> Array:
    """One cell for each of `rows`, from the law in that row of `table`.

    The cumulative laws stand end to end, row r over the interval (r, r + 1], so that one search serves all rows.
    Shape: table (rows of the kernel, cells), rows (n,) -> (n,).
    """
    cumulative = table.cumsum(axis=1)
    cumulative /= cumulative[:, -1:]
    count, width = table.shape
    ends = (cumulative + np.arange(count)[:, None]).reshape(-1)
    found = np.searchsorted(ends, rows + generator.random(len(rows)), side="right")
    # Rounding may place a draw at its row's very end: it belongs to the row's last cell that has any mass.
    last = rows * width + (width - 1 - np.argmax(table[:, ::-1] > 0, axis=1))[rows]
    cells: Array = np.minimum(found, last) - rows * width
    return cells
