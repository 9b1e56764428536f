"""How a command ends: its exit code, and the one line on stderr that says why."""

from __future__ import annotations

import re
from enum import IntEnum

__all__ = ["ExitCode", "one_line"]


class ExitCode(IntEnum):
    """Exit codes, as the README promises them."""

    DONE = 0
    BAD_INPUT = 2
    NOT_IDENTIFIABLE = 3
    DIFFERENCE = 4
    FAULT = 70  #: EX_SOFTWARE of sysexits.h: a fault of the program, to be reported
    INTERRUPTED = 130  #: 128 + SIGINT, as shells report it
    BROKEN_PIPE = 141  #: 128 + SIGPIPE


def one_line(message: str) -> str:
    """A message as one line: what went wrong, and the next step.

    A source line with a caret below it is left out, since the place is also said in words.
    """
    lines = message.splitlines()
    carets = {k for k, line in enumerate(lines) if k and re.fullmatch(r"\s*[\^~]+.*", line)}
    kept = [line.strip() for k, line in enumerate(lines) if k not in carets and k + 1 not in carets]
    kept = [line for line in kept if line]
    text = ""
    for line in kept:
        joint = "" if not text else " " if text.endswith((":", ",", ";")) else "; "
        text += joint + line
    return text
