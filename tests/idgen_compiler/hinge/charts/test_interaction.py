"""Charts that answer a pointer: which parameters suit which chart, and that nothing changes before they are used."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from idgen_compiler.hinge.charts.columns import pictured
from idgen_compiler.hinge.charts.interaction import interactive
from idgen_compiler.hinge.charts.specs import chart_of, themed
from idgen_compiler.report.web.panels.lines import balance, bins, curve, diagonal, intervals, training

convert = pytest.importorskip("vl_convert", reason="needs vl-convert-python")
BAND = {"low": 0, "high": 2, "band_low": 0, "band_high": 3}


def charts() -> dict[str, Any]:
    rng = np.random.default_rng(0)
    numbers = {f"do(X={x})": rng.normal(size=200) for x in range(2)}
    labels = {f"do(X={x})": rng.integers(2, size=200).astype(str) for x in range(2)}
    many = {f"do(X={x})": np.array([f"a long label {k}" for k in range(14)]) for x in range(2)}
    densities = [chart_of(*pictured("Y", columns)) for columns in ({"": numbers["do(X=0)"]}, numbers)]
    return {
        "density": densities[0],
        "densities": densities[1],
        "shares": chart_of(*pictured("C", labels)),
        "many shares": chart_of(*pictured("C", many)),
        "one share": chart_of(*pictured("C", {"": labels["do(X=0)"]})),
        "training": training([{"series": s, "step": k, "loss": 1 / k} for s in "ab" for k in (1, 2, 3)]),
        "diagonal": diagonal([{"confidence": 0.2, "accuracy": 0.3, "share": 0.4}]),
        "bins": bins([{"low": 0.2, "high": 0.3, "share": 0.4, "series": s} for s in "ab"], "p", 0.1),
        "balance": balance([{"covariate": "Z", "when": w, "difference": 0.1} for w in ("before", "after")]),
        "curve": curve([{"at": k, "value": k} | BAND for k in range(4)], "X", "Y"),
        "intervals": intervals([{"label": k, "setting": k, "value": 1} | BAND for k in "ab"], "value", True),
    }


PARAMETERS = {"density": ["zoom"], "densities": ["zoom"], "shares": ["highlight"], "many shares": ["highlight"],
              "one share": [], "training": ["zoom", "highlight"], "diagonal": ["zoom"], "bins": ["zoom", "highlight"],
              "balance": ["highlight"], "curve": ["zoom"], "intervals": []}  # fmt: skip


@pytest.mark.parametrize("name", PARAMETERS)
def test_each_chart_has_what_suits_it_and_looks_the_same(name: str) -> None:
    spec = themed(charts()[name]).to_dict()
    found = interactive(spec)
    assert [each["name"] for each in found.get("params", [])] == PARAMETERS[name]
    before, after = map(convert.vegalite_to_svg, (spec, found))
    assert re.findall("<text[^>]*>[^<]*", before) == re.findall("<text[^>]*>[^<]*", after)
    marks = [re.findall('<path aria-label="[^"]*"[^>]*', each.replace(' opacity="1"', "")) for each in (before, after)]
    assert marks[0] == marks[1]
    assert "params" not in spec


def test_all_views_of_one_chart_are_zoomed_together() -> None:
    found = interactive(themed(charts()["densities"]).to_dict())
    assert found["params"][0]["views"] == ["view_0", "view_1"]
    program = convert.vegalite_to_vega(found)
    (x,) = [scale for scale in program["scales"] if scale["name"] == "x"]
    assert x["domainRaw"] == {"signal": 'zoom["from"]'}
