"""What a user asks a sampler for a number with an interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict, Unpack

from idgen_compiler.errors import DataError
from idgen_compiler.estimates.answers import Answering
from idgen_compiler.estimates.asked import Point, read, told_of
from idgen_compiler.estimates.contrasts import Kind, check_alike, checked_kind, compared
from idgen_compiler.estimates.effects.grouped import effects_by
from idgen_compiler.estimates.effects.treated import effect_among
from idgen_compiler.estimates.estimate import Estimate, Estimates
from idgen_compiler.estimates.measures import Asking, Choose, Method
from idgen_compiler.estimates.quantiles import answered
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


class Estimating(Answering):
    """A sampler that gives numbers with intervals.

    A backend's sampler inherits from it and says what it finds for the mean of a functional (`_answers`); everything
    that is made of such means is made here.
    """

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
    ) -> Any:
        """The mean, a share or a quantile of the outcomes at values of treatments and conditions.

        f: an outcome ("Y" or "E[Y]": the mean of numbers or truth values), ("Y", label) or "P(Y=label)" (the share of
            a label), "q0.5(Y)" (a quantile), a function of samples that gives a number for each, or a list or dict of
            these, for `Estimates` that vary together.
        do, given: one value for each treatment and condition; a treatment may have a policy.
        n: draws of what is averaged by drawing; left to the sampler when left out.
        level, method, seed, clusters, folds, data, repeats, choose: see `Asking`.

        Gives an `Estimate`, or `Estimates` for several.

        Raises DataError for what is no outcome or has no mean, for a function that does not give one finite number for
        each sample, and whatever `sample` raises.
        """
        asking = Asking(level, method, n, seed, folds, data, clusters, repeats, choose)
        found = self._estimated(f, [Point.of(do, given, query)], asking)
        return found if isinstance(f, list | Mapping) else found[0]

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
        return self._estimated(asked, [Point.of(do, given, query)], Asking(**how))

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
        asking, word = Asking(**how), checked_kind(kind)
        points = [
            Point.of(do, given, query),
            Point.of(versus if versus is not None else do, given if versus_given is None else versus_given, query),
        ]
        check_alike(*points)
        names, asked = _named(f)
        wanted = [[(read(each, self, point), point) for each in asked] for point in points]
        answers, scales = answered(self, [*wanted[0], *wanted[1]], asking)
        told = [tuple(told_of(*each) for each in pair) for pair in zip(*wanted, strict=True)]
        found = compared(answers, asking, [(a, b) for a, b in told], word, scales, names)
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
        points = [Point.of({**(do or {}), treatment: value}, given, query) for value in values]
        return self._estimated(outcome, points, Asking(**how), values)

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
        return effects_by(self, outcome, treatment, (value, versus), by, Point.of(do, given, query), Asking(**how))

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
        point = Point.of(None, given, query)
        return effect_among(self, outcome, treatment, (value, versus), value, point, Asking(**how))

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
        point = Point.of(None, given, query)
        return effect_among(self, outcome, treatment, (value, versus), versus, point, Asking(**how))

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
        wanted = [(read(each, self, point), point) for point in points for each in asked]
        answers, scales = answered(self, wanted, asking)
        return Estimates(answers, asking, tuple(told_of(*each) for each in wanted), tuple(names) or own, scales)


def _named(f: Any) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """The names of what is asked for, where it is a dict, and what it is: one thing, a list or a dict of some."""
    if not isinstance(f, list | Mapping):
        return (), (f,)
    if not f:
        raise DataError("nothing is asked for; give an outcome, a function of samples, or several of them")
    return (tuple(f), tuple(f.values())) if isinstance(f, Mapping) else ((), tuple(f))
