"""Dates as texts: ISO 8601, and nothing that could be read in two ways."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from idgen_compiler.data.arrays import Array

__all__ = ["IsoForm", "iso_form", "iso_times"]

_ISO = re.compile(
    r"\d{4}-\d\d-\d\d"
    r"(?:(?P<mark>[T ])\d\d:\d\d(?P<seconds>:\d\d(?:\.(?P<fraction>\d{1,9}))?)?(?P<zone>Z|[+-]\d\d:\d\d)?)?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class IsoForm:
    """How a text writes its time: what stands between day and time, how precise it is, and its zone."""

    mark: str = ""
    seconds: bool = False
    digits: int = 0
    zone: str = ""

    @property
    def pattern(self) -> re.Pattern[str]:
        """What a text of this form matches."""
        fraction = rf"\.\d{{{self.digits}}}" if self.digits else ""
        time = rf"{self.mark}\d\d:\d\d" + (rf":\d\d{fraction}" if self.seconds else "") if self.mark else ""
        return re.compile(r"\d{4}-\d\d-\d\d" + time + re.escape(self.zone), re.ASCII)

    def write(self, times: Array) -> Array:
        """Times as texts of this form.  Shape: (n,) datetime64 -> (n,) objects."""
        if not self.mark:
            texts = np.datetime_as_string(times, unit="D")
        elif not self.seconds:
            texts = np.datetime_as_string(times, unit="m")
        else:
            texts = np.datetime_as_string(times, unit="ns" if self.digits else "s")
        found = np.empty(len(texts), dtype=object)
        cut = 20 + self.digits if self.digits else None
        found[:] = [text[:cut].replace("T", self.mark or "T") + self.zone for text in texts.tolist()]
        return found


def iso_form(text: str) -> IsoForm | None:
    """The form of one text; None where it is no date.

    >>> iso_form("2020-01-31 12:30")
    IsoForm(mark=' ', seconds=False, digits=0, zone='')
    """
    found = _ISO.fullmatch(text)
    if found is None:
        return None
    return IsoForm(found["mark"] or "", found["seconds"] is not None, len(found["fraction"] or ""), found["zone"] or "")


def iso_times(texts: list[str]) -> tuple[IsoForm, Array] | None:
    """The one form of all texts and their times, as they are written there; None where they have no one form.

    Shape: (rows,) datetime64.
    """
    form = iso_form(texts[0]) if texts else None
    if form is None or not all(map(form.pattern.fullmatch, texts)):
        return None
    bare = [text[: len(text) - len(form.zone)] for text in texts]
    try:
        return form, np.array(bare, dtype="M8[ns]" if form.digits else "M8[s]")
    except ValueError:  # a 30th of February
        return None
