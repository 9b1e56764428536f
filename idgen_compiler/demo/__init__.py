"""Demonstrations: a query from the graph to samples that are compared with the exact truth.

A demo is a module with `run(page, settings) -> bool`, imported when it is run; True says that what it verified holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from idgen_compiler.errors import IdgenError, near_misses
from idgen_compiler.report.page import Page

__all__ = ["DEMOS", "Demo", "DemoSettings", "find"]


@dataclass(frozen=True, slots=True)
class DemoSettings:
    """How to run a demo.

    `rows` None stands for the demo's own number; `out` is the folder of its plots; `data` a folder of other data, where
    the demo takes one; `device` where it trains; `translators` and `classifier` are functions of a user's, named as
    module:function.
    """

    rows: int | None = None
    seed: int = 0
    out: Path = Path("out")
    quick: bool = False
    data: Path | None = None
    device: str = "auto"
    translators: tuple[str, ...] = ()
    classifier: str | None = None

    def __post_init__(self) -> None:
        if self.rows is not None and self.rows < 1_000:
            raise IdgenError(f"a demo needs at least 1,000 rows to show anything, not {self.rows}")
        if self.seed < 0:
            raise IdgenError(f"a seed is a whole number from 0, not {self.seed}")


@dataclass(frozen=True, slots=True)
class Demo:
    """What there is to run."""

    name: str
    title: str
    module: str

    def run(self, page: Page, settings: DemoSettings) -> bool:
        """Run it.  Raises IdgenError when a library that it needs is not installed."""
        try:
            module = import_module(self.module)
        except ImportError as error:
            raise IdgenError(
                f"the demo {self.name} needs {error.name or error}; install it with: pip install 'idgen-compiler[all]'"
            ) from error
        return bool(module.run(page, settings))


DEMOS = (
    Demo(
        "napkin",
        "handwritten digits on the napkin graph: a ratio that no adjustment answers",
        "idgen_compiler.demo.napkin",
    ),
    Demo(
        "napkin-images",
        "the napkin with pictures for variables, by diffusion models; minutes",
        "idgen_compiler.demo.napkin_pictures",
    ),
    Demo(
        "covid-backdoor",
        "an infection, a chest picture and a finding: a diffusion model and a calibrated classifier; minutes",
        "idgen_compiler.demo.covid_backdoor",
    ),
    Demo(
        "translation-audit",
        "what translators of faces add, P(A | do(Male)), with trained networks brought to the program",
        "idgen_torch.demo.translation_audit",
    ),
    Demo(
        "report-to-xray",
        "a report is set and pictures follow: labellers and a generator of pictures brought to the program; minutes",
        "idgen_torch.demo.report_to_xray",
    ),
    Demo("front-door", "linear-Gaussian front door: flows against the closed form", "idgen_compiler.demo.front_door"),
)


def find(name: str) -> Demo:
    """The demo of a name.  Raises IdgenError for an unknown one."""
    for demo in DEMOS:
        if demo.name == name:
            return demo
    raise IdgenError(f"there is no demo {name!r}{near_misses(name, (demo.name for demo in DEMOS))}")
