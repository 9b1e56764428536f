"""What a store has under the name of something that has to be made again, and in what that one differs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from typing import Any

from idgen_compiler.errors import StoreWarning
from idgen_compiler.store import Artefact, Store
from idgen_compiler.warning import warn_user

__all__ = ["Stale", "differences", "nearest"]

_NAMES = {
    "seed": "another seed", "tuning": "other options", "versions": "other versions",
    "device": "another device", "families": "another text of a family",
}  # fmt: skip
_PARTS = {"weights": "other weights", "targets": "other types", "inputs": "other types", "code": "other code of"}
_ASKED_FOR = {"another seed", "other options"}
"""Who fits with another seed or other options knows that."""

_MOST, _MOST_AT_A_URL = 2_000, 200
"""Of more artefacts the names are not looked through, which would take longer than it is worth."""


def differences(before: Artefact, now: Mapping[str, Any]) -> list[str]:
    """In what a model of a store differs from one that is asked for, in words, each after "it is of"."""
    found = [words for name, words in _NAMES.items() if name in now and before.depends.get(name) != now[name]]
    recipe, asked = (each.get("recipe", {}) for each in (before.depends, now))
    if recipe != asked:
        found.append("another family" if recipe.get("family") != asked.get("family") else "other options")
    old, new = before.depends.get("task", {}), now.get("task", {})
    if old.get("rows") != new.get("rows"):
        found.append(_rows(old, new))
    for name, words in _PARTS.items():
        if old.get(name) == new.get(name):
            continue
        if name == "code":
            words = f"{words} {', '.join(_changed(old.get(name, {}), new.get(name, {})))}"
        elif name in ("targets", "inputs"):
            words = f"{words} of {', '.join(_types(old.get(name, ()), new.get(name, ())))}"
        found.append(words)
    return list(dict.fromkeys(found))


def nearest(before: Sequence[Artefact], now: Mapping[str, Any]) -> tuple[list[str], str]:
    """In what the model of a store that differs in least differs from what is asked for, and when it was made.

    Of those that differ in as much it is the newest.
    """
    alike = [(differences(artefact, now), artefact.made) for artefact in before]
    return min(sorted(alike, key=lambda each: each[1], reverse=True), key=lambda each: len(each[0]))


def _rows(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    columns = [part for part in new.get("rows", {}) if old.get("rows", {}).get(part) != new["rows"][part]]
    before, now = old.get("count"), new.get("count")
    more = f" ({before:,} rows then, {now:,} now)" if isinstance(before, int) and before != now else ""
    return f"other rows of {', '.join(columns)}{more}"


def _changed(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    return sorted(name for name in {*old, *new} if old.get(name) != new.get(name))


def _types(old: Iterable[Mapping[str, Any]], new: Iterable[Mapping[str, Any]]) -> list[str]:
    known = {part["name"]: part for part in old}
    return [part["name"] for part in new if known.get(part["name"]) != part] or ["what it models"]


@dataclass(eq=False)
class Stale:
    """What one fit makes again although the store has something of its name."""

    store: Store
    found: dict[str, str] = field(default_factory=dict)  #: title -> in what that one differs

    @cached_property
    def _models(self) -> Sequence[Artefact]:
        most = _MOST if not self.store.files.late else _MOST_AT_A_URL
        every = list(islice(self._every(), most + 1))
        return every if len(every) <= most else ()

    def _every(self) -> Iterator[Artefact]:
        return (artefact for artefact in self.store.artefacts() if artefact.kind == "model")

    def note(self, title: str, depends: Mapping[str, Any]) -> None:
        """A model is not there: see whether another one of its name is, the one that differs in least."""
        alike = [artefact for artefact in self._models if artefact.title == title]
        if not alike:
            return
        told, made = nearest(alike, depends)
        if told and not _ASKED_FOR.issuperset(told):
            self.found[title] = f"the one of {made} is of {', '.join(told)}"

    def tell(self) -> None:
        """Warn once of all that was made again, and why."""
        if not self.found:
            return
        told = "; ".join(f"{title} ({why})" for title, why in self.found.items())
        self.found.clear()
        warn_user(f"the store {self.store.where} has other models of these names, and they were trained again: {told}",
                  StoreWarning)  # fmt: skip
