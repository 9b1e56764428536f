"""What is said about a vertex in square brackets: `U [latent]`, `X [exposure, pos="1,2"]`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from idgen_compiler.errors import IdgenError, near_misses

__all__ = ["is_hidden"]

_HIDDEN = frozenset({"latent", "l", "unobserved", "u", "hidden", "unmeasured"})
_SEEN = frozenset({"observed", "measured"})
_SELECTED = frozenset({"selected", "s", "selection"})
_ROLES = frozenset({"exposure", "e", "treatment", "outcome", "o", "adjusted", "adjustednode", "a"})
_DRAWN = frozenset(
    {"pos", "label", "shape", "color", "fillcolor", "style", "size", "width", "height", "font", "weight"}
)
_YES, _NO = frozenset({"", "yes", "true", "1"}), frozenset({"no", "false", "0"})


def is_hidden(marks: Mapping[str, str], error: Callable[[str], IdgenError]) -> bool:
    """Whether marks (a word, and its value or "") hide a vertex; roles and how it is drawn are left aside.

    Raises what `error` makes of a message: for a mark that means nothing, and for a selected variable.
    """
    found = False
    for word, value in marks.items():
        if word in _SELECTED:
            raise error("data selected by a variable's value are no samples of P(V); drop [selected]")
        if word in _HIDDEN | _SEEN:
            if value.lower() not in _YES | _NO:
                raise error(f"{word}={value} is neither yes nor no")
            found |= (value.lower() in _YES) == (word in _HIDDEN)
        elif word not in _ROLES | _DRAWN:
            known = ("latent", "exposure", "outcome", "adjusted")
            raise error(f"[{word}] is no mark of a vertex{near_misses(word, known)}; a list is written {{X, Y}} -> Z")
    return found
