"""What messages say of Python's arguments, in the words of the command line."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Callable, Collection, Mapping
from typing import Any

from idgen_compiler.forms.spelling import spelled

__all__ = ["with_homes", "with_options"]

_TEXT = r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\""
_LIST = rf"\[(?:{_TEXT}|[^\]'\"])*\]"
_MAPPING = rf"\{{(?:{_TEXT}|[^}}'\"])*\}}"

_AN_OPTION = re.compile(r"(?<![\w.\-])--[a-z][a-z-]*[a-z]")

_MEANT = {"do": "X=VALUE", "given": "Z=VALUE", "types": "X=TYPE", "composites": "W=A,B", "family": "Y=FAMILY"}
_NAMED = {"types": "types", "composites": "composite", "family": "family", "images": "images"}


def with_options(message: str, command: str = "") -> str:
    """A message of the library with arguments such as missing='drop' as options of the commands.

    command: the one that was given, which may have other options for the same than the rest.

    >>> print(with_options("drop these rows with missing='drop', or say types={'Z': 'integer'}"))
    drop these rows with --missing drop, or say --types Z=integer
    >>> print(with_options("say decimal=',' if that is a number"))
    say --read decimal=, if that is a number
    >>> print(with_options("name its class: load(path, families=['module:Class'])"))
    name its class: --family module:Class
    """
    for pattern, write in (*_OF_COMMAND.get(command, ()), *_TABLE):
        message = re.sub(rf"(?<![\w.\-]){pattern}", write, message)
    return message


def with_homes(message: str, command: str, known: Mapping[str, Collection[str]]) -> str:
    """The message, and whose options it names where the command that was given has none of that name.

    known: command -> its options, in the order in which they are asked.

    >>> known = {"fit": ["--family", "--effort"], "estimate": ["--method"]}
    >>> print(with_homes("choose another --family, or --method plug-in", "estimate", known))
    choose another --family, or --method plug-in (--family is an option of idgen fit)
    >>> print(with_homes("choose another --family", "fit", known))
    choose another --family
    >>> print(with_homes("save it by idgen fit --family counts", "estimate", known))
    save it by idgen fit --family counts
    """
    if command not in known:
        return message
    foreign = [name for name in dict.fromkeys(_AN_OPTION.findall(message)) if name not in known[command]]
    homes = {name: home for name in foreign for home in reversed(list(known)) if name in known[home]}
    told = [
        f"{name} is an option of idgen {home}"
        for name, home in homes.items()
        if not re.search(rf"\bidgen {home}\b[^;.`\n]*{name}\b", message)
    ]
    return f"{message} ({'; '.join(told)})" if told else message


def _option(name: str, value: object) -> str:
    return f"--{name.replace('_', '-')} {shlex.quote(str(value))}"


def _plain(found: re.Match[str]) -> str:
    return _option(found[1], _read(found[2]))


def _reading(found: re.Match[str]) -> str:
    value = _read(found[2])
    said = ",".join(map(_in_list, value)) if isinstance(value, list) else value
    return _option("read", f"{found[1]}={said}")


def _in_list(mark: object) -> str:
    return f'"{mark}"' if "," in str(mark) else str(mark)


def _pairs(found: re.Match[str]) -> str:
    """One option for each variable of a mapping, whose values may be left out."""
    name = _NAMED.get(found[1], found[1])
    pairs = _read(found[2].replace(": ...", ": Ellipsis"))
    if not isinstance(pairs, dict) or not pairs:
        return f"--{name} {_MEANT.get(found[1], 'NAME=VALUE')}"
    return " ".join(_option(name, f"{spelled(str(key))}={_told(value)}") for key, value in pairs.items())


def _drawn(option: str, mapping: str) -> str:
    """The option that gives the one variable or policy of a mapping a law of a file."""
    (name,) = _read(mapping.replace(": ...", ": Ellipsis"))
    text = f"{spelled(str(name))} ~ law.csv" if option == "--do" else f"{name}=law.csv"
    return f"{option} {shlex.quote(text)}"


def _text_drawn(found: re.Match[str]) -> str:
    """What draws a text: a table of a law."""
    law = shlex.quote(f"{spelled(found[1])} ~ law.csv")
    return f"{found[1]}{found[2]}; draw it by a table, as in --do {law}"


def _text_drawn_in_fit(found: re.Match[str]) -> str:
    """The same where the sampler is only made: the query leaves the treatment to a policy, which is a table."""
    named = f"do({spelled(found[1])} ~ pi)"
    return f"{found[1]}{found[2]}; write {named} in the query and draw it by a table, as in --policy pi=law.csv"


def _binds(found: re.Match[str]) -> str:
    pairs = _read(found[1].replace(": ...", ": Ellipsis"))
    keys = list(pairs) if isinstance(pairs, dict) else []
    return " ".join(f"--bind {shlex.quote(f'{key}=MODULE:NAME')}" for key in keys or ["Y | X"])


def _repeated(found: re.Match[str]) -> str:
    """One option for each entry of a list."""
    name = {"fallbacks": "fallback"}.get(found[1], found[1])
    return " ".join(_option(name, value) for value in _read(found[2]))


def _told(value: object) -> str:
    if isinstance(value, list):
        return ",".join(map(str, value))
    return "VALUE" if value is Ellipsis else str(value)


def _read(text: str) -> Any:
    """What Python's text says; the text itself where it is none."""
    try:
        return ast.literal_eval(text.replace("Ellipsis", "..."))
    except (ValueError, SyntaxError):
        return text


