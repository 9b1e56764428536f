"""The tools: what each installs, which file answers for it, and how long it may take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["TOOLS", "Tool"]


@dataclass(frozen=True)
class Tool:
    """A row of the page.

    requires: what pip installs into an environment of that name; empty for this project's own. adapter: the file that
    answers, beside serve.py. seconds: the limit of processor seconds a question. parts: those that it is asked;
    most: of a part no more than so many, where each takes long.
    """

    name: str
    adapter: str
    requires: tuple[str, ...] = ()
    environment: str = ""
    seconds: int = 300
    parts: tuple[str, ...] = ("real", "discrete", "pictures")
    most: Mapping[str, int] = field(default_factory=dict)


TOOLS: dict[str, Tool] = {
    tool.name: tool
    for tool in (
        Tool("idgen", "ours", seconds=900),
        Tool("idgen, contrast", "ours:contrast", parts=("real", "discrete"), most={"real": 8, "discrete": 100}),
        Tool("experiment", "", parts=("real",)),
        Tool("rows near x", "floors:seen", parts=("real",)),
        Tool("least squares", "floors:least_squares", parts=("real",)),
        Tool("boosting", "floors:boosting", parts=("real",)),
        Tool("forest", "floors:forest", parts=("real",)),
        Tool("inverse propensity", "floors:inverse_propensity", parts=("real",)),
        Tool("y0", "y0_tool", ("y0==0.2.11",), "y0", 60),
        Tool("causaleffect", "causaleffect_tool", ("causaleffect==0.1.0", "numpy"), "causaleffect", 60),
        Tool(
            "ananke",
            "ananke_tool",
            ("ananke-causal==0.5.0", "scipy<1.12"),
            "ananke",
            120,
            most={"real": 12, "discrete": 50},
        ),
        Tool("DoWhy", "dowhy_tool", ("dowhy==0.14",), "dowhy", 120, most={"real": 12, "discrete": 50}),
        Tool("DoWhy gcm", "gcm_tool", ("dowhy==0.14",), "dowhy", most={"real": 24, "discrete": 4}),
        Tool("pgmpy", "pgmpy_tool", ("pgmpy==1.1.2",), "pgmpy", 60),
        Tool("Antecedent", "antecedent_tool", ("antecedent==2.4.1",), "antecedent", 120, most={"discrete": 50}),
        Tool("EconML", "econml_tool", ("econml==0.17.0",), "econml", 120, most={"real": 6, "discrete": 4}),
        Tool("DeCaFlow", "decaflow_tool", ("decaflow", "torch==2.13.0"), "decaflow", 900, ("real",)),
    )
}
