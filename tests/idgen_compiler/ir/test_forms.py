"""Programs as text and as JSON: what is printed is read back, and whatever is read is a program or a ProgramError."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from idgen_compiler.errors import ProgramError
from idgen_compiler.ir import Sample
from idgen_compiler.program import Program
from tests.idgen_compiler.ir.programs import EVERYTHING, programs
from tests.idgen_compiler.transcripts import transcript


@given(programs())
def test_the_text_form_is_read_back(program: Program) -> None:
    again = Program.parse(str(program))
    assert again == program
    assert str(again) == str(program)


@given(programs(), st.sampled_from((None, 2)))
def test_json_is_read_back(program: Program, indent: int | None) -> None:
    again = Program.from_json(program.to_json(indent))
    assert again == program


@given(programs())
def test_whitespace_and_comments_mean_nothing(program: Program) -> None:
    assert Program.parse("\n" + str(program).replace("\n", "\n\t\n  # nothing\n")) == program


def test_every_operation_in_one_program(golden: Callable[[str, str], None]) -> None:
    program = Program.parse(EVERYTHING)
    assert str(program) + "\n" == EVERYTHING
    golden("ir/everything.json", program.to_json())
    golden("ir/everything.dot", program.to_dot())
    golden("ir/everything.mmd", program.to_mermaid())


@given(programs())
def test_drawings_name_every_value_and_only_known_vertices(program: Program) -> None:
    dot, mermaid = program.to_dot(), program.to_mermaid()
    for op in program.operations:
        if not isinstance(op, Sample):
            assert f'"{op.result}" [' in dot
            assert f'"{op.result}<br/>' in mermaid
    known = {line.split(" [")[0].strip() for line in dot.splitlines() if " -> " not in line.split(" [")[0]}
    for line in dot.splitlines():
        if '" -> "' in line:
            assert set(line.split(" [")[0].strip().split(" -> ")) <= known


def test_text_errors(golden: Callable[[str, str], None]) -> None:
    cases = [
        "",
        "program",
        "program napkin {}",
        'program "\\q" {}',
        'program "p" {',
        'program "p" {} extra',
        'program "p" { graph "X" } extra',
        'program "p" { graph "X -> X" }',
        'program "p" {\n  %obs = observe [X]\n}',
        'program "p" {\n  graph "X"\n  %obs = watch [X]\n}',
        'program "p" {\n  graph "X"\n  obs = observe [X]\n}',
        'program "p" {\n  graph "X"\n  %obs = observe [X; Y]\n}',
        'program "p" {\n  graph "X"\n  %obs = observe [X, ]\n}',
        'program "p" {\n  graph "X"\n  %obs = observe [X]\n  %m = train obs : X\n}',
        'program "p" {\n  graph "X"\n  %obs = observe [X]\n  sample () {\n    X ~ [3]\n  } -> [X]\n}',
        'program "p" {\n  graph "X"\n  %obs = observe [X]\n  sample () {\n    X ~ 003\n  } -> [X]\n}',
        'program "p" {\n  graph "X"\n  %obs = observe [X]\n  sample () {\n    X ~ 1e999\n  } -> [X]\n}',
        'program "p" {\n  graph "X"\n  %obs = observe [X]\n  sample () {\n    X ~ %obs + X\n  } -> [X]\n}',
        'program "p" {\n  graph "X"\n  %obs = observe [X]\n  sample () {\n    (X, Y) ~ %obs\n  } -> [X]\n}',
        'program "p" {\n  graph "X"\n  %obs = observe [X]\n  %r = regenerate do(X ~ %obs) {} -> [X]\n}',
        'program "p" {\n  graph "X"\n  %obs = observe [X]\n  %r = realize P(X) -> [X] { regenerate (X) {} }\n}',
        'program "p" {\n  graph "X"\n  %obs = observe [X]\n  %r = realize P(X) -> [X] { reweight %obs do() by m }\n}',
        'program "p" {\n  graph "X"\n  %obs = observe [X]\n  %r = realize P(X) -> [X] { resample %obs }\n}',
        'program "p" {\n  graph "X"\n  %obs = observe [X]\n  %r = realize P(X ; X) -> [X] { regenerate do() {} }\n}',
        'program "p" {\n  graph "X"\n  %obs = observe [X]\n  %r = realize P(X) on G -> [X] { regenerate do() {} }\n}',
    ]
    golden("ir/text_errors.txt", transcript(cases, Program.parse, ProgramError))


def test_json_errors(golden: Callable[[str, str], None]) -> None:
    start = '{"schema": "idgen-program/2", "name": "p", "graph": "X", "operations": '
    cases = [
        "",
        "[]",
        "null",
        "{}",
        '{"schema": "idgen-program/9"}',
        '{"schema": "idgen-program/1", "name": "p", "operations": []}',
        '{"schema": "idgen-program/2"}',
        '{"schema": "idgen-program/2", "name": 3, "graph": "X", "operations": []}',
        '{"schema": "idgen-program/2", "name": "p", "graph": "X -", "operations": []}',
        start + "{}}",
        start + "[3]}",
        start + '[{"kind": "watch"}]}',
        start + '[{"kind": "observe", "result": "%obs", "variables": "X"}]}',
        start + '[{"kind": "observe", "result": "%obs", "variables": [1]}]}',
        start + '[{"kind": "observe", "result": "%obs", "variables": ["X"], "rows": 5}]}',
        start + '[{"kind": "sample", "network": {"inputs": [], "statements": [{"slot": "X"}], "outputs": []}}]}',
        start + '[{"kind": "sample", "network": []}]}',
        start + '[], "more": 1}',
    ]
    golden("ir/json_errors.txt", transcript(cases, Program.from_json, ProgramError))


# -- whatever is read -------------------------------------------------------------------------------------------------

WORDS = """program graph "X" "p" { } %obs %m %r = observe train realize regenerate reweight sample do by or on uniform
[ ] ( ) : ; | , ~ -> + - 1 -2.5 P X Y X'
# %"""


