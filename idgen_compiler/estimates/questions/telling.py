"""What is warned of while one question is answered: said once, and kept beside the numbers."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from idgen_compiler.errors import OverlapWarning
from idgen_compiler.warning import each_once, overheard

__all__ = ["one_question"]

P = ParamSpec("P")
R = TypeVar("R", bound=Any)


def one_question(ask: Callable[P, R]) -> Callable[P, R]:
    """A method that gives an `Estimate` or `Estimates`, which hold what was said of overlap on the way to them.

    >>> import warnings
    >>> from idgen_compiler.warning import warn_overlap
    >>> class Number:
    ...     def warned(self, texts):
    ...         return list(texts)
    >>> @one_question
    ... def estimate():
    ...     warn_overlap("few rows are like those that are asked about")
    ...     return Number()
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     kept = estimate()
    >>> kept
    ['few rows are like those that are asked about']
    """

    @wraps(ask)
    def asked(*args: P.args, **kwargs: P.kwargs) -> R:
        with each_once(), overheard() as said:
            found = ask(*args, **kwargs)
        told: R = found.warned(text for category, text in said if issubclass(category, OverlapWarning))
        return told

    return asked
