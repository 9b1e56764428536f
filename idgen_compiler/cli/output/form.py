"""The forms in which commands print a program."""

from __future__ import annotations

from enum import StrEnum

from idgen_compiler.program import Program

__all__ = ["OutputForm"]


class OutputForm(StrEnum):
    """The forms of a program."""

    IR = "ir"
    JSON = "json"
    DOT = "dot"
    MERMAID = "mermaid"

    def written(self, program: Program) -> str:
        """A program in this form."""
        match self:
            case OutputForm.JSON:
                return program.to_json()
            case OutputForm.DOT:
                return program.to_dot()
            case OutputForm.MERMAID:
                return program.to_mermaid()
        return str(program)
