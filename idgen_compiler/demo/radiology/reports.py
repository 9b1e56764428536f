"""Reports of chest pictures by a small grammar: two ways of writing, synonyms, fillers, and silence.

Long reports have whole sentences, with "the" or "there"; terse ones never have. Each ends with something that matters
to nothing, so that a short prompt is never among them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from idgen_compiler.demo.radiology.labeller import ATTRIBUTES, SILENT, said

__all__ = ["concepts", "is_terse", "is_urgent", "written"]

_NOUNS = (
    ("pleural effusion", "pleural fluid", "effusion"),
    ("atelectasis", "volume loss", "lobar collapse"),
    ("lung opacity", "haze", "infiltrate"),
)
_SIDES = ("left", "right", "small left", "small right", "bilateral")
_TERSE_YES = ("{side} {noun}", "{side} {noun} persists", "{side} {noun} seen", "{noun} {side}")
_TERSE_NO = ("no {noun}", "{noun} absent", "without {noun}")
_LONG_YES = ("There is {side} {noun}", "The film shows {side} {noun}", "In the chest {side} {noun} is seen")
_LONG_NO = ("There is no {noun}", "The lungs are without {noun}", "The film shows no {noun}")
_TERSE_URGENT = ("critical", "urgent transfer", "urgent")
_LONG_URGENT = ("The patient is critical", "The case is urgent", "The ward asks for an urgent transfer")
_TERSE_FILLER = ("heart size stable", "lines in place", "ribs intact", "portable film", "rotated")
_LONG_FILLER = (
    "The heart is normal in size",
    "The lines are in place",
    "The ribs are intact",
    "The mediastinum is unremarkable",
    "The patient is rotated",
)

_URGENT = re.compile(r"\b(?:urgent|critical)\b")
_LONG = re.compile(r"\b(?:the|there|is|are|was|were)\b")


def is_urgent(text: str) -> bool:
    """Whether a report calls for haste.

    >>> is_urgent("Critical. Left effusion."), is_urgent("left effusion")
    (True, False)
    """
    return bool(_URGENT.search(text.lower()))


def is_terse(text: str) -> bool:
    """Whether a report has no whole sentence.

    >>> is_terse("left pleural fluid persists"), is_terse("There is pleural fluid.")
    (True, False)
    """
    return not _LONG.search(text.lower())


def concepts(texts: Sequence[str]) -> NDArray[np.float64]:
    """An encoder of reports that knows their language: synonyms are one, and denied is not affirmed.

    Shape: -> (texts, 8): E, A and L affirmed, E, A and L denied, urgent, terse.
    """
    says = np.array([said(text) for text in texts], dtype=np.int64).reshape(-1, len(ATTRIBUTES))
    manner = np.array([(is_urgent(text), is_terse(text)) for text in texts]).reshape(-1, 2)
    return np.concatenate([says == 1, says == 0, manner], axis=1).astype(np.float64)


def written(
    says: NDArray[np.int64], terse: NDArray[np.bool_], urgent: NDArray[np.bool_], generator: np.random.Generator
) -> NDArray[np.object_]:
    """A report for each row.

    Shapes: says (n, 3) of 1, 0 or `SILENT` for E, A and L; terse, urgent (n,) -> (n,) of strings.
    """
    out = np.empty(len(says), dtype=object)
    for k, row in enumerate(says):
        clauses = [
            _clause(place, int(row[place]), bool(terse[k]), generator)
            for place in range(len(ATTRIBUTES))
            if row[place] != SILENT
        ]
        generator.shuffle(clauses)
        if urgent[k]:
            clauses.insert(int(generator.integers(2)) * len(clauses), _one(_urgent(bool(terse[k])), generator))
        clauses.append(_one(_TERSE_FILLER if terse[k] else _LONG_FILLER, generator))
        hour = f"{generator.integers(24):02d}:{generator.integers(60):02d}"
        if terse[k]:
            out[k] = "; ".join([*clauses, hour])
        else:
            out[k] = ". ".join([*clauses, f"The report was dictated at {hour}."])
    return out


def _urgent(terse: bool) -> Sequence[str]:
    return _TERSE_URGENT if terse else _LONG_URGENT


def _clause(place: int, value: int, terse: bool, generator: np.random.Generator) -> str:
    patterns = (_TERSE_YES if value else _TERSE_NO) if terse else (_LONG_YES if value else _LONG_NO)
    return _one(patterns, generator).format(side=_one(_SIDES, generator), noun=_one(_NOUNS[place], generator))


def _one(words: Sequence[str], generator: np.random.Generator) -> str:
    return words[int(generator.integers(len(words)))]
