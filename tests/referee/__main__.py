"""`python -m tests.referee TOOL...`: ask tools, print what was found; `--write` renews docs/referee.md."""

from __future__ import annotations

from typing import Annotated

import typer

from tests.referee.parts import PARTS
from tests.referee.referee import ask_part
from tests.referee.tools import TOOLS


def main(
    chosen: Annotated[list[str] | None, typer.Argument(metavar="TOOL...", help="names, or all")] = None,
    part: Annotated[list[str] | None, typer.Option(help="real, discrete or pictures; all by default")] = None,
) -> None:
    """Put the benchmark to tools; without a name, list them. What has a result is not asked again."""
    if not chosen:
        print("tools:", ", ".join(TOOLS))
    for name in TOOLS if chosen == ["all"] else dict.fromkeys(chosen or ()):
        for one in part or PARTS:
            if one in TOOLS[name].parts:
                ask_part(TOOLS[name], one)


if __name__ == "__main__":
    typer.run(main)
