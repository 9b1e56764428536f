"""The changes that are made to a module: one operator, constant, condition, argument or statement at a time."""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass

__all__ = ["Mutant", "mutants_of"]

Rebuild = Callable[[ast.AST], ast.AST]

OPERATORS: dict[type[ast.AST], tuple[type[ast.AST], ...]] = {
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Lt: (ast.LtE,),
    ast.LtE: (ast.Lt,),
    ast.Gt: (ast.GtE,),
    ast.GtE: (ast.Gt,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.And: (ast.Or,),
    ast.Or: (ast.And,),
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Add,),
    ast.BitAnd: (ast.BitOr,),
    ast.BitOr: (ast.BitAnd,),
    ast.BitXor: (ast.BitAnd,),
    ast.LShift: (ast.RShift,),
    ast.RShift: (ast.LShift,),
}


@dataclass(frozen=True)
class Mutant:
    """A module with one change: `before` and `after` are the line that changed, as it is and as it became."""

    module: str
    line: int
    before: str
    after: str
    source: str

    def __str__(self) -> str:
        return f"{self.module}:{self.line}: {self.before}  ->  {self.after}"


def mutants_of(module: str, source: str) -> list[Mutant]:
    """Every change of a module that gives another program, by line."""
    tree = ast.parse(source)
    plain = ast.unparse(tree)
    lines = source.splitlines()
    found: dict[str, Mutant] = {}
    for path, rebuild in _changes(tree):
        changed = copy.deepcopy(tree)
        line = _replaced(changed, path, rebuild)
        text = ast.unparse(ast.fix_missing_locations(changed))
        if text not in (plain, *found):
            found[text] = Mutant(module, line, lines[line - 1].strip(), _difference(plain, text), text)
    return sorted(found.values(), key=lambda mutant: mutant.line)


Path = tuple[tuple[str, int | None], ...]


def _changes(tree: ast.Module) -> Iterator[tuple[Path, Rebuild]]:
    stack: list[tuple[ast.AST, Path]] = [(tree, ())]
    while stack:
        node, path = stack.pop()
        for rebuild in _of_node(node):
            yield path, rebuild
        for field, value in ast.iter_fields(node):
            if field in ("annotation", "returns", "decorator_list", "type_params", "bases", "keywords_of_class"):
                continue
            inside = enumerate(value) if isinstance(value, list) else [(None, value)]
            for place, child in inside:
                if isinstance(child, ast.AST) and not _is_prose(child):
                    stack.append((child, (*path, (field, place))))


def _is_prose(node: ast.AST) -> bool:
    """Imports, docstrings, lists of public names and messages of errors."""
    match node:
        case ast.Import() | ast.ImportFrom() | ast.Expr(value=ast.Constant()) | ast.JoinedStr():
            return True
        case ast.Assign(targets=[ast.Name(id="__all__")]):
            return True
    return False


def _of_node(node: ast.AST) -> Iterator[Rebuild]:
    match node:
        case ast.Compare(ops=[op]) if type(op) in OPERATORS:
            for other in OPERATORS[type(op)]:
                yield _set("ops", lambda other=other: [other()])
        case ast.BoolOp(op=op) | ast.BinOp(op=op) | ast.AugAssign(op=op) if type(op) in OPERATORS:
            for other in OPERATORS[type(op)]:
                yield _set("op", lambda other=other: other())
        case ast.UnaryOp(op=ast.Not() | ast.Invert() | ast.USub()):
            yield lambda node: node.operand  # type: ignore[attr-defined]
        case ast.Constant(value=bool()):
            yield _set("value", lambda value=node.value: not value)
        case ast.Constant(value=int()):
            yield _set("value", lambda value=node.value: value + 1)
    match node:
        case ast.If() | ast.While() | ast.IfExp():
            yield _set("test", lambda test=node.test: ast.UnaryOp(ast.Not(), copy.deepcopy(test)))
        case ast.comprehension(ifs=[_, *_]):
            yield _set("ifs", list)
        case ast.Call(args=[first, second, *rest]) if not any(isinstance(a, ast.Starred) for a in node.args):
            yield _set("args", lambda: copy.deepcopy([second, first, *rest]))
        case ast.Expr() | ast.AugAssign() | ast.Continue() | ast.Break() | ast.Raise():
            yield lambda _: ast.Pass()
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]) | ast.Delete():
            yield lambda _: ast.Pass()
        case ast.Return(value=ast.expr()) if not isinstance(node.value, ast.Constant):
            yield _set("value", lambda: ast.Constant(None))


def _set(field: str, value: Callable[[], object]) -> Rebuild:
    def rebuild(node: ast.AST) -> ast.AST:
        setattr(node, field, value())
        return node

    return rebuild


def _replaced(tree: ast.AST, path: Path, rebuild: Rebuild) -> int:
    """Rebuild the node at a path; its line."""
    holder, node = tree, tree
    for field, place in path:
        holder = node
        node = getattr(node, field) if place is None else getattr(node, field)[place]
    line = getattr(node, "lineno", None) or getattr(holder, "lineno", None) or getattr(node, "target", node).lineno
    field, place = path[-1]
    if place is None:
        setattr(holder, field, rebuild(node))
    else:
        getattr(holder, field)[place] = rebuild(node)
    return int(line)


def _difference(plain: str, changed: str) -> str:
    """The first line that is another one."""
    pairs = zip(plain.splitlines(), changed.splitlines(), strict=False)
    return next((after.strip() for before, after in pairs if before != after), "(the end is missing)")
