"""Effects with 95 % intervals beside those of other tools, on models whose effect is known in closed form.

Five models, nonlinear, with real-valued columns: a back door with ten covariates, two front doors and a napkin with
hidden causes, and two treatments with a hidden cause between them (`tests/benchmarks/effects/models.py`). In one row of
a thousand the density of the front door's mediator in the one arm is 45 times that in the other; "far apart", 3,900
times. Asked is the average effect E[Y | do(1)] - E[Y | do(0)]. "constant": ours with a constant in the place of the
outcome's regression or of the propensity, which may widen the interval and moves it by what the
other one has not learned yet. "true nuisances": the same
estimate where nothing has to be learned, by which tables of a few hundred misses can be told from too narrow intervals.
Then 500 random discrete queries in random models with hidden causes, half of them napkins or through line 7 of ID: the
chance of one value of an outcome.

Every tool sees the same tables and runs in an environment of its own, found in the folder that IDGEN_PEERS names
(`effects/runner.py` says how to make one); those that are absent are left out.
Default settings where the tool has some; "boosting" stands for small gradient-boosted trees as nuisance models, and
"binned" for what is left to a user whose tool takes few levels only. "modifiers": the covariates are given as effect
modifiers, which makes EconML's interval of the average an upper bound. Coverage counts all tables, so that a refusal
covers nothing; "said" is what the tool says in place of a number. Seconds are processor seconds on one core, without
imports; the time of the whole run is that of its last part, where it went on from answers that were kept.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.benchmarks.effects.discrete import DiscreteQuestion, discrete_questions
from tests.benchmarks.effects.here import BLINDED, METHODS, answers_here
from tests.benchmarks.effects.models import MODELS, Model
from tests.benchmarks.effects.oracle import oracle_answers
from tests.benchmarks.effects.runner import PEERS, Columns, Question, ask
from tests.benchmarks.effects.scores import scored
from tests.benchmarks.report import Row

__all__ = ["run"]

SLOW = {
    ("econml", "DRLearner, modifiers"),
    ("econml", "LinearDML"),
    ("dowhy", "propensity weighting"),
    ("dowhy", "propensity matching"),
    ("dowhy", "doubly robust"),
    ("dowhy", "two-stage regression"),
    ("ananke", "aipw"),
    ("ananke", "p-ipw"),
    ("ananke", "apipw"),
    ("ananke", "anipw"),
    ("antecedent", "DRLearner, auto"),
    ("antecedent", "general.id, binned"),
}
"""They take seconds a table, most by their bootstrap, and get fewer tables."""

LARGE = {
    ("econml", "DRLearner, boosting"),
    ("econml", "LinearDML, boosting"),
    ("econml", "DynamicDML, boosting"),
    ("dowhy", "linear regression"),
}
"""Those that are asked about `LARGEST` rows."""

LARGEST = 10_000

MOST = {("napkin", 2_000): 600, ("front-door, far apart", LARGEST): 60}
"""Other numbers of tables: more where 300 left it open whether intervals are too narrow or the tables unlucky."""

Asked = tuple[Question, Columns]


def run(quick: bool) -> list[Row]:
    sizes = (2_000,) if quick else (2_000, LARGEST)
    rows = [row for model in MODELS.values() for n in sizes for row in _rows(model, n, quick)]
    questions = list(discrete_questions(12 if quick else 500))
    return rows + [row for n in sizes for row in _discrete_rows(questions, n, quick)]


def _rows(model: Model, n: int, quick: bool) -> Iterator[Row]:
    question = Question.of(model)

    def asked(count: int) -> Iterator[Asked]:
        return ((question, model.data(n, seed)) for seed in range(count))

    most, many, few = (2, 2, 0) if quick else (MOST.get((model.name, n), 300), 100, 10)
    for method in (*METHODS, *(BLINDED if model.adjust else ())):
        count = most if method not in BLINDED else many if n < LARGEST else many // 2
        found = answers_here(method, asked(count), None if quick else _keep("idgen", model.name, n))
        yield {**_about(model.name, n, method), **scored(found, model.truth)}
    tables = (model.data(n, seed) for seed in range(most))
    yield {**_about(model.name, n, "true nuisances"), **scored(oracle_answers(model.name, tables), model.truth)}
    for peer in PEERS:
        for method in peer.methods.get(model.name, ()):
            count = few if (peer.name, method) in SLOW else many
            wanted = count and (n < LARGEST or (peer.name, method) in LARGE)
            if wanted and (found := ask(peer, method, asked(count), _keep(peer.name, model.name, n))):
                yield {**_about(model.name, n, f"{peer.name}: {method}"), **scored(found, model.truth)}


def _discrete_rows(questions: Sequence[DiscreteQuestion], n: int, quick: bool) -> Iterator[Row]:
    """Random discrete queries, those with conditions apart."""
    for peer in PEERS:
        for method in peer.methods.get("discrete", ()):
            asked = ((Question.of(one), one.rows(n, seed)) for seed, one in enumerate(questions))
            found = ask(peer, method, asked, None if quick else _keep(peer.name, "discrete", n))
            truths = [float(one.share) for one in questions]
            for kind, given in (("without conditions", False), ("with conditions", True)):
                some = [answer for answer in found if bool(questions[answer.table].given) == given]
                if some:
                    yield {**_about(f"discrete, {kind}", n, f"{peer.name}: {method}"), **scored(some, truths)}


def _about(model: str, n: int, who: str) -> Row:
    return {"model": model, "rows": n, "answers of": who}


def _keep(who: str, model: str, n: int) -> Path | None:
    """A file in the folder IDGEN_PEERS_KEEP, where it is set: a long run that is cut short goes on from there."""
    folder = os.environ.get("IDGEN_PEERS_KEEP")
    return Path(folder) / f"{who}.{model.replace(' ', '_')}.{n}.jsonl" if folder else None
