"""The traffic light of a fit: whether what its samplers can be asked rests on rows, in plain sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from idgen_compiler.errors import DataError
from idgen_compiler.forms.shown import cut
from idgen_compiler.forms.spelling import spelled
from idgen_compiler.hinge.assigned import assigned
from idgen_compiler.hinge.question import query_of
from idgen_compiler.ir.operands import records
from idgen_compiler.ir.operations import Assign, Sample
from idgen_compiler.query import Query
from idgen_torch.running.overlap.cells.instead import instead
from idgen_torch.running.overlap.cells.naming import Rest, either, percent
from idgen_torch.running.overlap.cells.needed import Cells, Codes, to_tell

__all__ = ["Verdict", "said_of", "verdict"]

MOST_ASKED = 64
MOST_CELLS = 2**22
"""So many settings are looked at one by one, fewer of large programs; the others together."""

SHOWN = 3
"""So many settings are named for one model."""


@dataclass
class Verdict:
    """What a fit finds: how much of the answers rests on no rows and on few, at worst, and what is to be said."""

    asked: int = 0
    empty: float = 0.0
    thin: float = 0.0
    red: list[str] = field(default_factory=list)
    yellow: list[str] = field(default_factory=list)
    weighed: set[str] = field(default_factory=set)  #: laws by weights that lack rows


@dataclass(frozen=True, eq=False)
class _Place:
    """One setting and what rests on few rows or none there."""

    setting: str
    codes: Mapping[str, int]
    rest: Rest


def verdict(cells: Cells) -> Verdict:
    """What can be said of all that the samplers of a program can be asked, with values that rows have.

    Treatments take every value that occurs, conditions the values that occur together, the most frequent first.
    """
    found = Verdict()
    for sampler in cells.program.samplers:
        query = query_of(cells.program, sampler)
        places: dict[tuple[str, bool], list[_Place]] = {}
        for setting, inputs in _settings(cells, sampler, query):
            rests = _rests(cells, sampler, query, inputs)
            if rests is None:
                continue
            found.asked += 1
            found.empty = max(found.empty, *(rest.support.empty for rest in rests), 0.0)
            found.thin = max(found.thin, *(rest.support.thin for rest in rests), 0.0)
            codes = {name: int(own[0]) for name, own in inputs.items()}
            for rest in to_tell(rests):
                if rest.lacking and not rest.support.targets:
                    found.weighed.add(rest.support.model)
                places.setdefault((rest.support.model, rest.lacking), []).append(_Place(setting, codes, rest))
        for (_, lacking), own in places.items():
            (found.red if lacking else found.yellow).append(_sentence(cells, query, own))
    return found


def said_of(cells: Cells, query: Query, rest: Rest, codes: Mapping[str, int] | None) -> str:
    """What is said of one answer; `codes` are those of the values set, where there is one of each."""
    more = instead(cells, query, rest, codes) if codes is not None and rest.lacking else ""
    return f"{_rests_on(rest)}; {_follows(rest)}{f'; {more}' if more else ''}"


def _rests_on(rest: Rest) -> str:
    return f"{percent(rest.share)} of the answer rests on {rest.model} at {rest.where}, {rest.missing}"


def _follows(rest: Rest) -> str:
    if not rest.lacking:
        return "the answer is rough"
    return "nothing in the data says what happens there, and the answer is extrapolation"


def _sentence(cells: Cells, query: Query, places: Sequence[_Place]) -> str:
    """One sentence for all settings with which one model lacks rows, the worst first."""
    worst = sorted(places, key=lambda place: -place.rest.share)
    same: dict[str, list[_Place]] = {}
    for place in worst:
        same.setdefault(place.rest.where, []).append(place)
    texts = [_together(alike) for alike in same.values()]
    more = len(texts) - SHOWN
    told = "; ".join(texts[:SHOWN]) + (f"; and at {more} more places" if more > 0 else "")
    hints = (instead(cells, query, place.rest, place.codes) for place in worst[:SHOWN] if place.rest.lacking)
    return "; ".join(filter(None, (told, _follows(worst[0].rest), next(filter(None, hints), ""))))


def _together(places: Sequence[_Place]) -> str:
    """What is said of settings that lack the same rows, the worst first."""
    settings = [place.setting for place in places]
    more = len(settings) - SHOWN
    shown = f"{', '.join(settings[:SHOWN])} and {more} more" if more > 0 else either(settings)
    most = "up to " if len(settings) > 1 else ""
    return f"{shown}: {most}{_rests_on(places[0].rest)}" if shown else _rests_on(places[0].rest)


def _rests(cells: Cells, sampler: Sample, query: Query, inputs: Mapping[str, Codes]) -> list[Rest] | None:
    """None where a policy is not known yet, or has no table."""
    try:
        fills = [assigned(each, cells.forward.policies, cells.program) for each in records(sampler.network, Assign)]
        return cells.rests(sampler, inputs, fills, query.conditions)
    except DataError:
        return None


def _settings(cells: Cells, sampler: Sample, query: Query) -> Iterator[tuple[str, Mapping[str, Codes]]]:
    """What a sampler can be asked, with how it is called."""
    names = sampler.network.inputs
    if not names:
        yield "", {}
        return
    seen = tuple(name for name in names if name in query.conditions)
    chances = np.asarray(cells.source.marginal(seen).aligned(seen)) if seen else np.ones(())
    for name in names:
        if name not in seen:
            own = np.asarray(cells.source.marginal((name,)).values)
            chances = np.multiply.outer(chances, own)
    order = (*seen, *(name for name in names if name not in seen))
    there = np.argwhere(chances > 0)
    there = there[np.argsort(-chances[tuple(there.T)], kind="stable")]
    size = sum(value.table.values.size for value in cells.forward.conditionals.values())
    most = max(4, min(MOST_ASKED, MOST_CELLS // max(size, 1)))
    for place in there[:most]:
        yield _called(cells, order, place, query), {n: np.array([code]) for n, code in zip(order, place, strict=True)}
    if len(there) > most:
        rest = there[most:]
        yield f"{len(rest):,} more settings together", {name: rest[:, k] for k, name in enumerate(order)}


def _called(cells: Cells, names: Sequence[str], place: Sequence[int], query: Query) -> str:
    shown = {n: f"{spelled(n)} = {cut(cells.source.labels(n)[code])}" for n, code in zip(names, place, strict=True)}
    do = ", ".join(text for name, text in shown.items() if name not in query.conditions)
    given = ", ".join(text for name, text in shown.items() if name in query.conditions)
    return " given ".join(filter(None, (f"do({do})" if do else "", given)))
