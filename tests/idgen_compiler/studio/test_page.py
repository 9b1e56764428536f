"""What users of DAGitty and of Causal Fusion do, done on the page by mouse and keyboard."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

import idgen_compiler as idgen
from idgen_compiler.catalog import ENTRIES
from tests.browser import serious

NAPKIN = "W1 -> W2 -> X -> Y; X <-> W1 <-> Y"
DAGITTY = """\
dag {
bb="-3,-3,3,3"
E [exposure,pos="-2.200,1.400"]
O [outcome,pos="1.300,1.200"]
Z [pos="-0.400,-1.000"]
E -> O
Z -> E
Z -> O
}
"""
BIF = """\
network unknown {}
variable X { type discrete [ 2 ] { a, b }; }
variable Y { type discrete [ 2 ] { a, b }; }
probability ( X ) { table 0.5, 0.5; }
probability ( Y | X ) { (a) 0.5, 0.5; (b) 0.5, 0.5; }
"""


def click_at(page: Any, x: float, y: float, times: int = 1) -> None:
    box = page.locator(".cy").bounding_box()
    page.mouse.click(box["x"] + x, box["y"] + y, click_count=times, delay=10)


def drag(page: Any, a: str, b: str, *keys: str) -> None:
    """From one vertex to another, keys held down."""
    box = page.locator(".cy").bounding_box()
    places = page.evaluate(
        "names => names.map((n) => idgenStudio.canvas.cy.getElementById(n).renderedPosition())", [a, b]
    )
    (x1, y1), (x2, y2) = ((p["x"] + box["x"], p["y"] + box["y"]) for p in places)
    for key in keys:
        page.keyboard.down(key)
    page.mouse.move(x1, y1)
    page.mouse.down()
    page.mouse.move((x1 + x2) / 2, (y1 + y2) / 2)
    page.mouse.move(x2, y2)
    page.mouse.up()
    for key in keys:
        page.keyboard.up(key)


def select(page: Any, *names: str) -> None:
    page.evaluate(
        "names => { idgenStudio.canvas.select(names); document.querySelector('.stage').focus(); }", list(names)
    )


def paste(page: Any, text: str) -> None:
    page.evaluate(
        """text => { const data = new DataTransfer(); data.setData('text', text);
        document.body.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true })); }""",
        text,
    )


def drawn(page: Any) -> idgen.ADMG:
    state = page.evaluate("idgenStudio.store.state")
    from idgen_compiler.studio.drawing import Drawing

    return Drawing.read(state).graph()


def settled(page: Any, verdict: str) -> dict[str, Any]:
    page.wait_for_function("v => idgenStudio.found.verdict === v && !idgenStudio.asking", arg=verdict)
    found: dict[str, Any] = page.evaluate("idgenStudio.found")
    return found


def load(page: Any, text: str, query: str = "") -> None:
    paste(page, text)
    page.wait_for_function("idgenStudio.store.state.points.length > 0")
    if query:
        page.get_by_role("combobox", name="Query").fill(query)
        page.keyboard.press("Escape")


def exported(page: Any, form: str) -> str:
    page.get_by_role("button", name="Export").click()
    page.locator("dialog").get_by_text(form, exact=True).click()
    page.wait_for_function("f => document.querySelector('dialog input:checked').parentNode.textContent === f", arg=form)
    page.wait_for_timeout(150)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    page.keyboard.press("Escape")
    return Path(download.value.path()).read_bytes().decode("latin-1" if form == "PNG" else "utf-8")


def tab(page: Any, name: str) -> str:
    page.get_by_role("tab", name=name).click()
    text: str = page.locator("[role=tabpanel]").inner_text()
    return text


# ---- drawing ---------------------------------------------------------------------------------------------------------


def test_a_graph_is_drawn_and_named_with_the_mouse(page: Any) -> None:
    for x, name in ((200, "smoking"), (420, "lung cancer")):
        click_at(page, x, 300, times=2)
        page.get_by_label(re.compile("New name of")).fill(name)
        page.keyboard.press("Enter")
    drag(page, "smoking", "lung cancer", "Shift")
    drag(page, "smoking", "lung cancer", "Alt")
    assert drawn(page) == idgen.ADMG.parse('smoking -> "lung cancer"; smoking <-> "lung cancer"')


def test_edges_are_drawn_in_their_modes_and_turned_round(page: Any) -> None:
    page.get_by_role("button", name="Add vertices").click()
    click_at(page, 200, 200)
    click_at(page, 400, 200)
    page.get_by_role("button", name="Draw causes").click()
    drag(page, "X", "Y")
    assert drawn(page) == idgen.ADMG.parse("X -> Y")
    drag(page, "Y", "X")
    assert drawn(page) == idgen.ADMG.parse("Y -> X")
    page.get_by_role("button", name="Draw hidden common causes").click()
    drag(page, "X", "Y")
    assert drawn(page) == idgen.ADMG.parse("Y -> X; X <-> Y")


def test_exposure_and_outcome_are_set_by_keys(page: Any) -> None:
    load(page, "Z -> X -> Y; Z -> Y")
    select(page, "X")
    page.keyboard.press("e")
    select(page, "Y")
    page.keyboard.press("o")
    found = settled(page, "identifiable")
    assert found["query"]["text"] == "P(Y | do(X))"
    assert found["adjustment"] == [["Z"]]
    select(page, "Z")
    page.keyboard.press("a")
    page.wait_for_function("idgenStudio.store.state.query === 'P(Y | do(X), Z)'")


def test_what_is_clicked_hears_the_keys(page: Any) -> None:
    load(page, "X -> Y")
    for name, key in (("X", "e"), ("Y", "o")):
        place = page.evaluate("n => idgenStudio.canvas.cy.getElementById(n).renderedPosition()", name)
        click_at(page, place["x"], place["y"])
        page.keyboard.press(key)
    assert settled(page, "identifiable")["query"]["text"] == "P(Y | do(X))"
    page.keyboard.press("Delete")
    assert drawn(page) == idgen.ADMG.parse("X")


def test_a_vertex_is_renamed_in_graph_and_query(page: Any) -> None:
    load(page, "X -> Y", "P(Y | do(X))")
    settled(page, "identifiable")
    select(page, "X")
    page.get_by_role("button", name="Rename").click()
    page.get_by_label("New name of X").fill("drug")
    page.keyboard.press("Enter")
    assert page.get_by_role("combobox", name="Query").input_value() == "P(Y | do(drug))"
    assert drawn(page) == idgen.ADMG.parse("drug -> Y")


def test_latent_vertices_become_edges_and_back(page: Any) -> None:
    load(page, "U -> X; U -> Y; X -> Y")
    select(page, "U")
    page.keyboard.press("u")
    assert drawn(page) == idgen.ADMG.parse("X -> Y; X <-> Y")
    tab(page, "Graph")
    page.get_by_role("button", name="Latent vertices to").click()
    page.wait_for_function("idgenStudio.store.state.points.length === 2")
    page.get_by_role("button", name="to latent vertices").click()
    page.wait_for_function("idgenStudio.store.state.points.length === 3")
    assert page.evaluate("idgenStudio.store.state.lines.some((line) => line.both)") is False
    assert drawn(page) == idgen.ADMG.parse("X -> Y; X <-> Y")


def test_what_is_done_is_undone_and_done_again(page: Any) -> None:
    load(page, "X -> M -> Y")
    before = drawn(page)
    select(page, "M")
    page.keyboard.press("Delete")
    assert drawn(page) == idgen.ADMG.parse("X; Y")
    page.keyboard.press("Control+z")
    assert drawn(page) == before
    page.keyboard.press("Control+Shift+z")
    assert drawn(page) == idgen.ADMG.parse("X; Y")
    page.get_by_role("button", name="Undo").click()
    assert drawn(page) == before


def test_vertices_are_moved_and_arranged(page: Any) -> None:
    load(page, "X -> M -> Y")
    places = "idgenStudio.store.state.points.map((p) => p.x)"
    x, m, y = page.evaluate(places)
    assert x < m < y
    select(page, "X")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    assert page.evaluate(places)[0] == pytest.approx(x + 30)
    page.keyboard.press("Control+z")  # one step for all of them
    assert page.evaluate(places)[0] == pytest.approx(x)
    page.get_by_role("button", name="Arrange").click()
    page.wait_for_function("x => idgenStudio.store.state.points[0].x === x", arg=x)


def test_a_graph_is_made_by_the_keyboard_alone(page: Any) -> None:
    tab(page, "Graph")
    add = page.get_by_role("button", name="Add a vertex")
    for _ in range(2):
        add.focus()
        page.keyboard.press("Enter")
    page.get_by_label("From").select_option("X")
    page.get_by_label("To", exact=True).select_option("Y")
    page.get_by_role("button", name="Add the edge").focus()
    page.keyboard.press("Enter")
    assert drawn(page) == idgen.ADMG.parse("X -> Y")
    page.get_by_role("button", name="Make X → Y bidirected").focus()
    page.keyboard.press("Enter")
    assert drawn(page) == idgen.ADMG.parse("X <-> Y")
    page.get_by_label("X is latent").focus()
    page.keyboard.press("Space")
    assert drawn(page) == idgen.ADMG.parse("Y")


def test_a_graph_is_typed_as_text(page: Any) -> None:
    tab(page, "Graph")
    page.get_by_label("As text").fill("A -> B; A <-> B")
    page.wait_for_function("idgenStudio.store.state.lines.length === 2")
    assert drawn(page) == idgen.ADMG.parse("A -> B; A <-> B")
    page.get_by_label("As text").fill("A -> A")
    page.wait_for_function("document.querySelector('.wrong').textContent.includes('self-loop')")
    assert drawn(page) == idgen.ADMG.parse("A -> B; A <-> B")  # nothing is lost


# ---- texts and files -------------------------------------------------------------------------------------------------


def test_a_dagitty_text_goes_in_and_comes_out_equal(page: Any) -> None:
    load(page, DAGITTY)
    assert settled(page, "identifiable")["adjustment"] == [["Z"]]
    assert exported(page, "DAGitty") == DAGITTY


@pytest.mark.parametrize(
    "text",
    [
        "digraph { X -> Y; X -> Y [dir=both] }",
        'graph [directed 1 multigraph 1 node [id 0 label "X"] node [id 1 label "Y"] edge [source 0 target 1 key 0] '
        "edge [source 0 target 1 key 1 bidirected 1]]",
        "NxMixedGraph.from_edges(directed=[(X, Y)], undirected=[(X, Y)])",
    ],
    ids=["DOT", "GML", "y0"],
)
def test_other_languages_are_imported(page: Any, text: str) -> None:
    page.get_by_role("button", name="Import").click()
    page.locator("dialog textarea").fill(text)
    page.get_by_role("button", name="Read").click()
    page.wait_for_function("idgenStudio.store.state.points.length === 2")
    assert drawn(page) == idgen.ADMG.parse("X -> Y; X <-> Y")


def test_a_file_is_dropped(page: Any) -> None:
    page.evaluate(
        """text => { const data = new DataTransfer(); data.items.add(new File([text], 'x.bif'));
        const drop = new DragEvent('drop', { dataTransfer: data, bubbles: true });
        document.querySelector('.stage').dispatchEvent(drop); }""",
        BIF,
    )
    page.wait_for_function("idgenStudio.store.state.points.length === 2")
    assert drawn(page) == idgen.ADMG.parse("X -> Y")


def test_what_cannot_be_read_says_where_and_is_kept(page: Any) -> None:
    paste(page, "X -> Y -- Z")
    box = page.locator("dialog")
    assert "Y -- Z" in box.locator(".wrong").inner_text()
    assert box.locator("textarea").input_value() == "X -> Y -- Z"


def test_pictures_code_and_formulas_are_exported(page: Any) -> None:
    load(page, NAPKIN, "P(Y | do(X))")
    settled(page, "identifiable")
    picture = ElementTree.fromstring(exported(page, "SVG"))
    names = [e.text for e in picture.iter("{http://www.w3.org/2000/svg}text")]
    assert sorted(filter(None, names)) == ["W1", "W2", "X", "Y"]
    assert exported(page, "PNG").startswith("\x89PNG")
    assert "idgen.Query.parse('P(Y | do(X))')" in exported(page, "Python")
    assert r"\frac" in exported(page, "LaTeX")
    assert json.loads(exported(page, "JSON"))["query"] == "P(Y | do(X))"


def test_a_drawing_travels_in_its_address(page: Any, browser: Any) -> None:
    load(page, NAPKIN, "P(Y | do(X))")
    settled(page, "identifiable")
    page.get_by_role("button", name="Share").click()
    page.wait_for_selector(".toast.shown")
    link = page.evaluate("navigator.clipboard.readText()")
    assert len(link) < 400
    other = page.context.new_page()
    other.goto(link)
    other.wait_for_function("globalThis.idgenStudio?.found.verdict === 'identifiable'")
    assert other.evaluate("idgenStudio.store.state") == page.evaluate("idgenStudio.store.state")
    other.close()


def test_a_known_graph_is_found_and_opened(page: Any) -> None:
    page.get_by_role("button", name="Open").click()
    box = page.locator("dialog")
    box.get_by_role("searchbox").fill("napkin")
    assert 1 <= box.locator("li").count() < len(ENTRIES)
    box.locator("li button").first.click()
    assert settled(page, "identifiable")["program"]


# ---- questions and answers -------------------------------------------------------------------------------------------


def test_a_query_is_typed_with_completion(page: Any) -> None:
    load(page, "smoking -> tar -> cancer; smoking <-> cancer")
    line = page.get_by_role("combobox", name="Query")
    line.click()
    page.keyboard.type("P(ca")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.keyboard.type(" | ")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.keyboard.type("s")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.keyboard.type("))")
    assert line.input_value() == "P(cancer | do(smoking))"
    assert "Σ" in settled(page, "identifiable")["estimand"]["text"]
    assert page.locator("math").count() == 1


def test_the_verdict_follows_each_edit(page: Any) -> None:
    load(page, "X -> Y", "P(Y | do(X))")
    settled(page, "identifiable")
    drag(page, "X", "Y", "Alt")
    settled(page, "not identifiable")
    page.get_by_role("combobox", name="Query").fill("P(Y | do(X)")
    assert "Query" not in settled(page, "query").get("estimand", {})
    assert "cannot be read" in page.locator(".verdict").inner_text()


def test_a_hedge_is_shown_with_its_two_models(page: Any) -> None:
    load(page, "X -> Y; X <-> Y", "P(Y | do(X))")
    settled(page, "not identifiable")
    page.get_by_text("Two models that prove it").wait_for()
    page.get_by_text("differ by 1/4").wait_for()
    page.get_by_role("button", name="Show on the graph").click()
    assert page.evaluate("idgenStudio.canvas.cy.nodes('.outer').map((n) => n.id())") == ["X", "Y"]
    assert page.evaluate("idgenStudio.canvas.cy.nodes('.inner').map((n) => n.id())") == ["Y"]


def test_a_step_of_the_derivation_shows_its_part_of_the_graph(page: Any) -> None:
    load(page, NAPKIN, "P(Y | do(X))")
    settled(page, "identifiable")
    said = tab(page, "Derivation")
    assert [line for line in ("line 3", "line 7", "line 2", "line 6") if line in said] == [
        "line 3",
        "line 7",
        "line 2",
        "line 6",
    ]
    page.locator(".step").nth(3).click()
    assert page.evaluate("idgenStudio.canvas.cy.nodes('.faded').map((n) => n.id())") == ["W1"]
    assert page.evaluate("idgenStudio.canvas.cy.nodes('.fixed').map((n) => n.id())") == ["W2"]


def test_the_program_is_shown_optimized_and_as_the_paper_has_it(page: Any) -> None:
    load(page, NAPKIN, "P(Y | do(X))")
    found = settled(page, "identifiable")
    assert found["program"]["text"].strip() in tab(page, "Program")
    page.get_by_label("as ID-GEN writes it").check()
    assert found["program"]["literal"].strip() in page.locator(".code").inner_text()


def test_implications_are_listed(page: Any) -> None:
    load(page, NAPKIN)
    settled(page, "no query")
    tab(page, "Implications")
    page.get_by_text("testable implication").wait_for()
    said = page.locator("[role=tabpanel]").inner_text()
    assert "Y ⊥ W2 ; do(X)" in said or "Verma" in said
    assert "W2 ⊥" in said or "⊥ W2" in said


def test_an_answer_is_proved_on_random_models(page: Any) -> None:
    load(page, NAPKIN, "P(Y | do(X))")
    page.wait_for_function("idgenStudio.proof?.rows.length === 5")
    said = tab(page, "Proof")
    assert "Equal to the truth in 5 of 5 random models" in said
    assert said.count("equal") >= 20


def test_a_table_is_fitted_and_drawn(page: Any, tmp_path: Path) -> None:
    rows = tmp_path / "rows.csv"
    rows.write_text("X,Y\n" + "0,0\n" * 30 + "0,1\n" * 10 + "1,0\n" * 10 + "1,1\n" * 30)
    load(page, "X -> Y", "P(Y | do(X))")
    settled(page, "identifiable")
    tab(page, "Fit")
    page.get_by_label("A table").set_input_files(rows)
    page.get_by_text("80 rows of X, Y").wait_for()
    page.get_by_role("button", name="Fit", exact=True).click()
    page.get_by_role("button", name="Sample and estimate").click()
    chart = page.locator(".chart").first
    chart.wait_for()
    assert "do(X=1): 0 0.2" in chart.get_attribute("aria-label")
    assert "mean of Y, do(X=1)" in page.locator("[role=tabpanel]").inner_text()
    page.get_by_label("do X").fill("7")
    page.get_by_role("button", name="Sample and estimate").click()
    page.locator(".told.wrong").wait_for()
    assert page.locator(".chart").count() == 0


ASKED = """async (state) => {
  const { mount } = await import('/studio.js');
  const root = document.body.appendChild(document.createElement('div')), asked = [];
  const post = (where) => async (request) => {
    asked.push([where, request.ask, request.most ?? null]);
    return (await fetch('/api', { method: 'POST', body: JSON.stringify(request) })).json();
  };
  const studio = mount(root, { engine: { where: 'browser', ask: post('first'), aside: post('second') }, state });
  const wait = () => new Promise((done) => setTimeout(done, 20));
  while (!studio.proof || studio.proof.rows.length < 5 && !studio.proof.error) await wait();
  root.remove();
  return asked;
}"""


@pytest.mark.parametrize(
    ("size", "ancestors", "first", "second"),
    [(6, 6, {("implied", None), ("prove", 8)}, set()), (11, 10, {("implied", None), ("prove", 8)}, {("prove", 12)}),
     (20, 4, set(), {("implied", None), ("prove", 12)})],
)  # fmt: skip
def test_what_takes_long_in_a_browser_is_asked_aside(
    page: Any, size: int, ancestors: int, first: set[Any], second: set[Any]
) -> None:
    names = [f"V{k}" for k in range(size)]
    chain = [{"tail": a, "head": b} for a, b in pairwise(names[:ancestors])]
    points = [{"name": name, "x": 10 * k, "y": 0} for k, name in enumerate(names)]
    state = {"points": points, "lines": chain, "query": f"P({names[ancestors - 1]} | do(V0))"}
    asked = page.evaluate(ASKED, state)
    found = {where: {(ask, most) for who, ask, most in asked if who == where} for where in ("first", "second")}
    assert found == {"first": {("analyse", None), *first}, "second": second}


ENGINE = """async () => {
  const { workerEngine } = await import('/engines.js');
  const code = "let n = 0; onmessage = ({ data }) => postMessage({ id: data.id, text: JSON.stringify(++n) });";
  const url = URL.createObjectURL(new Blob([code], { type: 'text/javascript' }));
  const engine = workerEngine(url);
  const { ask, aside } = engine;
  return [await ask({}), await ask({}), await aside({}), await ask({}), await aside({})];
}"""


def test_a_second_worker_answers_what_is_asked_aside(page: Any) -> None:
    assert page.evaluate(ENGINE) == [1, 2, 1, 3, 2]


def fitted(page: Any, rows: Path, graph: str = "X -> Y") -> Any:
    """The line that says what became of a fit to a table of X and Y."""
    load(page, graph, "P(Y | do(X))")
    settled(page, "identifiable")
    tab(page, "Fit")
    page.get_by_label("A table").set_input_files(rows)
    page.get_by_text("rows of X, Y").wait_for()
    page.get_by_role("button", name="Fit", exact=True).click()
    told = page.locator(".told")
    page.wait_for_function("!['', 'Training …'].includes(document.querySelector('.told').textContent)")
    return told


def test_a_fit_that_is_done_does_not_look_like_an_error(page: Any, tmp_path: Path) -> None:
    rows = tmp_path / "rows.csv"
    rows.write_text("X,Y\n" + "0,0\n" * 30 + "0,1\n" * 10 + "1,0\n" * 10 + "1,1\n" * 30)
    told = fitted(page, rows)
    assert told.text_content().startswith("Fitted in")
    color = "getComputedStyle(document.querySelector('.told')).color"
    assert page.evaluate(f"{color} === getComputedStyle(document.querySelector('.verdict.good strong')).color")
    assert serious(page) == []
    page.evaluate(
        "idgenStudio.store.change({ lines: [{ tail: 'X', head: 'Y' }, { tail: 'X', head: 'Y', both: true }] })"
    )
    settled(page, "not identifiable")
    assert "has changed since this fit" in told.text_content()
    assert "wrong" not in told.get_attribute("class")
    page.evaluate("idgenStudio.store.undo()")
    settled(page, "identifiable")
    assert told.text_content() == ""


def test_rows_without_a_value_are_refused_in_words_of_the_page_and_dropped_where_it_says_so(
    page: Any, tmp_path: Path
) -> None:
    rows = tmp_path / "rows.csv"
    rows.write_text("X,Y\n" + "0,0\n" * 30 + "0,\n" * 5 + "1,0\n" * 10 + "1,1\n" * 30)
    told = fitted(page, rows)
    assert "column Y has 5 missing value(s)" in told.text_content()
    assert "“Missing values: drop”" in told.text_content()
    assert "missing=" not in told.text_content()
    page.get_by_label("Missing values").select_option("drop")
    page.get_by_role("button", name="Fit", exact=True).click()
    page.get_by_text("Fitted in").wait_for()


def test_a_column_that_is_not_there_is_made_latent_on_the_page(page: Any, tmp_path: Path) -> None:
    rows = tmp_path / "rows.csv"
    rows.write_text("X,Y\n" + "0,0\n1,1\n0,1\n1,0\n" * 20)
    told = fitted(page, rows, "U -> X -> Y; U -> Y")
    assert "select U on the graph and make it latent (U)" in told.text_content()
    for word in ("latent=", "--latent", "composites", "unobserved", "/tmp", "table-"):
        assert word not in told.text_content()
    page.get_by_label("Types of columns").fill("X")
    page.get_by_role("button", name="Fit", exact=True).click()
    page.get_by_text("write it as X=integer").wait_for()


# ---- how it looks ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_serious_is_in_anyones_way(page: Any, theme: str) -> None:
    page.evaluate("theme => { document.getElementById('studio').dataset.theme = theme; }", theme)
    found = serious(page)
    load(page, NAPKIN, "P(Y | do(X))")
    page.wait_for_function("idgenStudio.proof?.rows.length === 5")
    for name in ("Answer", "Derivation", "Program", "Implications", "Proof", "Graph"):
        tab(page, name)
        found += serious(page)
    page.get_by_role("button", name="Open").click()
    found += serious(page)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Export").click()
    found += serious(page)
    assert found == []


def test_it_fits_a_phone(page: Any) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    load(page, NAPKIN, "P(Y | do(X))")
    settled(page, "identifiable")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    box = page.locator(".verdict").bounding_box()
    assert box["width"] > 300
    page.set_viewport_size({"width": 1280, "height": 800})
