"""A report: what there is to say, as a frozen value; a page, a text, JSON and HTML are renderings of it."""

from __future__ import annotations

import io
import json

from idgen_compiler.forms.markup import tag
from idgen_compiler.forms.record import to_plain
from idgen_compiler.report.page import Page

__all__ = ["Report"]


class Report:
    """The root of reports: frozen dataclasses of names, numbers and texts, with one method that writes a page.

    `forms.record.read_record` reads `to_json` back to an equal report.
    """

    __slots__ = ()

    def write(self, page: Page) -> None:
        """Write the report on a page, in colors where somebody looks at it in a terminal."""
        raise NotImplementedError

    def __str__(self) -> str:
        file = io.StringIO()
        self.write(Page.on(file))
        return file.getvalue().removesuffix("\n")

    def to_json(self, indent: int | None = 2) -> str:
        """The values as JSON."""
        return json.dumps(to_plain(self), indent=indent, ensure_ascii=False)

    def _repr_html_(self) -> str:
        return tag("pre", str(self))

    def to_html(self, width: int = 120) -> str:
        """The page as a browser shows it, in the colors of a terminal of so many columns."""
        page = Page.kept(width)
        self.write(page)
        return page.console.export_html(inline_styles=True)
