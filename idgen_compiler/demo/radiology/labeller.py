"""What a report says of effusion, atelectasis and opacity, by rules: present, absent, or nothing.

Each clause of a report is searched for words of each attribute; a word that denies it there turns it, and one that
doubts it, or asks for it only, makes it as good as unmentioned. The idea is that of NegEx (Chapman et al. 2001) and of
the CheXpert labeler (Irvin et al. 2019), with far fewer rules than theirs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["ATTRIBUTES", "SILENT", "said", "said_of"]

ATTRIBUTES = ("E", "A", "L")
"""Effusion, atelectasis, opacity."""

SILENT = -1
"""What stands where a report says nothing of an attribute."""

_WORDS: Mapping[str, re.Pattern[str]] = {
    "E": re.compile(r"\b(?:effusions?|pleural (?:fluid|liquid)|fluid in the pleura\w*|hydrothorax)\b"),
    "A": re.compile(r"\b(?:atelecta\w+|volume loss|loss of volume|collapsed?|collapses)\b"),
    "L": re.compile(r"\b(?:opacit(?:y|ies)|opacifications?|opaque|haz(?:e|y|iness)|infiltrat\w+|consolidations?)\b"),
}
_DENIES = re.compile(r"\b(?:no|not|without|denies|absent|absence|resolved|cleared|clear of|free of|negative for)\b")
_DOUBTS = re.compile(r"\b(?:may|might|could|possibl[ey]|probabl[ey]|perhaps|query|exclude[ds]?|evaluate|question)\b")
_LISTS = re.compile(r"\b(?:no|without|free of|negative for)\b[^.;:]*?\b(?:or|nor)\b")
"""What is denied as a list, whose commas end no clause."""
_CLAUSES = re.compile(r"[.;:\n]+(?=\s|$)|,|\b(?:but|however|with|and there)\b")


@lru_cache(maxsize=2**16)
def said(text: str) -> tuple[int, int, int]:
    """1, 0 or `SILENT` for E, A and L.  An attribute that is affirmed somewhere is there, whatever else is denied.

    >>> said("left pleural fluid persists")
    (1, -1, -1)
    >>> said("There is no effusion or atelectasis. Hazy right base, effusion has resolved.")
    (0, 0, 1)
    >>> said("Possible opacity, cannot exclude effusion.")
    (-1, -1, -1)
    """
    found = dict.fromkeys(ATTRIBUTES, SILENT)
    whole = _LISTS.sub(lambda listed: listed[0].replace(",", " "), text.lower())
    for clause in _CLAUSES.split(whole):
        if _DOUBTS.search(clause):
            continue
        present = 0 if _DENIES.search(clause) else 1
        for name, words in _WORDS.items():
            if words.search(clause):
                found[name] = max(found[name], present)
    return found["E"], found["A"], found["L"]


def said_of(texts: Sequence[Any] | NDArray[Any]) -> NDArray[np.int64]:
    """The same for many reports.  Shape: (n,) -> (n, 3)."""
    return np.array([said(text) for text in texts], dtype=np.int64).reshape(-1, len(ATTRIBUTES))
