"""The diagnostics of a sampler: what it keeps and what it is given, measured, corrected, and told."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import torch

from idgen_compiler.check.columns import CodedColumn
from idgen_compiler.errors import DataError, IdgenError
from idgen_compiler.hinge.diagnostics import (
    Concern,
    Correction,
    DataDiagnosis,
    Diagnostics,
    GraphTest,
    JudgedOn,
    ModelDiagnosis,
    Propensity,
    by_importance,
)
from idgen_compiler.ir.program import Program
from idgen_compiler.verify.contradictions import columns_to_check
from idgen_compiler.warning import quietly
from idgen_torch.arithmetic import one_thread, our_arithmetic
from idgen_torch.observed import Observed, read_beside
from idgen_torch.running.diagnosing.column_types import odd_types
from idgen_torch.running.diagnosing.corrected import corrected
from idgen_torch.running.diagnosing.drawn import kinds_of
from idgen_torch.running.diagnosing.drift import drifts
from idgen_torch.running.diagnosing.graphs import arrows, columns_of, graph_tests, projected
from idgen_torch.running.diagnosing.judging import judged_model
from idgen_torch.running.diagnosing.propensities import propensities
from idgen_torch.running.diagnosing.trainings import cut_short
from idgen_torch.running.diagnosing.verdicts import (
    LEVEL,
    of_arrows,
    of_columns,
    of_corrections,
    of_data,
    of_graph,
    of_model,
    of_overlap,
    of_propensity,
)
from idgen_torch.running.fitted import FittedProgram
from idgen_torch.running.kept import MOST_ROWS, KeptData, KeptModel, kept_model, sampled
from idgen_torch.running.record import ModelReport

if TYPE_CHECKING:
    from idgen_compiler.estimates.estimate import Estimate

__all__ = ["Diagnosing"]

TRAINED = (
    "models were judged on rows that they were trained on, so that one which learned them by heart looks better than "
    "it is; give data= with rows that the fit never saw"
)
NOTHING = Concern(
    "yellow",
    "rows",
    "",
    "no model was judged, since the table of the fit is not at hand",
    "Give a table by data= (idgen diagnose DIR --data FILE), or call diagnostics() before save()",
)
NEW = "models of the table were judged on {rows} rows of data=, which the fit is not known to have seen"
SEEN = "{share:.0%} of the rows of data= stand in the table of the fit, so that models know them"


class Diagnosing:
    """A sampler that says how far it can be relied on."""

    device: torch.device

    @property
    def fitted(self) -> FittedProgram:
        """The models, with the record of the fit."""
        raise NotImplementedError

    def observed(self, data: Any = None, **reading: Any) -> Observed:
        """The rows of the fit."""
        raise NotImplementedError

    def diagnostics(self, data: Any = None, *, estimates: Sequence[Estimate] = (), **reading: Any) -> Diagnostics:
        """How far the fit can be relied on: a light with sentences, and what was measured; prints as a summary.

        `data` is a table of rows that the fit never saw, read as the fit's was (`reading` are its options, as in
        `observed`). Without one, models are judged on rows that they were trained on, which is said, and what was found
        once is kept and saved with the sampler. `estimates` are numbers of `estimate`, `ate` and the like, of which is
        said how far their correction moved them.

        A loaded sampler has what was found before it was saved. Otherwise it judges the models that it holds, on the
        table, if that can be read again. At most some 2,000 rows are looked at, fewer pictures and texts.

        Raises DataError for a table that cannot be read as the fit read its own.
        """
        kept = self.fitted.kept
        if data is None and kept.found is not None:
            return _with_estimates(kept.found, estimates)
        with our_arithmetic(gradients=False), one_thread():
            found = _diagnosed(self.fitted, self._rows_at_hand(), data, reading, self.device)
        if data is None:
            kept.found = found
        return _with_estimates(found, estimates)

    def _rows_at_hand(self) -> Observed | None:
        try:
            return self.observed()
        except DataError:
            return None


def _diagnosed(
    fitted: FittedProgram, observed: Observed | None, data: Any, reading: dict[str, Any], device: torch.device
) -> Diagnostics:
    began = time.process_time()
    kinds, notes = kinds_of(fitted.schema), list[str]()
    new = None if data is None else _new_rows(fitted, observed, data, reading)
    table = new if observed is None else observed
    rows = None if table is None else _of_table(table)
    models = list(_models(fitted, observed, new, device))
    judged = [judged_model(report, kept, kinds, word) if kept is not None else _unjudged(fitted.program, report)
              for report, kept, word in models]  # fmt: skip
    judged += [ModelDiagnosis(one.operation, one.models, one.name, 0, "nothing",
                              unjudged="brought by bind=, so that nothing is known of what it was trained on")
               for one in fitted.record.kernels]  # fmt: skip
    data_sets = drifts(fitted.program, fitted.record.data, fitted.kept, rows, fitted.schema, kinds)
    tables: list[Propensity] = []
    tests: list[GraphTest] = []
    edges: Sequence[Any] = ()
    odd: list[Concern] = []
    if rows is None or table is None:
        notes.append(
            "the table of the fit is not at hand: graph, overlap tables and types were not looked at; give data="
        )
    else:
        tables = propensities(fitted.program, fitted.kept, rows, fitted.schema, kinds, device)
        odd = odd_types(fitted.schema, table.rows, kinds)
        beside, left = _beside(fitted, table, data)
        notes += left
        columns = columns_of(fitted.program, beside, rows, fitted.schema, kinds)
        graph = projected(fitted.program, columns)
        with quietly():
            tests = graph_tests(graph, columns, LEVEL)
        edges = arrows(graph, columns)
    (judged_, data_, tests_), number = corrected((tuple(judged), tuple(data_sets), tuple(tests)))
    tests_ = tuple(replace(one, rejected=one.test is not None and one.test.corrected <= LEVEL) for one in tests_)
    word = _word(judged_)
    unseen = [NOTHING] if word == "nothing" and fitted.record.models else []
    concerns = _concerns(fitted, judged_, data_, tests_, edges, tables, [*odd, *unseen])
    return Diagnostics(
        fitted.record.rows,
        float(fitted.record.rows if fitted.record.effective_rows is None else fitted.record.effective_rows),
        word,
        _honesty(word, new, fitted, observed),
        LEVEL,
        number,
        concerns,
        judged_,
        data_,
        str(fitted.record.overlap) if fitted.record.overlap is not None else "",
        tuple(lack.text for lack in fitted.record.lacks),
        tuple(tables),
        tests_,
        tuple(edges),
        (),
        tuple(notes),
        round(time.process_time() - began, 3),
    )


def _beside(fitted: FittedProgram, table: Observed, data: Any) -> tuple[Mapping[str, CodedColumn], list[str]]:
    """The graph's columns as tests read them, those that the program does not read too; what is said where they lack.

    A fit has read them; of a loaded sampler they are read again, from the table that is given or that of the fit.
    """
    read, where = table.beside, (table.path or None) if data is None else data
    if not read and where is not None:
        with suppress(IdgenError), quietly():
            read = columns_to_check(fitted.program, where, {}, fitted.schema, table.how)
    if read:
        return read, []
    others = [name for name in fitted.program.graph.order if name not in fitted.program.observe.variables]
    told = "the graph was tested on the columns that the program reads alone, not on {}; give data="
    return {}, [told.format(", ".join(others))] if others else []


def _concerns(
    fitted: FittedProgram,
    models: Sequence[ModelDiagnosis],
    data: Sequence[DataDiagnosis],
    tests: Sequence[GraphTest],
    edges: Sequence[Any],
    tables: Sequence[Propensity],
    odd: Sequence[Concern],
) -> tuple[Concern, ...]:
    reports = {report.operation: report for report in fitted.record.models}
    found = [*odd, *of_columns(fitted.record), *of_overlap(fitted.record), *of_graph(tests), *of_arrows(edges)]
    found += [
        one
        for model in models
        if model.operation in reports
        for one in of_model(model, reports[model.operation], cut_short(fitted, model))
    ]
    found += [one for each in data for one in of_data(each)]
    found += [one for table in tables for one in of_propensity(table)]
    return by_importance(found)


def _models(
    fitted: FittedProgram, observed: Observed | None, new: Observed | None, device: torch.device
) -> Iterator[tuple[Any, KeptModel | None, JudgedOn]]:
    """Each model's report, and rows to judge it on: new ones for models of the table, or those of the fit."""
    of_the_table = _learned_from_table(fitted.program)
    for report in fitted.record.models:
        name = report.operation
        kept, model = fitted.kept.models.get(name), fitted.models.get(name)
        of_table = name in of_the_table
        model = kept.model if kept is not None else model
        if new is not None and of_table and model is not None:
            yield report, kept_model(model, new.rows, new.weights, device=device), "new rows"
        elif kept is not None:
            yield report, kept, "rows of the fit"
        elif model is not None and of_table and observed is not None:
            yield report, kept_model(model, observed.rows, observed.weights, device=device), "rows of the fit"
        else:
            yield report, None, "nothing"


