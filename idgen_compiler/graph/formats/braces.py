"""The grammar that DOT and DAGitty share: `word { statements }` with chains of edges, groups and attributes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from idgen_compiler.errors import GraphError
from idgen_compiler.forms.spelling import WORD
from idgen_compiler.graph.formats.arrows import as_statements, why_refused

__all__ = ["EdgeChain", "Document", "Position", "parse_braces", "quote"]

# Compiled where a text is read: importing the package costs nothing for languages that nobody uses.
_TOKEN = rf"""(?xs)
    (?P<space>\s+ | //[^\n]* | /\*.*?\*/ | \#[^\n]*)
    | (?P<arrow><->|->|@?--?@|@-?->?|<-@?|--) | (?P<mark>[{{}}\[\]=;,:+])
    | (?P<number>-?(?:\.\d+|\d+(?:\.\d*)?)(?![\w.])) | (?P<name>{WORD}|[\w.]+) | (?P<quoted>"(?:[^"\\]|\\.)*")
    | (?P<html><(?:[^<>]|<[^<>]*>)*>)
"""

_PLAIN = r"[A-Za-z_][A-Za-z0-9_]*"
_KEYWORDS = frozenset({"node", "edge", "graph", "digraph", "subgraph", "strict", "dag"})

Attributes = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a text, for messages."""

    text: str
    at: int
    language: str

    def error(self, message: str) -> GraphError:
        """The error that shows the line with a caret under this place."""
        start = self.text.rfind("\n", 0, self.at) + 1
        line = self.text.count("\n", 0, self.at) + 1
        shown = self.text[start:].split("\n", 1)[0]
        column = self.at - start
        return GraphError(f"{self.language}, line {line}, column {column + 1}: {message}\n  {shown}\n  {' ' * column}^")


@dataclass(frozen=True, slots=True)
class EdgeChain:
    """One statement: groups of names joined by arrows, with the attributes in force; no arrow for a vertex."""

    groups: tuple[tuple[str, ...], ...]
    arrows: tuple[tuple[str, Position], ...]
    attributes: Attributes
    place: Position

    @property
    def names(self) -> list[str]:
        """The names in the order in which they stand."""
        return [name for group in self.groups for name in group]


@dataclass(frozen=True, slots=True)
class Document:
    """The opening words (`strict digraph`), and the statements in order."""

    words: tuple[str, ...]
    chains: tuple[EdgeChain, ...]
    place: Position


def parse_braces(text: str, language: str) -> Document:
    """Read one graph of the shared grammar; `language` names it in messages.

    Defaults (`node [...]`, `edge [...]`) hold from where they stand to the end of their braces, as in DOT.

    Raises GraphError with line, column and what was expected there.
    """
    return _Parser(text, language).document()


def quote(name: str) -> str:
    """A name as both languages write it: in quotes unless it is a plain word and no keyword.

    Raises GraphError for what they cannot hold: a backslash at the end, or before a quote.
    """
    if re.fullmatch(_PLAIN, name) and name.lower() not in _KEYWORDS:
        return name
    if name.endswith("\\") or '\\"' in name:
        raise GraphError(f"{name!r} has a backslash where neither DOT nor DAGitty can hold one; rename it")
    return '"' + name.replace('"', '\\"') + '"'


def _braced(names: Sequence[str]) -> str:
    return quote(names[0]) if len(names) == 1 else "{" + " ".join(map(quote, names)) + "}"


