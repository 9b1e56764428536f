"""The compiler as one archive that a browser's Python imports: its sources, the exact backend, and the stand-ins."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from importlib.metadata import distribution, version
from importlib.util import find_spec
from pathlib import Path

from idgen_compiler.errors import IdgenError

__all__ = ["archive", "archive_of_networkx"]

_LEFT_OUT = frozenset({"cli", "demo", "fits", "page", "report", "serving", "store", "__pycache__"})
"""Folders that nothing needs in a browser."""

_BACKENDS = {"exact": ("idgen_exact", "ExactBackend")}

_ALIAS = """import sys

from idgen_compiler.studio.standin import {name} as standin

standin.__path__ = __path__  # numpy.typing stands beside
sys.modules[__name__] = standin
"""

_TYPING = "from typing import Any\n\nNDArray = list\nArrayLike = Any\n"
"""numpy.typing: what annotations name."""

_EPOCH = (1980, 1, 1, 0, 0, 0)
"""When every file was written: archives of the same sources are the same bytes."""


def archive() -> bytes:
    """The archive of this very version, numpy and opt_einsum replaced (see `standin`)."""
    files = dict(_sources("idgen_compiler"))
    for package, _ in _BACKENDS.values():
        files |= dict(_sources(package))
    for name in ("numpy", "opt_einsum"):
        files[f"{name}/__init__.py"] = _ALIAS.format(name=name).encode()
    files["numpy/typing.py"] = _TYPING.encode()
    number = version("idgen-compiler")
    entries = "".join(f"{name} = {package}:{cls}\n" for name, (package, cls) in _BACKENDS.items())
    info = f"idgen_compiler-{number}.dist-info"
    files[f"{info}/METADATA"] = f"Metadata-Version: 2.1\nName: idgen-compiler\nVersion: {number}\n".encode()
    files[f"{info}/entry_points.txt"] = f"[idgen_compiler.backends]\n{entries}".encode()
    return _zipped(files)


def archive_of_networkx() -> bytes | None:
    """networkx, by which GML and GraphML are read; None where it is not installed."""
    if find_spec("networkx") is None:
        return None
    licenses = [file for file in distribution("networkx").files or () if file.name.upper().startswith("LICENSE")]
    found = {f"networkx/{file.name}": Path(str(file.locate())).read_bytes() for file in licenses}
    return _zipped(dict(_sources("networkx")) | found)


def _sources(package: str) -> Iterator[tuple[str, bytes]]:
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise IdgenError(f"the sources of {package} are not to be found; install idgen-compiler from its folder")
    root = Path(next(iter(spec.submodule_search_locations)))
    for file in sorted(root.rglob("*")):
        inside = file.relative_to(root)
        if file.suffix in (".py", ".toml") and not _LEFT_OUT.intersection(inside.parts) and "tests" not in inside.parts:
            yield f"{package}/{inside.as_posix()}", file.read_bytes()


def _zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, content in sorted(files.items()):
            zipped.writestr(zipfile.ZipInfo(name, _EPOCH), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()
