"""Which format an answer has: by `?format=`, or by what a client accepts."""

from __future__ import annotations

from collections.abc import Mapping

from idgen_compiler.data.kinds import Kind
from idgen_compiler.errors import DataError, IdgenError, near_misses
from idgen_compiler.forms.shown import cut
from idgen_compiler.serving.writing.arrow import Arrow
from idgen_compiler.serving.writing.lines import Json, Lines
from idgen_compiler.serving.writing.pictures import OnePicture, Zipped
from idgen_compiler.serving.writing.writer import Writer

__all__ = ["FORMATS", "NotAcceptable", "accepted", "writer_for"]

FORMATS: tuple[type[Writer], ...] = (Lines, Arrow, Json, OnePicture, Zipped)
"""The first one is sent to who accepts anything."""


class NotAcceptable(IdgenError):
    """A client accepts none of the formats that there are."""


def writer_for(accept: str, wanted: str | None, kinds: Mapping[str, Kind]) -> Writer:
    """A writer of the format that was asked for.

    Raises DataError for an unknown name, NotAcceptable where no format is accepted, IdgenError where a package that
    writes it is not installed.

    >>> writer_for("text/html, application/json;q=0.9", None, {}).name
    'json'
    """
    if wanted is not None:
        chosen = next((each for each in FORMATS if each.name == wanted), None)
        if chosen is None:
            names = [each.name for each in FORMATS]
            raise DataError(f"there is no format {cut(wanted)}{near_misses(wanted[:40], names)}")
    else:
        media = accepted(accept, [each.media_type for each in FORMATS])
        chosen = next(each for each in FORMATS if each.media_type == media)
    return chosen(kinds) if chosen is Arrow else chosen()


def accepted(accept: str, known: list[str]) -> str:
    """The best of some media types by an Accept header; the first of equal ones.

    Raises NotAcceptable where none is accepted.  Source: RFC 9110, section 12.5.1.

    >>> accepted("application/*;q=0.2, image/png", ["application/json", "image/png"])
    'image/png'
    """
    if not accept.strip():
        return known[0]
    said: dict[str, float] = {}
    for entry in accept.split(","):
        media, *parameters = (part.strip().lower() for part in entry.split(";"))
        said[media] = next((_weight(p[2:]) for p in parameters if p.startswith("q=")), 1.0)
    best, weight = known[0], 0.0
    for media in known:
        names = (media, f"{media.split('/')[0]}/*", "*/*")
        own = next((said[name] for name in names if name in said), 0.0)
        if own > weight:
            best, weight = media, own
    if not weight:
        raise NotAcceptable(f"there is no format {cut(accept)}; accept one of {', '.join(known)}")
    return best


def _weight(text: str) -> float:
    try:
        return min(max(float(text), 0.0), 1.0)
    except ValueError:
        return 0.0
