"""Questions of one structure drawn by one call: a value for each sample, and each client's rows cut out of it.

Only questions without a seed can be: a seed's rows are those of its own call. And only at values of which it is known
what the sampler warns of, since a warning about some rows of a call would not say whose they are, and would be lost
among the rows of others: the first question at some values is drawn by itself, and what was said then is said again.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from idgen_compiler.hinge.samples import Samples
from idgen_compiler.serving.asked import SampleAsked
from idgen_compiler.serving.drawing.heard import heard
from idgen_compiler.serving.drawing.pieces import rows_at_once

__all__ = ["MOST_ROWS", "Drawn", "Together", "joins"]

MOST_ROWS = 2**14
"""So many rows are drawn by one call."""

_REMEMBERED = 10_000


@dataclass(frozen=True)
class Drawn:
    """The rows of one client and what has to be said of them, or the error."""

    samples: Samples | None
    warnings: Sequence[str] = ()
    error: Exception | None = None


def joins(asked: SampleAsked) -> bool:
    """Whether a question can be drawn together with others of its structure."""
    small = asked.n <= rows_at_once(asked) and asked.batch_size is None and asked.seed is None
    return small and asked.single and not asked.question.drawn and not asked.question.assigned


@dataclass(eq=False)
class Together:
    """Draws for several at once from one sampler."""

    sampler: Any
    _told: OrderedDict[tuple[Any, ...], tuple[int, Sequence[str]]] = field(default_factory=OrderedDict)

    def draw(self, asked: Sequence[SampleAsked]) -> list[Drawn]:
        """The answer to each of some questions of one structure, which all can be joined."""
        groups: dict[tuple[Any, ...], list[int]] = {}
        for place, one in enumerate(asked):
            groups.setdefault((one.structure, one.values), []).append(place)
        known = [key for key, places in groups.items() if self._knows(key, max(asked[k].n for k in places))]
        found: dict[int, Drawn] = {}
        if len(known) > 1:
            found |= self._at_once([k for key in known for k in groups[key]], asked)
        for key, places in groups.items():
            if places[0] not in found:
                found |= self._alike(key, places, asked)
        return [found[place] for place in range(len(asked))]

    def _knows(self, key: tuple[Any, ...], n: int) -> bool:
        """Whether at least as many rows at these values were drawn by themselves."""
        return key in self._told and self._told[key][0] >= n

    def _alike(self, key: tuple[Any, ...], places: Sequence[int], asked: Sequence[SampleAsked]) -> dict[int, Drawn]:
        """Questions that are the same but for their numbers of rows."""
        total, said = sum(asked[k].n for k in places), []
        try:
            with heard() as said:
                samples = self.sampler.sample(total, **asked[places[0]].call)
        except Exception as error:  # noqa: BLE001 - told to each of them
            return {k: Drawn(None, error=error) for k in places}
        self._told[key] = (total, said)
        self._told.move_to_end(key)
        if len(self._told) > _REMEMBERED:
            self._told.popitem(last=False)
        return {k: Drawn(rows, said) for k, rows in zip(places, _shared(samples, places, asked), strict=True)}

    def _at_once(self, places: Sequence[int], asked: Sequence[SampleAsked]) -> dict[int, Drawn]:
        """Questions at values that are known, a value for each row; none where they cannot be drawn so."""
        total, call = sum(asked[k].n for k in places), dict(asked[places[0]].call)
        for role in ("do", "given"):
            call[role] = {
                name: [value for k in places for value in [getattr(asked[k], role)[name]] * asked[k].n]
                for name in call[role]
            }
        try:
            with heard():
                samples = self.sampler.sample(total, **call)
        except Exception:  # noqa: BLE001 - of one value, which by itself is told whose it is
            return {}
        told = [self._told[(asked[k].structure, asked[k].values)][1] for k in places]
        rows = _shared(samples, places, asked)
        return {k: Drawn(own, said) for k, own, said in zip(places, rows, told, strict=True)}


def _shared(samples: Samples, places: Sequence[int], asked: Sequence[SampleAsked]) -> Iterator[Samples]:
    """The rows of each, in order."""
    start = 0
    for place in places:
        end = start + asked[place].n
        yield Samples({name: values[start:end] for name, values in samples.items()})
        start = end
