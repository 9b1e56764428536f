"""The text form of a graph: `W1 -> W2 -> X -> Y; X <-> W1 <-> Y`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from itertools import combinations

from idgen_compiler.errors import GraphError, IdgenError
from idgen_compiler.forms.cursor import Cursor
from idgen_compiler.forms.spelling import STRING, WORD, spelled, spelled_all
from idgen_compiler.graph.edges import Edge, EdgeList
from idgen_compiler.graph.formats.arrows import ARROW, REFUSED, as_statements, direction_of, why_refused
from idgen_compiler.graph.formats.draft import Draft, is_hidden
from idgen_compiler.graph.formats.format import Format, register

__all__ = ["TEXT", "parse_text", "print_text"]

_END = r"\n\r\v\f\x1c-\x1e\x85\u2028\u2029"  # the ends of a line
_REFUSED = re.compile(REFUSED)
_CIRCLE = re.compile(r"o(?=[ \t]+[\w\"`])")  # in X <-o Y, and not in X <-o

LISTED = 4
"""From so many names on, all related to each other, they are written as a list."""


def parse_text(text: str) -> EdgeList:
    """The graph of a text.

    A statement is a chain such as `A -> B <-> C <- D`, or lone names. The places of a chain may be lists: `A, B -> C`,
    in braces where arrows stand on both sides: `A -> {B, C} -> D`. Statements end at `;` or at a line's end; `#`
    starts a comment. Names that are no words stand in quotes. `U [latent]` hides a vertex; the roles that DAGitty
    knows (exposure, outcome, adjusted) are read and left aside.
    One that begins with `<->` relates all names of a list to each other (`<-> A, B, C`: a hidden cause for each pair).

    Raises GraphError with line, column and the offending text.

    >>> parse_text("A, B -> C; A <-> B  # two causes").directed
    (('A', 'C'), ('B', 'C'))
    >>> sorted(parse_text('U [latent] -> "birth weight", Y').hidden)
    ['U']
    >>> parse_text("<-> A, B, C").bidirected
    (('A', 'B'), ('A', 'C'), ('B', 'C'))
    """
    if not isinstance(text, str):
        raise GraphError(f"a graph is read from a text such as 'X -> Y; X <-> Y', not from {text!r:.80}")
    return _Parser(text).graph()


class _Parser(Cursor):
    """A recursive descent over statements, chains and lists."""

    tokens = re.compile(
        rf"(?P<name>{WORD}|`[^`\n]*`)|(?P<string>{STRING})|(?P<arrow>{ARROW})|(?P<refused>{REFUSED})"
        rf"|(?P<mark>[,{{}}\[\]=])|(?P<end>[;{_END}])|(?P<digits>\d[\w.]*)"
    )
    between = re.compile(rf"(?:[^\S{_END}]|\#[^{_END}]*)*")
    language, counts_lines, failure = "graph", True, GraphError

    def graph(self) -> EdgeList:
        self.draft = Draft()
        rows: list[list[str]] = [[]]  # the lone names of each line
        seen, doubtful = set[str](), -1  # the first place that could be a row of an edge list
        while self.kind:
            start = self.start
            if self.kind == "end":
                rows += [[]] if self.value != ";" and rows[-1] else []
                self.advance()
                continue
            lone, loose = self.statement()
            if doubtful < 0 and (loose or not seen.isdisjoint(lone)):
                doubtful = start
            seen.update(lone)
            rows[-1] += lone
        if self.draft.directed or self.draft.bidirected:
            return self.draft.edge_list()
        filled = [row for row in rows if row]
        pairs = len(filled) > 1 and len({len(row) for row in filled}) == 1 < len(filled[0])
        if pairs or doubtful >= 0:
            self.refuse_rows(max(doubtful, 0), max(filled, key=len))
        return self.draft.edge_list()

    def statement(self) -> tuple[tuple[str, ...], bool]:
        """Add one statement; its names where it has no arrow, and whether they stand side by side."""
        begin = self.start
        if self.kind == "arrow" and direction_of(self.value) == "<->":
            self.related()
            return (), False
        group, loose = self.group()
        if not self.at_arrow(group[-1]):
            self.end(group[-1])
            return group, loose
        while self.at_arrow(group[-1]):
            left, arrow = group, direction_of(self.value)
            self.advance()
            start = self.start
            group, loose = self.group()
            if loose and self.at_arrow(group[-1]):
                self.refuse_list(begin, start, group)
            self.draft.join(left, arrow, group)
        self.end(group[-1])
        return (), False

    def related(self) -> None:
        """Relate all names of a list to each other."""
        self.advance()
        group, _ = self.group()
        if self.at_arrow(group[-1]):
            raise self.error("a list that begins with <-> has no further arrow; end it by ;")
        if len(group) < 2:
            raise self.error("expected a list after <->, such as <-> A, B, C")
        self.draft.bidirected += combinations(group, 2)
        self.end(group[-1])

    def at_arrow(self, before: str) -> bool:
        """Whether an arrow stands here, after a name.  Raises the error for what is no arrow of an ADMG."""
        circle = _CIRCLE.match(self.text, self.place) if self.kind == "arrow" and self.value[-1:] != ">" else None
        if self.kind == "arrow" and circle is None:
            return True
        refused = _REFUSED.match(self.text, self.start) if self.value in ("o", "x") or self.kind == "refused" else None
        if circle is None and refused is None:
            return False
        start, end = self.start, circle.end() if circle else refused.end() if refused else 0
        arrow = self.text[start:end]
        if self.kind == "refused" and (after := _CIRCLE.match(self.text, end)):
            end, arrow = after.end(), arrow + "o"
        following = re.compile(rf"\s*({WORD}|{STRING})").match(self.text, end)
        after_name = following[1].strip('"') if following else "Y"
        message = why_refused(arrow, before, after_name)
        if arrow == "-" and start == self.before and following and following.start(1) == end:
            message += f"; a name with a hyphen stands in quotes: {spelled(f'{before}-{after_name}')}"
        raise self.error(message, start)

    def end(self, before: str) -> None:
        """Check that the statement ends here."""
        if not self.kind or self.kind == "end":
            return
        start = self.start
        if self.kind in ("name", "string"):
            both = spelled(f"{before} {self.name()}")
            message = f"two names without an arrow or comma between them; if they are one name, quote it: {both}"
            raise self.error(message, start)
        raise self.unreadable("expected ->, <-, <-> or the end of the statement")

    def error(self, message: str, start: int | None = None) -> IdgenError:
        at = self.start if start is None else start
        if message.startswith("cannot read") and self.text[at : at + 2] in ("//", "/*"):
            message += "; a comment begins with #"
        return super().error(message, start)

    def unreadable(self, otherwise: str) -> Exception:
        if self.kind == "digits":
            return self.error(f'a name that begins with a digit stands in quotes: "{self.value}"')
        if self.value == "[":
            return self.error("square brackets mark a vertex, as in U [latent]; a list is written {X, Y} -> Z")
        return self.error(otherwise)

    # -- lists and names ------------------------------------------------------------------------------------------

    def group(self) -> tuple[tuple[str, ...], bool]:
        """The names at one place of a chain, and whether they are several without braces around them."""
        found, items = list(self.item()), 1
        while self.skip(","):
            found += self.item()
            items += 1
        return tuple(dict.fromkeys(found)), items > 1

    def item(self) -> tuple[str, ...]:
        if not self.skip("{"):
            return (self.vertex(),)
        found = [self.vertex()]
        while not self.skip("}"):
            if not self.skip(",") and self.kind != "end":
                found.append(self.vertex())
            elif self.kind == "end":
                self.advance()
            elif self.value != "}":
                found.append(self.vertex())
        return tuple(found)

    def vertex(self) -> str:
        if self.kind not in ("name", "string"):
            what = f"before {self.value!r}" if self.kind and self.kind != "end" else "after this"
            raise self.unreadable(f"expected a name {what}")
        name = self.name()
        self.draft.nodes[name] = None
        while self.value == "[":
            if is_hidden(self.marks(), partial(self.error, start=self.start)):
                self.draft.hidden.add(name)
        return name

    def marks(self) -> dict[str, str]:
        """Words in square brackets, each with its value where it has one."""
        self.take("[")
        found: dict[str, str] = {}
        while not self.skip("]"):
            if self.kind not in ("name", "string"):
                raise self.missing("']'")
            word = self.name().lower()
            found[word] = ""
            if self.skip("="):
                found[word] = self.value.strip('"')
                self.advance()
            if not self.skip(",") and self.value != "]":
                raise self.missing("']'")
        return found

    # -- what can be read in two ways -----------------------------------------------------------------------------

    def refuse_list(self, begin: int, start: int, group: tuple[str, ...]) -> None:
        """Raise the error for `Z -> X, W -> Y`, which is two statements to some and one to others."""
        written = re.split(rf"[;{_END}#]", self.text[begin:], maxsplit=1)[0]
        before, rest = self.text[begin:start].rstrip(), written[self.start - begin :].strip()
        names = re.findall(rf"{STRING}|`[^`\n]*`|{WORD}", self.text[start : self.start])
        other = f"{before} {{{spelled_all(group)}}} {rest}"
        ways = [as_statements(written)]
        if len(names) == len(group) and ";" not in as_statements(rest):
            ways.append(other)
        told = "a list between two arrows can be read in two ways" if len(ways) > 1 else "a comma ends no statement"
        raise self.error(f"{told}; write {'  or  '.join(ways)}", start)

    def refuse_rows(self, start: int, row: Sequence[str]) -> None:
        a, b = map(spelled, (*row, *row)[:2])
        raise self.error(
            f"no edge has an arrow, so that {a}, {b} may be a row of an edge list or vertices without edges; write "
            f"{a} -> {b} or {a} <-> {b}, give an edge list a first line such as from,to, or put vertices without edges "
            "on a line each",
            start,
        )


def print_text(graph: EdgeList) -> str:
    r"""The text form, one edge a line, after a line of lone names where the edges alone would lose any or the order.

    >>> print_text(EdgeList(("X", "Y", "Z"), (("X", "Y"),), ()))
    'X; Y; Z\nX -> Y'
    >>> print_text(EdgeList(("X", "U"), (("U", "X"),), (), frozenset({"U"})))
    'X; U [latent]\nU -> X'
    """
    related, pairs = _related(graph)
    edges = [f"{spelled(a)} -> {spelled(b)}" for a, b in graph.directed]
    edges += [f"<-> {spelled_all(names)}" for names in related]
    edges += [f"{spelled(a)} <-> {spelled(b)}" for a, b in pairs]
    lists = (*graph.directed, *related, *pairs)
    appearing = tuple(dict.fromkeys(name for names in lists for name in names))
    if appearing == graph.nodes and not graph.hidden:
        return "\n".join(edges)
    return "\n".join(["; ".join(spelled(v) + " [latent]" * (v in graph.hidden) for v in graph.nodes), *edges])


def _related(graph: EdgeList) -> tuple[list[tuple[str, ...]], list[Edge]]:
    """Lists of at least so many names that are all related to each other, and the bidirected edges beside them.

    A list is grown along the order of the vertices, and no edge stands in two.
    """
    place = {name: number for number, name in enumerate(graph.nodes)}
    later: dict[str, set[str]] = {name: set() for name in graph.nodes}  # the related ones, as far as not in a list
    for a, b in graph.bidirected:
        first, last = sorted((a, b), key=place.__getitem__)
        later[first].add(last)
    lists = []
    for name in graph.nodes:
        names = [name]
        for other in sorted(later[name], key=place.__getitem__) if len(later[name]) >= LISTED - 1 else ():
            if all(other in later[one] for one in names):
                names.append(other)
        if len(names) >= LISTED:
            lists.append(tuple(names))
            for one in names:
                later[one].difference_update(names)
    return lists, [(a, b) for a, b in graph.bidirected if b in later[a] or a in later[b]]


TEXT = register(Format("text", parse_text, print_text, suffixes=(".graph", ".txt")))