_Rewrites = tuple[tuple[str, str | Callable[[re.Match[str]], str]], ...]

_TEXT_DRAWN = r"([^:;]+)( is of kind text, over which nothing is uniform); draw it by a Law\(\.\.\.\)"

_OF_COMMAND: dict[str, _Rewrites] = {"fit": ((_TEXT_DRAWN, _text_drawn_in_fit),)}
"""What only one command says otherwise, before the rest."""

_TABLE: _Rewrites = (
    (rf"do=(\{{(?:{_TEXT}): \.\.\.\}}) with (.*), as Law\(\.\.\.\)", lambda m: f"{_drawn('--do', m[1])} with {m[2]}"),
    (
        rf"policies=(\{{(?:{_TEXT}): \.\.\.\}}) to fit, with (.*), as Law\(\.\.\.\)",
        lambda m: f"{_drawn('--policy', m[1])} to fit, with {m[2]}",
    ),
    (_TEXT_DRAWN, _text_drawn),
    (r"sample\((?:n, \.\.\.)?\)(?= and take the share)", "`idgen sample`"),
    (rf"latent={_LIST} for ADMG.parse or compile, (--latent .*?) on the command line", r"\1"),
    (rf"(missing|realize|device|store|place|weights|weights_are|kind|method|by)=({_TEXT})", _plain),
    (r"(ensemble|epochs)=(\d+)", _plain),
    (rf"(delimiter|decimal|encoding|size_limit|missing_marks|memory)=({_TEXT}|{_LIST}|[\d_]+)", _reading),
    (rf"(do|given|types|composites|family|images)=({_MAPPING})", _pairs),
    (rf"load\(path, families=({_LIST})\)", lambda m: " ".join(_option("family", name) for name in _read(m[1]))),
    (rf"load\(path, networks=\{{({_TEXT}): its factory or module\}}\)", lambda m: _option("network", _read(m[1]))),
    (rf"bind=({_MAPPING})", _binds),
    (rf"(bound|fallbacks|unobserved)=({_LIST})", _repeated),
    (rf"bind\[({_TEXT})\]", lambda found: _option("bind", _read(found[1]))),
    (r"functions=", "--function"),
    (r"data= with", "--data with"),
    (r"weights=(?=,)", "--weights"),
    (r"check_graph=False", "--no-check-graph"),
    (r"images_root=\.\.\.", "--images-root DIR"),
    (r"query= (?=one of)", "--query "),
)
"""What a message may name, and what stands for it on the command line."""
