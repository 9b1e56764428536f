"""`report_page`: the page of a query or of a sampler, written where somebody wants it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import signature
from pathlib import Path
from typing import Any

from idgen_compiler.data.atomic import whole_or_absent
from idgen_compiler.errors import QueryError, near_misses
from idgen_compiler.graph.admg import ADMG
from idgen_compiler.query import Query
from idgen_compiler.report.web.page import render
from idgen_compiler.report.web.values.whole import Whole, of_query, of_sampler

__all__ = ["report_page"]


def report_page(of: Any, graph: ADMG | None = None, *, path: str | Path | None = None, **options: Any) -> str:
    """One page of HTML that works offline: what was asked, why it can be answered, what is trained, and what came out.

    of: a fitted sampler of any backend, or a query with its `graph`, which needs no fit and may not be identifiable:
        then the page has the hedge and two models that prove it.
    path: where it is written as well; an old file is replaced once the new one is whole.
    models: on how many random models the answer is verified; 0 leaves that out.
    of a sampler also: query (of one that answers several, the one that the page is about; else all), do (a dict of
        values by treatment, or several), given, n (samples at each setting), seed, and estimates (True: intervals also
        where they take long; False: none).

    Raises QueryError for what is neither, DataError where the file cannot be written, and TypeError for an unknown
    option. What a sampler refuses to answer is said on the page.

    >>> import idgen_compiler as idgen
    >>> page = idgen.report_page(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("X -> Y; X <-> Y"))
    >>> page[:15], "not identifiable" in page
    ('<!doctype html>', True)
    """
    if isinstance(of, Query):
        if graph is None:
            raise QueryError(f"{of} needs its graph; give report_page(query, graph)")
        found = _shown(of_query, (of, graph), options)
    elif hasattr(of, "program") and hasattr(of, "sample"):
        if graph is not None:
            raise QueryError("a sampler has its own graph; leave graph out")
        found = _shown(of_sampler, (of,), options)
    else:
        raise QueryError(f"a page is made of a sampler, or of a query and its graph, not of {of!r:.80}")
    page = render(found)
    if path is not None:
        with whole_or_absent(Path(path)) as partial:
            partial.write_text(page, encoding="utf-8")
    return page


def _shown(page: Callable[..., Whole], of: tuple[Any, ...], options: Mapping[str, Any]) -> Whole:
    """The page's values. Raises TypeError, with what is near, for an option that it does not have."""
    known = list(signature(page).parameters)[len(of) :]
    for name in options:
        if name not in known:
            raise TypeError(f"report_page has no option {name!r:.60} here{near_misses(name, known)}")
    return page(*of, **options)
