"""BIF, the interchange format of Bayesian networks: the structure, without the probabilities."""

from __future__ import annotations

import re

from idgen_compiler.errors import GraphError
from idgen_compiler.forms.cursor import Cursor
from idgen_compiler.forms.spelling import STRING
from idgen_compiler.graph.edges import EdgeList
from idgen_compiler.graph.formats.draft import Draft
from idgen_compiler.graph.formats.format import Format, register

__all__ = ["BIF", "parse_bif"]

_COMMENT = r"//[^\n]*|/\*(?s:.*?)\*/"
_BODY = re.compile(rf"{_COMMENT}|{STRING}|[{{}}]")


def parse_bif(text: str) -> EdgeList:
    """The graph of a BIF text: an edge from each parent in `probability ( X | A, B )`, which has no hidden causes.

    Raises GraphError with the place for what cannot be read.

    >>> parse_bif("network n { } variable X { } variable Y { } probability ( Y | X ) { }").directed
    (('X', 'Y'),)
    """
    if not isinstance(text, str):
        raise GraphError(f"a BIF graph is read from a text, not from {text!r:.80}")
    return _Parser(text).graph()


class _Parser(Cursor):
    """A recursive descent over blocks; what stands in their braces is passed over."""

    tokens = re.compile(rf"(?P<mark>[{{}}()|,;])|(?P<string>{STRING})|(?P<name>[^\s{{}}()|,;\"]+)")
    between = re.compile(rf"(?:\s|{_COMMENT})*")
    language, counts_lines, failure = "BIF", True, GraphError

    def graph(self) -> EdgeList:
        draft = Draft()
        while self.kind:
            start = self.start
            word = self.word("name", "network, variable or probability").lower()
            if word == "network":
                while self.kind in ("name", "string"):
                    self.name()
            elif word == "variable":
                draft.add([self.name()])
            elif word == "probability":
                self.take("(")
                child, parents = self.name(), tuple[str, ...]()
                if self.skip("|"):
                    parents = self.listed(self.name)
                self.take(")")
                draft.add((*parents, child))
                draft.join(parents, "->", [child])
            elif word != "property":
                raise self.error(f"expected network, variable or probability, not {word!r:.40}", start)
            if word == "property":
                self.pass_to(";")
            else:
                self.block()
        if not draft.nodes:
            raise GraphError("the BIF text has no variables; a variable is declared as variable X { }")
        return draft.edge_list()

    def block(self) -> None:
        """Go past braces with all that stands in them."""
        if self.value != "{":
            raise self.missing("'{'")
        depth = 1
        for found in _BODY.finditer(self.text, self.place):
            depth += {"{": 1, "}": -1}.get(found[0], 0)
            if not depth:
                self.place = found.end()
                self.advance()
                self.skip(";")
                return
        raise self.error("a brace that does not close")

    def pass_to(self, mark: str) -> None:
        end = self.text.find(mark, self.start)
        self.place = len(self.text) if end < 0 else end + 1
        self.advance()


BIF = register(Format("bif", parse_bif, start=r"network\b[^{;\n]*\{", suffixes=(".bif",)))