class _Parser:
    """Recursive descent over the tokens (kind, value, place)."""

    def __init__(self, text: str, language: str) -> None:
        self.text, self.language = text, language
        self.tokens: list[tuple[str, str, int]] = []
        self.next = self.depth = 0
        self.chains: list[EdgeChain] = []
        self.seen: set[str] = set()
        at, tokens = 0, re.compile(_TOKEN)
        while at < len(text):
            token = tokens.match(text, at)
            if token is None:
                what = "a quoted name that does not end" if text[at] == '"' else f"cannot read {text[at]!r} here"
                raise self.place(at).error(what)
            if token.lastgroup != "space":
                self.tokens.append((str(token.lastgroup), token[0], at))
            at = token.end()
        self.tokens.append(("end", "", len(text)))

    def place(self, at: int | None = None) -> Position:
        return Position(self.text, self.tokens[self.next][2] if at is None else at, self.language)

    @property
    def kind(self) -> str:
        return self.tokens[self.next][0]

    @property
    def value(self) -> str:
        return self.tokens[self.next][1]

    def accept(self, mark: str) -> bool:
        if self.kind == "mark" and self.value == mark:
            self.next += 1
            return True
        return False

    def expect(self, mark: str) -> None:
        if not self.accept(mark):
            found = f", not {self.value!r}" if self.value else " before the end"
            raise self.place().error(f"expected {mark!r}{found}")

    def word(self, what: str) -> str:
        kind, value = self.kind, self.value
        if kind not in ("name", "number", "quoted", "html"):
            raise self.place().error(f"expected {what}" + (f", not {value!r}" if value else " before the end"))
        self.next += 1
        if kind != "quoted":
            return value
        whole = value[1:-1].replace('\\"', '"').replace("\\\n", "")
        while self.accept("+"):  # DOT joins "a" + "b"
            whole += self.word("a quoted text")
        return whole

    def document(self) -> Document:
        place, words = self.place(), []
        while self.kind in ("name", "quoted", "number"):
            words.append(self.word("a word"))
        self.expect("{")
        self.body({}, {})
        self.expect("}")
        self.accept(";")
        if self.kind != "end":
            raise self.place().error("nothing may follow the graph")
        return Document(tuple(words), tuple(self.chains), place)

    def body(self, node: Attributes, edge: Attributes) -> tuple[str, ...]:
        """The statements up to the closing brace; the names that they mention, each once."""
        self.depth += 1
        if self.depth > 50:
            raise self.place().error("braces are nested too deeply")
        found: dict[str, None] = {}
        while not (self.kind == "end" or (self.kind == "mark" and self.value == "}")):
            if self.accept(";") or self.accept(","):
                continue
            follows = self.tokens[self.next + 1][:2]
            keyword = self.value.lower() if self.kind == "name" else ""
            if keyword in ("node", "edge", "graph") and follows == ("mark", "["):
                self.next += 1
                attributes = self.attributes()
                if keyword == "node":
                    node = {**node, **attributes}
                elif keyword == "edge":
                    edge = {**edge, **attributes}
            elif self.kind in ("name", "quoted") and follows == ("mark", "="):  # a setting of the drawing
                self.next += 2
                self.word("a value")
            else:
                found.update(dict.fromkeys(self.chain(node, edge)))
        self.depth -= 1
        return tuple(found)

    def chain(self, node: Attributes, edge: Attributes) -> list[str]:
        place = self.place()
        groups, arrows, listed = list[tuple[str, ...]](), list[tuple[str, Position]](), list[Position]()
        while True:
            start = self.place()
            members = self.members(node, edge)
            listed += [start] if len(members) > 1 else []
            if len(members) > 1 and self.kind == "arrow" and arrows:
                self.refuse_list(groups, members, arrows, start)
            group = tuple(dict.fromkeys(name for one in members for name in one))
            if listed and groups and (both := set(groups[-1]) & set(group)):
                raise listed[-1].error(f"{min(both)} stands on both sides of an arrow; end lone names by ;")
            groups.append(group)
            self.reject_circles()
            if self.kind != "arrow":
                break
            arrows.append((self.value, self.place()))
            self.next += 1
            self.reject_circles()
        if listed and self.kind == "mark" and self.value == "[":
            raise listed[-1].error(
                "what stands in brackets after a list may hold for each of its names or for the last; end the names "
                "before it by ;"
            )
        own = self.attributes()
        if arrows:
            self.chains.append(EdgeChain(tuple(groups), tuple(arrows), {**edge, **own}, place))
        elif own:
            self.chains.append(EdgeChain(tuple(groups), (), own, place))
        return [name for group in groups for name in group]

    def members(self, node: Attributes, edge: Attributes) -> list[tuple[str, ...]]:
        """The groups at one place of a chain: `A, B -> C` has two before its arrow.

        Neither DAGitty nor the grammar that Graphviz documents has such lists; Graphviz reads them so.
        """
        found = [self.group(node, edge)]
        while self.lists_more():
            self.next += 1
            found.append(self.group(node, edge))
        return found

    def lists_more(self) -> bool:
        """Whether a comma and a further vertex stand here, and no attributes, setting or end."""
        if self.kind != "mark" or self.value != ",":
            return False
        (kind, value, _), after = self.tokens[self.next + 1], self.tokens[self.next + 2 : self.next + 3]
        follows = after[0][:2] if after else ("end", "")
        if value.lower() in ("node", "edge", "graph", "subgraph") and kind == "name":
            return False
        return kind in ("name", "number", "quoted", "html") and follows != ("mark", "=")

    def refuse_list(
        self,
        before: Sequence[tuple[str, ...]],
        group: Sequence[tuple[str, ...]],
        arrows: Sequence[tuple[str, Position]],
        start: Position,
    ) -> None:
        """Raise the error for `Z -> X, W -> Y`, which is two statements to some and one to others."""
        rest = re.split(r"[;\n}\[]", self.text[self.tokens[self.next][2] :], maxsplit=1)[0].strip()
        begun = "".join(f"{_braced(part)} {arrow} " for part, (arrow, _) in zip(before, arrows, strict=True))
        names = [name for one in group for name in one]
        ways = [as_statements(f"{begun}{', '.join(map(_braced, group))} {rest}")]
        if len(set(names)) == len(names) and ";" not in as_statements(rest):
            ways.append(f"{begun}{_braced(names)} {rest}")
        told = "a list between two arrows can be read in two ways" if len(ways) > 1 else "a comma ends no statement"
        raise start.error(f"{told}; write {'  or  '.join(ways)}")

    def reject_circles(self) -> None:
        """Raise the error for `X o-> Y` and `X <-o Y`, where o is no vertex but the end of an uncertain edge."""
        if self.kind != "name" or self.value != "o" or not 0 < self.next < len(self.tokens) - 1:
            return
        before, this, after = self.tokens[self.next - 1 : self.next + 2]
        gap = self.text[before[2] + len(before[1]) : this[2]]
        if before[0] == "arrow":
            names, arrow = after[0] in ("name", "quoted") and not gap and before[1][-1] != ">", before[1] + "o"
            apart = self.text[this[2] + 1 : after[2]]
        else:
            names, arrow = before[0] in ("name", "quoted") and after[0] == "arrow", "o" + after[1]
            names, apart = names and this[2] + 1 == after[2], gap
        if names and apart and "\n" not in apart:
            raise self.place().error(why_refused(arrow))

    def group(self, node: Attributes, edge: Attributes) -> tuple[str, ...]:
        """One vertex, or several in braces; the vertices enter the document here, so that they keep their order."""
        if self.kind == "name" and self.value.lower() == "subgraph":
            self.next += 1
            if self.kind in ("name", "quoted"):
                self.word("a name")
        if self.accept("{"):
            names = self.body(node, edge)
            self.expect("}")
            return names
        place = self.place()
        name = self.word("a vertex")
        while self.accept(":"):  # a port, where the drawing's line ends
            self.word("a port")
        if name not in self.seen:  # defaults hold for the vertices that are new
            self.seen.add(name)
            self.chains.append(EdgeChain(((name,),), (), node, place))
        return (name,)

    def attributes(self) -> dict[str, str]:
        """Any number of `[key=value, flag]`; a flag's value is empty."""
        found: dict[str, str] = {}
        while self.accept("["):
            while not self.accept("]"):
                key = self.word("an attribute").lower()
                found[key] = self.word("a value") if self.accept("=") else ""
                if not self.accept(","):
                    self.accept(";")
        return found
