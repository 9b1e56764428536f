"""What a user asks a sampler for a number with an interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict, Unpack

from idgen_compiler.errors import DataError
from idgen_compiler.estimates.answers import Answering
from idgen_compiler.estimates.contrasts import Kind, check_alike, checked_kind, compared
from idgen_compiler.estimates.effects.grouped import effects_by
from idgen_compiler.estimates.effects.treated import effect_among
from idgen_compiler.estimates.estimate import Estimate, Estimates
from idgen_compiler.estimates.measures import Asking, Choose, Functional, Method, asking_of
from idgen_compiler.estimates.quantiles import answered
from idgen_compiler.estimates.questions.asked import Point, Quantile, read, told_of
from idgen_compiler.estimates.questions.telling import one_question
from idgen_compiler.hinge.policies import is_policy
from idgen_compiler.query import Query

__all__ = ["Estimating", "How"]


class How(TypedDict, total=False):
    """How numbers are had; see `measures.Asking`."""

    n: int | None
    level: float
    method: Method
    seed: int
    folds: int
    repeats: int
    clusters: Any
    data: Any
    choose: Choose
    store: Any


class Estimating(Answering):
    """A sampler that gives numbers with intervals.

    A backend's sampler inherits from it and says what it finds for the mean of a functional (`_answers`); everything
    that is made of such means is made here. A trial of X, in which the rows with X = x say what do(X = x) makes of Y:

    >>> import idgen_compiler as idgen
    >>> import numpy as np
    >>> from idgen_compiler.estimates import Answers
    >>> from idgen_compiler.hinge.probability import Probabilities
    >>> class Trial(Estimating):
    ...     program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("X -> Y"))
    ...     def __init__(self, x, y):
    ...         self.x, self.y = x, y
    ...     def sample(self, n, do=None, given=None, seed=None, query=None):
    ...         return idgen.Samples({"Y": np.random.default_rng(seed).choice(self.y[self.x == do["X"]], n)})
    ...     def probability(self, outcome, do=None, given=None, query=None, n=0, seed=None):
    ...         labels = np.unique(self.y).tolist()
    ...         return Probabilities(("Y",), (labels,), np.zeros(len(labels)), np.zeros(len(labels)), "", 0)
    ...     def read_value(self, name, text):
    ...         return int(text)
    ...     def _answers(self, measures, asking):
    ...         inside = np.stack([self.x == m.do["X"] for m in measures], axis=1)
    ...         f = np.stack([m.functional.of(idgen.Samples({"Y": self.y})) for m in measures], axis=1)
    ...         means = (inside * f).sum(axis=0) / inside.sum(axis=0)
    ...         return Answers.of(means, inside / inside.mean(axis=0) * (f - means), "closed form")
    >>> trial = Trial(np.repeat([0, 1], 100), np.repeat([0, 1, 0, 1], [80, 20, 50, 50]))
    >>> trial.estimate("Y", do={"X": 1})
    E[Y | do(X=1)] = 0.5 [0.402, 0.598] (95 %, closed form)
    >>> trial.estimate("P(Y=1)", do={"X": 0}, level=0.9)
    P(Y=1 | do(X=0)) = 0.2 [0.1422, 0.2739] (90 %, closed form)
    >>> trial.ate("Y", "X", 1, 0)
    E[Y | do(X=1)] - E[Y | do(X=0)] = 0.3 [0.1745, 0.4255] (95 %, closed form)
    >>> trial.risk_ratio(("Y", 1), "X").sensitivity()
    P(Y=1 | do(X=1)) / P(Y=1 | do(X=0)) = 2.5, moved to 1
      E-value 4.44 (2.61 for the interval)
    >>> trial.estimate_law("Y", do={"X": 0})
                      value  95 %              all at once
    P(Y=0 | do(X=0))  0.8    [0.7102, 0.8672]  [0.7102, 0.8672]
    P(Y=1 | do(X=0))  0.2    [0.1328, 0.2898]  [0.1328, 0.2898]
    (closed form)
    >>> trial.dose_response("Y", "X", [0, 1]).contrast([-1, 1]).p_value() < 0.001
    True
    >>> trial.estimate("Q", do={"X": 1})
    Traceback (most recent call last):
    ...
    idgen_compiler.errors.DataError: 'Q' is no outcome of the query; known names: Y
    """

    @one_question
    def estimate(
        self,
        f: Any,
        do: Mapping[str, Any] | None = None,
        given: Mapping[str, Any] | None = None,
        n: int | None = None,
        level: float = 0.95,
        method: Method = "auto",
        query: Query | str | None = None,
        seed: int = 0,
        clusters: Any = None,
        folds: int = 5,
        data: Any = None,
        repeats: int = 200,
        choose: Choose = "compiled",
        store: Any = None,
    ) -> Any:
        """The mean, a share or a quantile of the outcomes at values of treatments and conditions.

        f: an outcome ("Y" or "E[Y]": the mean of numbers or truth values), ("Y", label) or "P(Y=label)" (the share of
            a label), "P(Y > 2)" (of a condition), "q0.5(Y)" (a quantile), a function of samples that gives a number for
            each, or a list or dict of these, for `Estimates` that vary together.
        do, given: one value for each treatment and condition; a treatment may have a policy.
        n: draws of what is averaged by drawing; left to the sampler when left out.
        level, method, seed, clusters, folds, data, repeats, choose, store: see `Asking`.

        Gives an `Estimate`, or `Estimates` for several.

        Raises DataError for what is no outcome or has no mean, for a function that does not give one finite number for
        each sample, and whatever `sample` raises.
        """
        asking = Asking(level, method, n, seed, folds, data, clusters, repeats, choose, store)
        found = self._estimated(f, [Point.of(self.program, do, given, query)], asking)
        return found if isinstance(f, list | Mapping) else found[0]

    @one_question
    def estimate_law(
        self,
        outcome: str,
        do: Mapping[str, Any] | None = None,
        given: Mapping[str, Any] | None = None,
        query: Query | str | None = None,
        **how: Unpack[How],
    ) -> Estimates:
        """The share of each label of a discrete outcome, with bands that hold all of them at once.

        Raises DataError for an outcome that is not discrete.
        """
        labels = list(self.probability(outcome, do=do, given=given, query=query))
        asked = {label: (outcome, label) for label in labels}
        return self._estimated(asked, [Point.of(self.program, do, given, query)], asking_of(how))

    @one_question
    def contrast(
        self,
        f: Any,
        do: Mapping[str, Any] | None = None,
        versus: Mapping[str, Any] | None = None,
        kind: Kind = "difference",
        given: Mapping[str, Any] | None = None,
        versus_given: Mapping[str, Any] | None = None,
        query: Query | str | None = None,
        **how: Unpack[How],
    ) -> Any:
        """What `f` is at `do` against what it is at `versus`: a "difference", "ratio", "odds ratio" or "log ratio".

        `versus_given` are the conditions of the second, those of the first when left out. Gives an `Estimate`, or
        `Estimates` where `f` is a list or dict.

        Raises DataError as `estimate` does, for points that say something of different variables, and for a ratio to
        what may be zero.
        """
        asking, word = asking_of(how), checked_kind(kind)
        other = (do if versus is None else versus, given if versus_given is None else versus_given)
        points = [Point.of(self.program, do, given, query), Point.of(self.program, *other, query)]
        check_alike(*points)
        names, asked = _named(f)
        wanted = self._read(asked, points)
        answers, scales = answered(self, wanted, asking)
        told = [told_of(*each) for each in wanted]
        pairs = list(zip(told[: len(asked)], told[len(asked) :], strict=True))
        apart = not any(is_policy(value) for point in points for value in point.do.values())
        found = compared(answers, asking, pairs, word, scales, names, apart=apart)
        return found if isinstance(f, list | Mapping) else found[0]

    def ate(
        self,
        outcome: Any,
        treatment: str,
        value: Any = 1,
        versus: Any = 0,
        do: Mapping[str, Any] | None = None,
        given: Mapping[str, Any] | None = None,
        query: Query | str | None = None,
        **how: Unpack[How],
    ) -> Estimate:
        """The average effect: the difference of an outcome between two values of a treatment.

        `do` holds the values of other treatments. Raises DataError as `contrast` does.
        """
        return self._effect(outcome, treatment, value, versus, "difference", do, given, query, how)

    def risk_ratio(
        self,
        outcome: Any,
        treatment: str,
        value: Any = 1,
        versus: Any = 0,
        do: Mapping[str, Any] | None = None,
        given: Mapping[str, Any] | None = None,
        query: Query | str | None = None,
        **how: Unpack[How],
    ) -> Estimate:
        """The ratio of an outcome's mean or share between two values of a treatment.  Raises as `contrast` does."""
        return self._effect(outcome, treatment, value, versus, "ratio", do, given, query, how)

    def odds_ratio(
        self,
        outcome: Any,
        treatment: str,
        value: Any = 1,
        versus: Any = 0,
        do: Mapping[str, Any] | None = None,
        given: Mapping[str, Any] | None = None,
        query: Query | str | None = None,
        **how: Unpack[How],
    ) -> Estimate:
        """The ratio of an outcome's odds between two values of a treatment.  Raises as `contrast` does."""
        return self._effect(outcome, treatment, value, versus, "odds ratio", do, given, query, how)

    @one_question
    def dose_response(
        self,
        outcome: Any,
        treatment: str,
        grid: Sequence[Any],
        do: Mapping[str, Any] | None = None,
        given: Mapping[str, Any] | None = None,
        query: Query | str | None = None,
        **how: Unpack[How],
    ) -> Estimates:
        """What an outcome is at each of several values of a treatment, with bands that hold all of them at once.

        Raises DataError as `estimate` does, and for a grid without values.
        """
        values = list(grid)
        if not values:
            raise DataError(f"the grid of {treatment} has no values; give those at which the outcome is asked")
        points = [Point.of(self.program, {**(do or {}), treatment: value}, given, query) for value in values]
        return self._estimated(outcome, points, asking_of(how), values)

    @one_question
    def cate(
        self,
        outcome: Any,
        treatment: str,
        value: Any = 1,
        versus: Any = 0,
        by: Any = None,
        do: Mapping[str, Any] | None = None,
        given: Mapping[str, Any] | None = None,
        query: Query | str | None = None,
        **how: Unpack[How],
    ) -> Estimates:
        """The average effect in each of several groups of units, with bands that hold all of them at once.

        by: "Z" (a group for each label), "age < 30" (and the rest), {"age": [30, 50]} (between edges), {"young":
            "age < 30", "old": "age >= 60 and sex = f"} (named conditions), or a list of conditions. Groups are by what
            no treatment affects.

        Raises DataError for other groups and for such without units, NotIdentifiable where P(Y, Z | do(X)) is not.
        """
        return effects_by(
            self, outcome, treatment, (value, versus), by, Point.of(self.program, do, given, query), asking_of(how)
        )

    @one_question
    def att(
        self,
        outcome: Any,
        treatment: str,
        value: Any = 1,
        versus: Any = 0,
        given: Mapping[str, Any] | None = None,
        query: Query | str | None = None,
        **how: Unpack[How],
    ) -> Estimate:
        """The effect of `value` against `versus` among those who have `value` by themselves, the treated.

        Not an average of conditional effects unless the conditions make the treatment ignorable: it is made of
        P(Y | do(X ~ pi(X | X))), which leaves the others alone, and of what is seen.

        Raises DataError for a treatment without labels, NotIdentifiable with what can be asked instead.
        """
        point = Point.of(self.program, None, given, query, stated=False)
        return effect_among(self, outcome, treatment, (value, versus), value, point, asking_of(how))

    @one_question
    def atc(
        self,
        outcome: Any,
        treatment: str,
        value: Any = 1,
        versus: Any = 0,
        given: Mapping[str, Any] | None = None,
        query: Query | str | None = None,
        **how: Unpack[How],
    ) -> Estimate:
        """The effect of `value` against `versus` among those who have `versus` by themselves; see `att`."""
        point = Point.of(self.program, None, given, query, stated=False)
        return effect_among(self, outcome, treatment, (value, versus), versus, point, asking_of(how))

    def _effect(
        self,
        outcome: Any,
        treatment: str,
        value: Any,
        versus: Any,
        kind: Kind,
        do: Mapping[str, Any] | None,
        given: Mapping[str, Any] | None,
        query: Query | str | None,
        how: How,
    ) -> Estimate:
        found: Estimate = self.contrast(
            outcome,
            {**(do or {}), treatment: value},
            {**(do or {}), treatment: versus},
            kind,
            given=given,
            query=query,
            **how,
        )
        return found

    def _estimated(self, f: Any, points: Sequence[Point], asking: Asking, names: Sequence[Any] = ()) -> Estimates:
        """Each of what is asked, at each point."""
        own, asked = _named(f)
        wanted = self._read(asked, points)
        answers, scales = answered(self, wanted, asking)
        return Estimates(answers, asking, tuple(told_of(*each) for each in wanted), tuple(names) or own, scales)

    def _read(self, asked: Sequence[Any], points: Sequence[Point]) -> list[tuple[Functional | Quantile, Point]]:
        """Each of what is asked, at each point, which are all tried."""
        found = [read(each, self, points[0]) for each in asked]
        for point in points[1:]:
            point.probed(self, 1)
        return [(each, point) for point in points for each in found]


def _named(f: Any) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """The names of what is asked for, where it is a dict, and what it is: one thing, a list or a dict of some."""
    if not isinstance(f, list | Mapping):
        return (), (f,)
    if not f:
        raise DataError("nothing is asked for; give an outcome, a function of samples, or several of them")
    return (tuple(f), tuple(f.values())) if isinstance(f, Mapping) else ((), tuple(f))
