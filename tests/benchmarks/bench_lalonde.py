"""Job training: the effect on the treated with controls from a survey, against the experiment's own 1,794 dollars.

The 185 treated men of the National Supported Work experiment (the subset of Dehejia and Wahba) with the 15,992 controls
of CPS-1; adjustment for age and schooling with their squares, race, marriage, degree, earnings of 1974 and 1975 and
whether there were any (`tests/benchmarks/effects/lalonde.py`). "All rows", and those with overlap: an estimated chance
of treatment between .05 and .95, which leaves out 15,583 of the controls and 28 of the treated, and so asks about other
men; the experiment's number is not theirs. Half of the controls have an estimated chance below .0001; weighted for the
treated, all 15,992 count for about 106, and ten of them for a quarter. Methods that weight all rows alike ("ATE")
answer for the survey's men, hardly any of whom could have been in the program. DoWhy's weighting clips the chances to
.05 and .95 by default, which gives those 15,583 controls far too much weight.
Needs the tables (IDGEN_DATA) and the other tools (IDGEN_PEERS, see `effects/runner.py`); those absent are left out.
"""

from __future__ import annotations

from tests.benchmarks.effects import lalonde
from tests.benchmarks.effects.here import METHODS, answers_here
from tests.benchmarks.effects.runner import PEERS, Answer, ask
from tests.benchmarks.report import Row

__all__ = ["run"]

ASKED = {
    "dowhy": ("linear regression", "propensity weighting", "propensity weighting, not clipped", "propensity matching"),
    "econml": (
        "LinearDRLearner, modifiers, boosting",
        "ForestDRLearner, modifiers, boosting",
        "CausalForestDML, boosting",
        "LinearDML, boosting",
        "DRLearner, boosting",
    ),
    "antecedent": ("aipw",),
}
OF_ALL = {"DRLearner, boosting": "ATE", "aipw": "ATE", "LinearDML, boosting": "constant effect"}
"""What these methods answer, whatever is asked."""


def run(quick: bool) -> list[Row]:
    folder = lalonde.data_folder()
    if folder is None:
        return []
    value, error = lalonde.experiment(folder)
    rows = [_row("experiment", "treated less randomized controls", value, value - 1.96 * error, value + 1.96 * error)]
    whole = lalonde.observational(folder)
    for name, table in (("all rows", whole), ("overlap", lalonde.overlapping(whole))):
        if quick and name == "all rows":
            continue
        treated = int(table.X.sum())
        said = f"{name}: {treated} treated, {len(table) - treated:,} controls"
        asked = [(lalonde.QUESTION, lalonde.columns_of(table))]
        for method in METHODS:
            rows += [_answered(said, method, answer) for answer in answers_here(method, asked)]
        for peer in PEERS:
            for method in ASKED.get(peer.name, ())[: 1 if quick else None]:
                for answer in ask(peer, method, asked):
                    kind = f" ({OF_ALL[method]})" if method in OF_ALL else ""
                    rows.append(_answered(said, f"{peer.name}: {method}{kind}", answer))
    return rows


def _answered(table: str, who: str, answer: Answer) -> Row:
    if answer.error:
        return {"rows": table, "answers of": who, "said": answer.error}
    return _row(table, who, answer.value, answer.low, answer.high)


def _row(table: str, who: str, value: float, low: float, high: float) -> Row:
    return {
        "rows": table,
        "answers of": who,
        "dollars": f"{value:,.0f}",
        "95 % interval": f"{low:,.0f} to {high:,.0f}",
        "said": "",
    }
