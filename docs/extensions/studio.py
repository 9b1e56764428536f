"""The studio as a part of the site: the page that runs in a browser alone, and a link to it from where it is told of.

Python for the browser is taken from npm, or from the cache where it has been taken before. Where it is not to be had
the page is there all the same and says so.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxRole

from idgen_compiler.errors import IdgenError
from idgen_compiler.studio.site import build, page_files

__all__ = ["setup"]


def _built(app: Sphinx, exception: Exception | None) -> None:
    if exception is not None or app.builder.format != "html":
        return
    out = Path(app.outdir) / "studio"
    try:
        build(out)
    except IdgenError as error:
        logging.getLogger(__name__).info(f"the studio is without Python: {error}")
        for name, content in page_files():
            (out / name).parent.mkdir(parents=True, exist_ok=True)
            (out / name).write_bytes(content)


class _StudioRole(SphinxRole):
    """A link to the page, which is no page of Sphinx's."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        up = "../" * self.env.docname.count("/")
        return [nodes.reference(self.rawtext, self.text, refuri=f"{up}studio/index.html")], []


def setup(app: Sphinx) -> dict[str, Any]:
    """Write the studio once the site is built, and know the role that links to it."""
    app.connect("build-finished", _built)
    app.add_role("studio", _StudioRole())
    return {"parallel_read_safe": True, "parallel_write_safe": True}
