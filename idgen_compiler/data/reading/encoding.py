"""Which characters the bytes of a text table stand for."""

from __future__ import annotations

import codecs
from pathlib import Path

from idgen_compiler.data.reading.bounded import unfolded
from idgen_compiler.errors import DataError, DataWarning
from idgen_compiler.warning import warn_user

__all__ = ["encoding_of"]

_BOMS = (  # the longer ones first: UTF-32 begins as UTF-16 does
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_PIECE = 2**20

_OTHERS = {
    b"PAR1": "a Parquet file; rename it to .parquet",
    b"PK\x03\x04": "a ZIP file, as workbooks are; export the sheet as CSV",
    b"\xd0\xcf\x11\xe0": "a workbook of an old Excel; export the sheet as CSV",
    b"%PDF": "a PDF; export the table as CSV",
    b"ARROW1": "an Arrow file; write it as Parquet",
    b"SQLite format 3": "a SQLite database; export the table as CSV",
    b"\x89HDF": "an HDF5 file; export the table as CSV or Parquet",
    b"RDX": "a file of R; write it with write.csv",
    b"<stata_dta>": "a Stata file; export it as CSV",
    b"$FL2": "an SPSS file; export it as CSV",
}
"""What files of other kinds begin with."""


def encoding_of(path: Path, limit: int | None) -> str:
    """By the mark at the beginning; UTF-8 where all bytes are; UTF-16 where every other byte is zero; else Windows'.

    Raises DataError for bytes that are no text in any of these; warns (DataWarning) where the encoding is a guess.
    """
    with unfolded(path, limit) as file:
        head = file.read(4096)
        for mark, name in _BOMS:
            if head.startswith(mark):
                return name
        for mark, what in _OTHERS.items():
            if head.startswith(mark):
                raise DataError(f"{path} is no text, but {what}")
        if b"\0" in head:
            return _wide(path, head)
        decoders = {name: codecs.getincrementaldecoder(name)() for name in ("utf-8", "cp1252")}
        piece = head
        while piece:
            if b"\0" in piece:
                raise DataError(f"{path} holds zero bytes, which no text does; fetch or export it again")
            for name, decoder in list(decoders.items()):
                try:
                    decoder.decode(piece)
                except UnicodeDecodeError:
                    del decoders[name]
            if not decoders:
                raise DataError(f"{path} is no text in UTF-8 or cp1252; name its encoding, such as encoding='latin-1'")
            piece = file.read(_PIECE)
    if "utf-8" in decoders and not decoders["utf-8"].getstate()[0]:
        return "utf-8"
    if "cp1252" not in decoders:
        raise DataError(f"{path} ends within a character of UTF-8; fetch it again, or name its encoding")
    warn_user(
        f"{path} is no UTF-8 and was read as cp1252 (Windows, western Europe); if its labels look wrong, name its "
        "encoding, such as encoding='mac-roman'",
        DataWarning,
    )
    return "cp1252"


def _wide(path: Path, head: bytes) -> str:
    """UTF-16 without a mark, where most characters are ASCII."""
    for first, name in ((1, "utf-16-le"), (0, "utf-16-be")):
        zeros = head[first::2].count(0)
        if zeros > len(head) / 4 and not head[1 - first :: 2].count(0):
            return name
    raise DataError(f"{path} holds zero bytes, which no text does; fetch or export it again, or name its encoding")