def _is_program_or_error(read: Callable[[str], Program], text: str) -> None:
    try:
        program = read(text)
    except ProgramError:
        return
    assert Program.parse(str(program)) == program == Program.from_json(program.to_json())


@given(st.lists(st.sampled_from(WORDS.split()), max_size=30).map(" ".join) | st.text(max_size=40))
@example("{" * 20000)
@example('program "' + "\\" * 20001)
def test_any_text(text: str) -> None:
    _is_program_or_error(Program.parse, text)
    _is_program_or_error(Program.parse, f'program "p" {{ graph "X -> Y" {text}')


@given(st.data())
def test_a_program_with_a_piece_moved(data: st.DataObject) -> None:
    places = st.integers(0, len(EVERYTHING))
    start, end, to = data.draw(places), data.draw(places), data.draw(places)
    piece = EVERYTHING[start : min(end, start + 40)]
    _is_program_or_error(Program.parse, EVERYTHING[:to] + piece + EVERYTHING[to:])
    _is_program_or_error(Program.parse, EVERYTHING[:start] + EVERYTHING[start + len(piece) :])


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=4)
    | st.sampled_from(("X", "%obs", "%m0")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(("kind", "result", "slot")), inner),
    max_leaves=5,
)


@given(st.data())
def test_json_with_a_value_replaced(data: st.DataObject) -> None:
    document = json.loads(Program.parse(EVERYTHING).to_json())
    places = list(_places(document))
    container, key = data.draw(st.sampled_from(places))
    if data.draw(st.integers(0, 4)) == 0:
        del container[key]
    else:
        container[key] = data.draw(JSON)
    _is_program_or_error(Program.from_json, json.dumps(document))


def _places(value: Any) -> Any:
    """Every (container, key) inside a document."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in list(pairs):
        yield value, key
        yield from _places(inner)


@pytest.mark.parametrize("text", ["[" * 100_000, "1" * 10_000, '{"a":' * 100_000, "NaN", '"\\ud800"', "\ufeff{}"])
def test_json_at_its_limits(text: str) -> None:
    with pytest.raises(ProgramError):
        Program.from_json(text)
