"""Which models a request for a family means: an operation, a model as texts print it, its targets, or all."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum

from idgen_compiler.forms.spelling import QUOTED, composed, read_spelling, spelled_all

__all__ = ["ALL", "Addressed", "Meaning", "listed", "targets_of"]

ALL = "*"
"""The request for every model that no other request means."""

_PIECE = re.compile(rf"\s*(?:(?P<quoted>{QUOTED})|(?P<plain>[^,|;()\"`]+?))\s*(?P<mark>[,|;]|$)")
_PROBABILITY = re.compile(r"\s*P\s*\((?P<inside>.*)\)\s*", re.DOTALL)
_FIXED = re.compile(r"(?P<law>.*);\s*do\s*\((?P<fixed>.*)\)\s*", re.DOTALL)
_NAMED = re.compile(r"\s*(?P<operation>%\S+?)\s*:(?P<law>.*)", re.DOTALL)


class Meaning(IntEnum):
    """How particular a request is about a model, the most particular first."""

    OPERATION = 0
    LAW = 1  #: the conditional, and the law that it is one of: P(Y | X ; do(W))
    CONDITIONAL = 2  #: Y | X
    TARGETS = 3
    ALL = 4

    @property
    def means_one(self) -> bool:
        """Whether a request of this kind is for one model."""
        return self <= Meaning.CONDITIONAL


@dataclass(frozen=True, slots=True)
class Addressed:
    """A model of a program: its operation, what it models, and what is fixed in the law of its rows."""

    operation: str
    targets: Sequence[str]
    inputs: Sequence[str] = ()
    fixed: Sequence[str] = ()

    def meant(self, request: str) -> Meaning | None:
        """How a request means this model; None where it does not. Names stand in any order, plain or in quotes.

        >>> model = Addressed("%m3", ("Y",), ("X", "birth weight"), fixed=("W",))
        >>> [model.meant(text) for text in ("m3", "Y | `birth weight`, X", "P(Y | X, birth weight ; do(W))", "Y", "X")]
        [<Meaning.OPERATION: 0>, <Meaning.CONDITIONAL: 2>, <Meaning.LAW: 1>, <Meaning.TARGETS: 3>, None]
        """
        text = composed(" ".join(request.split()))
        if text == ALL:
            return Meaning.ALL
        if text in (self.operation, self.operation.removeprefix("%")):
            return Meaning.OPERATION
        if named := _NAMED.fullmatch(text):  # as reports print it
            whole = Meaning.CONDITIONAL if self.inputs else Meaning.TARGETS
            same = named["operation"] == self.operation and self.meant(named["law"]) is whole
            return Meaning.OPERATION if same else None
        for names in (lambda listed: ", ".join(listed), spelled_all):  # as it is printed, whatever the names hold
            targets, inputs = names(self.targets), names(self.inputs)
            if text == targets:
                return Meaning.TARGETS
            if inputs and text == f"{targets} | {inputs}":
                return Meaning.CONDITIONAL
        return self._read(text)

    def _read(self, text: str) -> Meaning | None:
        whole = _PROBABILITY.fullmatch(text)
        inside = whole["inside"] if whole else text
        fixing = _FIXED.fullmatch(inside)
        sides = _sides(fixing["law"] if fixing else inside)
        fixed = set(_sides(fixing["fixed"])[0]) if fixing else set()
        if not sides or len(sides) > 2 or set(sides[0]) != set(self.targets):
            return None
        if len(sides) == 1 and not whole and not fixing:
            return Meaning.TARGETS
        given, law = set(sides[1] if len(sides) > 1 else ()), set(self.fixed)
        if fixed == law and given == set(self.inputs) - law and (whole or fixing):
            return Meaning.LAW
        return Meaning.CONDITIONAL if not fixing and given == set(self.inputs) else None

    def __str__(self) -> str:
        given = f" | {spelled_all(self.inputs)}" if self.inputs else ""
        return f"{self.operation}: {spelled_all(self.targets)}{given}"


def targets_of(request: str) -> frozenset[str]:
    """The variables that a request is for a model of, whatever their inputs; none where it cannot be read.

    >>> sorted(targets_of("P(Y, Z | X)"))
    ['Y', 'Z']
    """
    whole = _PROBABILITY.fullmatch(request)
    return frozenset(_sides(composed(whole["inside"] if whole else request).partition(";")[0])[0])


def _sides(text: str) -> list[list[str]]:
    """The names before and after `|`; nothing where the text is no such list."""
    sides: list[list[str]] = [[]]
    place = 0
    while place < len(text):
        piece = _PIECE.match(text, place)
        if piece is None or piece["mark"] == ";":
            return [[]]
        try:
            sides[-1].append(read_spelling(piece["quoted"]) if piece["quoted"] else piece["plain"])
        except ValueError:  # quotes with what JSON cannot read
            return [[]]
        if piece["mark"] == "|":
            sides.append([])
        place = piece.end()
    return sides


def listed(models: Iterable[Addressed]) -> str:
    """The models for a message."""
    return "; ".join(map(str, models))
