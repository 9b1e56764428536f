"""What any fitted sampler can be asked to show: charts of its answers, and its page."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from idgen_compiler.errors import DataError
from idgen_compiler.forms.markup import Markup, details, joined, tag
from idgen_compiler.hinge.charts.outline import chart_of_samples

__all__ = ["Looking", "told_setting", "told_settings"]


class Looking:
    """A sampler that can be looked at.

    >>> import idgen_compiler as idgen
    >>> program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("X -> Y"))
    >>> sampler = program.fit(idgen.Joint(("X", "Y"), [[0.25, 0.25], [0.1, 0.4]]), backend="exact")
    >>> sampler.plot(do=[{"X": 0}, {"X": 1}], seed=0).to_dict()["mark"]["type"]
    'bar'
    """

    program: Any

    def plot(
        self,
        *variables: str,
        do: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
        given: Mapping[str, Any] | None = None,
        n: int = 5_000,
        seed: int | None = 0,
        query: Any = None,
    ) -> Any:
        """Charts of the outcomes, or of some variables, by altair, those of several `do` beside each other.

        Raises what `sample` does, DataError for a variable that is not drawn, and IdgenError where altair is not
        installed.
        """
        if wrong := [one for one in variables if not isinstance(one, str)]:
            raise DataError(f"{wrong[0]!r:.80} is no variable's name; values that are set go by do=[{{'X': 0}}]")
        settings = [do or {}] if do is None or isinstance(do, Mapping) else list(do)
        if not settings or not all(isinstance(setting, Mapping) for setting in settings):
            raise DataError("do is one dict of values by treatment, or a list of these; give do=[{'X': 0}, {'X': 1}]")
        draw: Any = self
        drawn = [
            draw.sample(n, do=dict(setting), given=given, seed=seed, query=query).only(*variables)
            for setting in settings
        ]
        return chart_of_samples(dict(zip(told_settings(settings), drawn, strict=True)))

    def report_page(self, path: str | Path | None = None, **options: Any) -> str:
        """One page of HTML that needs nothing else: what was asked, why it is answerable, what was fitted and drawn.

        It is written to `path`, where one is given. `options` are those of `idgen_compiler.report_page`.
        """
        front: Any = sys.modules["idgen_compiler"]  # what looks at samplers stands above them
        page: str = front.report_page(self, path=path, **options)
        return page

    def _repr_html_(self) -> str:
        trained = getattr(self, "trained", True)  # showing a sampler trains nothing
        record = getattr(self, "report", None) if trained else None
        fit: Any = record() if callable(record) else None
        shown = Markup(fit._repr_html_()) if hasattr(fit, "_repr_html_") else tag("pre", fit)
        told = details("the fit", shown) if fit is not None else Markup("")
        drawn = details("the program", Markup(self.program.to_svg()), tag("pre", self.program))
        return joined([tag("p", tag("b", type(self).__name__), f" of {self.program.name}"), told, drawn])


def told_setting(setting: Mapping[str, Any]) -> str:
    """What was set, in a few words.

    >>> told_setting({"X": 1, "Z": "a"})
    'do(X=1, Z=a)'
    """
    told = ", ".join(f"{name}={_told(value)}" for name, value in setting.items())
    return f"do({told})" if told else ""


def told_settings(settings: Sequence[Mapping[str, Any]]) -> list[str]:
    """Several settings, those that read alike told apart by numbers.

    >>> told_settings([{"X": "a" * 50}, {"X": "a" * 60}, {}])[1][-6:]
    '…) (2)'
    """
    found: list[str] = []
    for setting in settings:
        told, number = told_setting(setting), 2
        while told in found:
            told, number = f"{told_setting(setting)} ({number})", number + 1
        found.append(told)
    return found


def _told(value: Any) -> str:
    text = f"{value:.4g}" if isinstance(value, float) else str(value)
    return text if len(text) <= 40 else f"{text[:39]}…"
