"""Requests for families by name: whatever is printed of a model means it, and what means none or several is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import idgen_compiler as idgen
from idgen_compiler.catalog import ENTRIES
from idgen_compiler.errors import DataError
from idgen_compiler.ir.text import conditional_of
from idgen_torch.families import Table
from idgen_torch.families.request import Addressed, Meaning
from idgen_torch.running.plan import label_of, requested_families

RECIPE = Table()
MODEL = Addressed("%m3", ("Y1", "Y2"), ("X", "Z"))
SPELLED = Addressed("%m0", ("birth weight",), ("a,b", "P(Y)", "W"), fixed=("W",))


@pytest.mark.parametrize(
    ("requests", "found"),
    [
        (["%m3"], "%m3"),
        (["m3", "Y2, Y1"], "m3"),
        (["Y1, Y2", "*"], "Y1, Y2"),
        (["Y2,Y1", "Y1, Y2 | Z,X"], "Y1, Y2 | Z,X"),
        (["*", "Y1"], "*"),
        (["Y1", "%m", "Y1, Y2 | X"], None),
        (["*", "%m3: Y1, Y2 | X, Z"], "%m3: Y1, Y2 | X, Z"),
        (["%m3: Y1", "%m4: Y1, Y2 | X, Z"], None),
        (["Y1, Y2", "P(Y2, Y1 | Z, X)"], "P(Y2, Y1 | Z, X)"),
        (["P(Y1, Y2)", "P(Y1, Y2 | X, Z ; do(W))", "Y1, Y2 | X | Z", "P(Y1, Y2", "", "|", "Y1; Y2"], None),
        (['"Y1", `Y2` | X,"Z"'], '"Y1", `Y2` | X,"Z"'),
    ],
)
def test_the_most_particular_request_that_means_a_model_counts(requests: list[str], found: str | None) -> None:
    meant = [(MODEL.meant(key), key) for key in requests]
    assert min(((m, key) for m, key in meant if m is not None), default=(None, None))[1] == found


@pytest.mark.parametrize(
    ("key", "meaning"),
    [
        ("birth weight", Meaning.TARGETS),
        ('"birth weight"', Meaning.TARGETS),
        ('birth weight | W, "a,b", "P(Y)"', Meaning.CONDITIONAL),
        ("birth weight | a,b, P(Y), W", Meaning.CONDITIONAL),
        ('P("birth weight" | "a,b", "P(Y)" ; do(W))', Meaning.LAW),
        ('P("birth weight" | "P(Y)", "a,b" ; do("W"))', Meaning.LAW),
        ('P("birth weight" | "P(Y)", "a,b")', None),
        ("weight", None),
        ('"birth weight', None),
    ],
)
def test_names_in_quotes_and_out_of_them(key: str, meaning: Meaning | None) -> None:
    assert SPELLED.meant(key) is meaning


@pytest.mark.parametrize("level", [0, 1, 2])
def test_every_printed_form_of_every_model_means_it(level: int) -> None:
    seen = 0
    for entry in ENTRIES:
        try:
            program = idgen.compile(idgen.Query.parse(entry.query), idgen.ADMG.read(entry.graph), optimize=level)
        except idgen.NotIdentifiable:
            continue
        laws = {op.result: op for op in program.laws}
        for op in program.models:
            label, comment = label_of(op), conditional_of(op, laws.get(op.data))
            assert comment in str(program)
            for key in (op.result, op.result[1:], f"{op.result}: {label}"):
                assert requested_families(program, {key: RECIPE}) == {op.result: RECIPE}, key
            for key in (label, comment):
                alike = [other.result for other in program.models if _printed(other, laws) & {key} and other != op]
                if alike:
                    assert op.result in told(program, key)
                else:
                    found = requested_families(program, {key: RECIPE}).keys()
                    assert op.result in found if key in op.targets else found == {op.result}, key
                seen += 1
    assert seen > 20


def told(program: idgen.Program, key: str) -> str:
    """The models that a request means, or the error that names them."""
    try:
        return ", ".join(requested_families(program, {key: RECIPE}))
    except DataError as error:
        return str(error)


def _printed(op: Any, laws: Any) -> set[str]:
    return {label_of(op), conditional_of(op, laws.get(op.data))}


FACES = idgen.compile(
    idgen.Query.parse("P(I2, P2 | do(P1))"),
    idgen.ADMG.parse("Young -> I1 -> I2 -> P2; Young -> P1 -> P2; Young -> I2; I1 -> P2"),
)
NAPKIN = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("W1 -> W2 -> X -> Y; X <-> W1 <-> Y"))


def refused(program: idgen.Program, key: Any, **options: Any) -> str:
    with pytest.raises(DataError) as error:
        requested_families(program, {key: RECIPE, **options})
    assert "\n" not in str(error.value)
    return str(error.value)


def test_a_variable_that_rows_draw_is_refused_with_what_is_trained() -> None:
    assert "~ rows %obs" in str(FACES)
    for key in ("Young", "P(Young)"):
        said = refused(FACES, key)
        assert f"family names {key!r}, of which it trains no model: (" in said
        assert "~ rows %obs draws what no model need; the program trains %m0: P2 | " in said
        assert "compile with optimize=1 for a model of it, or name one of these" in said
    plain = idgen.compile(idgen.Query.parse("P(I2, P2 | do(P1))"), FACES.graph, optimize=1)
    assert requested_families(plain, {"Young": RECIPE})


def test_requests_that_mean_none_or_several_are_refused() -> None:
    assert "which is no model of the program; did you mean Y" in refused(NAPKIN, "Y2")
    assert "the program trains %m0: X | W1, W2; %m1: Y | W1, W2, X; %m2: W2 | W1; %m3: Y | X" in refused(NAPKIN, "Q")
    assert "name a model by its targets" in refused(NAPKIN, 3)
    twice = "family names %m3: Y | X twice, by 'Y | X' and 'Y|X'"
    assert twice in refused(NAPKIN, "Y | X", **{"Y|X": RECIPE})
    assert requested_families(NAPKIN, {"Y": RECIPE}).keys() == {"%m1", "%m3"}
    query, graph = idgen.Query.parse("P(A, B | do(X))"), idgen.ADMG.parse("Z -> X -> A -> B; Z -> A; Z -> B; X -> B")
    joint = idgen.compile(query, graph, joint=[("A", "B")])
    assert "which it models together with others; the program trains" in refused(joint, "A")


def test_a_label_of_two_models_is_refused_naming_both() -> None:
    text = """program "P(Y | X)" {
  graph "X -> Y"
  %obs = observe [X, Y]
  %m0 = train %obs : X
  %m1 = train %obs : Y | X
  %law0 = realize P(Y ; do(X)) -> [X, Y] {
    regenerate do(X ~ %obs) {
      Y ~ %m1(X)
    }
  }
  %m2 = train %law0 : Y | X
  sample (X) {
    Y ~ %m2(X)
  } -> [Y]
}"""
    program = idgen.Program.parse(text)
    said = refused(program, "Y | X")
    assert "which means 2 models: %m1: Y | X; %m2: Y | X; name one by its operation, such as '%m1'" in said
    assert requested_families(program, {"%m2": RECIPE}).keys() == {"%m2"}


@pytest.mark.parametrize("asked", [np, np.zeros(3), None, 3, Table, 3.5], ids=str)
def test_what_is_no_family_is_said_to_be_none(asked: Any) -> None:
    program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("X -> Y"))
    with pytest.raises(DataError, match=r"is no family; give|is a class; write"):
        program.fit({"X": [0, 1] * 20, "Y": [0, 1] * 20}, family={"Y": asked}, progress=False, device="cpu")
