"""Where a store lies: a folder of this machine, or a URL that fsspec knows."""

from __future__ import annotations

import os
from pathlib import Path

from idgen_compiler.data.atomic import check_room
from idgen_compiler.errors import DataError
from idgen_compiler.store.files import Files, Folder
from idgen_compiler.store.remote import Remote

__all__ = ["files_of"]


def files_of(where: str | os.PathLike[str]) -> Files:
    """The place of a path, or of a URL with `://`, which has to be writable.

    Raises DataError for what is neither, for a folder that cannot be written, and for a URL of a system that is not
    installed.
    """
    if not isinstance(where, str | os.PathLike) or not os.fspath(where):
        raise DataError(f"store is {where!r:.80}; give a folder, or a URL such as s3://bucket/store")
    text = os.fspath(where)
    protocol, parted, rest = text.partition("://")
    if parted and protocol not in ("file", "local"):
        return _remote(text)
    path = Path(rest if parted else text).absolute()
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f"store={text!r} cannot be made a folder ({error.strerror}); choose another") from None
    check_room(path / "trial")
    return Folder(path)


def _remote(url: str) -> Remote:
    try:
        import fsspec
    except ImportError:
        raise DataError(f"store={url!r} is a URL, which fsspec reads; install fsspec, or give a folder") from None
    try:
        system, root = fsspec.core.url_to_fs(url)
    except (ImportError, ValueError) as error:
        raise DataError(f"store={url!r} cannot be opened ({error}); install what it names, or give a folder") from None
    return Remote(url.rstrip("/"), system, root.rstrip("/"))
