"""Everything that was looked at in a fit, as one value with one light."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from idgen_compiler.errors import DataError
from idgen_compiler.forms.markup import bullets, details, joined, tag
from idgen_compiler.forms.record import read_record, to_plain
from idgen_compiler.hinge.diagnostics.balance import Propensity
from idgen_compiler.hinge.diagnostics.concerns import LIGHTS, Color, Concern, color_of
from idgen_compiler.hinge.diagnostics.laws import Arrow, Correction, DataDiagnosis, GraphTest
from idgen_compiler.hinge.diagnostics.models import JudgedOn, ModelDiagnosis

__all__ = ["Diagnosed", "Diagnostics"]


@dataclass(frozen=True, slots=True)
class Diagnostics:
    """How far a fit can be relied on: one light, the sentences behind it, and what was measured.

    rows, effective_rows: of the fit.  judged: on which rows its models were judged, said in `honesty`.
    concerns: what is wrong, the most important first.  notes: what was not looked at, and why, and what is exact.
    level: below which corrected p-values count; all tests of the fit are corrected together (Holm 1979).
    overlap: what the fit said of it; "" where there is nothing to say.  lacking: the cells or regions that lack rows.

    >>> found = Diagnostics(0, 0.0, "nothing", notes=("the law is exact",))
    >>> print(found)
    green: nothing wrong was found
      note: the law is exact
    >>> Diagnostics.from_json(found.to_json()) == found
    True
    """

    rows: int
    effective_rows: float
    judged: JudgedOn
    honesty: str = ""
    level: float = 0.01
    tests: int = 0
    concerns: tuple[Concern, ...] = ()
    models: tuple[ModelDiagnosis, ...] = ()
    data: tuple[DataDiagnosis, ...] = ()
    overlap: str = ""
    lacking: tuple[str, ...] = ()
    propensities: tuple[Propensity, ...] = ()
    graph: tuple[GraphTest, ...] = ()
    arrows: tuple[Arrow, ...] = ()
    corrections: tuple[Correction, ...] = ()
    notes: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def color(self) -> Color:
        """That of the worst concern; green where there are none."""
        return color_of(self.concerns)

    @property
    def ok(self) -> bool:
        """Whether the light is green."""
        return self.color == "green"

    def __str__(self) -> str:
        lines = [f"{self.color}: {LIGHTS[self.color]}", *(f"  {one}" for one in self.concerns)]
        lines += [f"  {self.honesty}"] if self.honesty else []
        lines += [f"  {model}" for model in self.models]
        lines += [f"  {data}" for data in self.data]
        lines += [f"  {self.overlap}"] if self.overlap else []
        lines += [f"    {text}" for text in self.lacking]
        lines += [f"  {one}" for one in self.propensities]
        if self.graph:
            lines.append(f"  the graph: {sum(one.rejected for one in self.graph)} of {len(self.graph)} implications "
                         "contradicted by the rows")  # fmt: skip
        lines += [f"  estimate: {one}" for one in self.corrections]
        lines += [f"  note: {note}" for note in self.notes]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        told = [*map(str, self.concerns), *([self.honesty] if self.honesty else []), *self.notes]
        light = tag("p", tag("b", self.color), f": {LIGHTS[self.color]}")
        return joined([light, bullets(told), details("in full", tag("pre", self))])

    def to_json(self) -> dict[str, Any]:
        """The value as JSON values."""
        plain: dict[str, Any] = to_plain(self)
        return plain

    @classmethod
    def from_json(cls, data: Any) -> Diagnostics:
        """What `to_json` wrote.  Raises DataError for anything unknown, missing or of the wrong type."""
        return read_record(cls, data, "the diagnostics", DataError)


@runtime_checkable
class Diagnosed(Protocol):
    """A sampler that says how far it can be relied on."""

    def diagnostics(self, data: Any = None) -> Diagnostics:
        """What was found, on rows that the fit never saw where `data` has them."""
        ...
