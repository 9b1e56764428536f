"""Negative numbers among the arguments of a command, which its parser would take for options."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from typer.core import TyperCommand
from typer.exceptions import TyperException

from idgen_compiler.errors import DataError

__all__ = ["WithNegativeNumbers"]

_NEGATIVE = re.compile(r"-(?:\d|\.\d)[\d.eE+-]*")


class WithNegativeNumbers(TyperCommand):
    """A command that takes -1 for an argument; whatever else begins with a minus stands after `--` where it is one."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """The arguments that are left over, as the parent has it."""
        try:
            return super().parse_args(ctx, args if "--" in args else self._apart(ctx, args))
        except TyperException as error:
            option = getattr(error, "option_name", "")
            if re.match(r"-[^-]", option):  # nobody mistypes an option of one letter
                raise DataError(
                    f"there is no option {option}; a label that begins with - stands behind all options and --, as in "
                    "DIR --ate -- Y X -a b"
                ) from None
            raise

    def _apart(self, ctx: Any, args: Sequence[str]) -> list[str]:
        """Options and their values, then `--` and the arguments, where one of these is a negative number."""
        takers = {
            option
            for each in self.get_params(ctx)
            if each.param_type_name == "option" and not getattr(each, "is_flag", False)
            for option in each.opts
        }
        options, values = [], []
        left = iter(args)
        for word in left:
            if word in takers:
                options += [word, *(value for value in [next(left, None)] if value is not None)]
            elif word.startswith("-") and len(word) > 1 and not _NEGATIVE.fullmatch(word):
                options.append(word)
            else:
                values.append(word)
        return [*options, "--", *values] if any(map(_NEGATIVE.fullmatch, values)) else list(args)
