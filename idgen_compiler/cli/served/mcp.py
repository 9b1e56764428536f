"""`idgen mcp`: the compiler as tools of agents."""

from __future__ import annotations

from idgen_compiler.cli.served.needs import needed_by

__all__ = ["mcp_command"]


def mcp_command() -> None:
    """Answer agents by the Model Context Protocol: identify, explain, compile, verify and estimate.

    It speaks over standard input and output, and is started by the agent's own program.
    """
    needed_by("mcp", "idgen_compiler.serving.agents.server").server().run("stdio")