def _learned_from_table(program: Program) -> set[str]:
    """The models that are trained on rows of the table, not of a law."""
    return {op.result for op in program.models if op.data == program.observe.result}


def _unjudged(program: Program, report: ModelReport) -> ModelDiagnosis:
    why = "the rows of its law were not saved; call diagnostics() before save()"
    if report.operation in _learned_from_table(program):
        why = "the table of the fit is not at hand; give one by data= (idgen diagnose DIR --data FILE)"
    head = (report.operation, report.models, report.family, report.rows)
    return ModelDiagnosis(*head, "nothing", curves=report.curves, unjudged=why)


def _of_table(observed: Observed) -> KeptData:
    """Rows of the table that stand for all, each once where all count alike."""
    index = sampled(observed.rows, observed.weights, MOST_ROWS)
    if observed.weights is not None:
        index = index.unique()
    rows = {name: values[index.to(values.device)].cpu() for name, values in observed.rows.items()}
    return KeptData(rows, len(index))


def _new_rows(fitted: FittedProgram, observed: Observed | None, data: Any, reading: dict[str, Any]) -> Observed:
    origin = fitted.origin if observed is None else observed.origin
    if origin is None:
        raise DataError("the sampler was saved without word of its table; fit the program again and save it")
    return read_beside(origin, fitted.schema, fitted.program.observe.variables, data, reading)


