import json
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import pytest

from idgen_compiler.errors import DataError
from idgen_compiler.forms.record import read_record, to_plain


@dataclass(frozen=True)
class Leaf:
    word: ClassVar[str] = "leaf"
    size: int
    label: str = ""


@dataclass(frozen=True)
class Branch:
    word: ClassVar[str] = "branch"
    below: tuple[Leaf, ...]
    ratio: float | None = None
    mode: Literal["wide", "tall"] = "wide"


@dataclass(frozen=True)
class Tree:
    parts: tuple[Leaf | Branch, ...]
    name: Annotated[str, "what people call it"]
    tall: bool
    shares: dict[str, float]
    pair: tuple[int, str]
    one: Branch | None = None
    labels: tuple[str | bool | int | float, ...] = ()


TREE = Tree((Leaf(1), Branch((Leaf(2, "a"),), 0.5)), "oak", True, {"x": 1.0}, (3, "z"), Branch(()), ("a", True, 1, 1.5))


def test_what_is_written_is_read_back() -> None:
    read = read_record(Tree, json.loads(json.dumps(to_plain(TREE))), "the tree", DataError)
    assert read == TREE
    assert list(map(type, read.labels)) == [str, bool, int, float]


def test_defaults_are_left_out_and_filled_in() -> None:
    assert to_plain(Leaf(1)) == {"kind": "leaf", "size": 1}
    assert to_plain(Leaf(1, "a")) == {"kind": "leaf", "size": 1, "label": "a"}


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("name", 3, "the tree: 'name' must be a text, not 3"),
        ("tall", 1, "the tree: 'tall' must be true or false, not 1"),
        ("shares", {"x": float("nan")}, "the tree: 'shares', x must be a finite number, not nan"),
        ("shares", {"x": 10**400}, "the tree: 'shares', x must be a finite number, not 1000"),
        ("shares", {"x": True}, "the tree: 'shares', x must be a finite number, not True"),
        ("pair", [1], "the tree: 'pair' must be a list of 2, not [1]"),
        ("parts", [{"kind": "twig"}], "the tree: 'parts', item 0 is of no known kind: 'twig'"),
        ("parts", [{"kind": "leaf"}], "the tree: 'parts', item 0 lacks 'size'"),
        ("parts", [{"kind": "leaf", "size": 1, "hue": 2}], "the tree: 'parts', item 0 has unknown fields: hue"),
        ("parts", [3], "the tree: 'parts', item 0 is 3, not Leaf or Branch"),
        ("one", {"kind": "leaf", "below": []}, "the tree: 'one' is of kind 'leaf', not 'branch'"),
        ("one", {"below": [], "mode": "low"}, "the tree: 'one': 'mode' must be one of 'wide', 'tall', not 'low'"),
        ("labels", [None], "the tree: 'labels', item 0 is None, not a text or true or false"),
    ],
)
def test_what_does_not_fit_is_named(path: str, value: Any, said: str) -> None:
    with pytest.raises(DataError) as caught:
        read_record(Tree, to_plain(TREE) | {path: value}, "the tree", DataError)
    assert str(caught.value).startswith(said)


def test_other_values_are_refused() -> None:
    with pytest.raises(TypeError, match="no place in JSON"):
        to_plain({"x": object()})
    with pytest.raises(DataError, match="the tree must be an object, not 3"):
        read_record(Tree, 3, "the tree", DataError)