def _word(models: Sequence[ModelDiagnosis]) -> JudgedOn:
    words = {model.judged for model in models}
    return "rows of the fit" if "rows of the fit" in words else "new rows" if "new rows" in words else "nothing"


def _honesty(word: JudgedOn, new: Observed | None, fitted: FittedProgram, observed: Observed | None) -> str:
    told = []
    if new is not None:
        told.append(NEW.format(rows=new.count))
        share = _known(new, observed)
        if share > 0.01:
            told.append(SEEN.format(share=share))
    if word == "rows of the fit":
        told.append(TRAINED if new is None else f"of data that was made, {TRAINED.partition(';')[0]}")
    return "; ".join(told)


def _known(new: Observed, observed: Observed | None) -> float:
    """The share of new rows that stand in the table, where rows have a number by which they are told apart."""
    if observed is None:
        return 0.0
    numbers = [name for name, values in new.rows.items() if values.dtype == torch.float32 and values.shape[1:] == (1,)]
    if not numbers or any(name not in observed.rows for name in new.rows):
        return 0.0
    both = [torch.cat([rows.rows[name][:, 0].cpu() for name in numbers[:4]]).reshape(len(numbers[:4]), -1).T
            for rows in (new, observed)]  # fmt: skip
    table = {tuple(row) for row in both[1].tolist()}
    if len(table) < 0.9 * observed.count:
        return 0.0
    return sum(tuple(row) in table for row in both[0].tolist()) / max(new.count, 1)


def _with_estimates(found: Diagnostics, estimates: Sequence[Estimate]) -> Diagnostics:
    if not estimates:
        return found
    try:
        moved = tuple(Correction(one.what, one.value, one.se, one.correction) for one in estimates)
    except AttributeError:
        raise IdgenError("estimates= takes what estimate(), contrast(), ate() and the like return") from None
    concerns = by_importance([*found.concerns, *of_corrections(moved)])
    return replace(found, corrections=moved, concerns=concerns)
