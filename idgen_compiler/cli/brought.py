"""What a user brings: the options of bound kernels and functions, models that are imported, and saved samplers."""

from __future__ import annotations

import importlib
import os
import re
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from idgen_compiler.cli.arguments import assignments, listed_names, modules_from_here, named_classes
from idgen_compiler.errors import DataError, near_misses
from idgen_compiler.hinge.backend import Sampler
from idgen_compiler.hinge.saved import load

__all__ = [
    "BindTo", "Bound", "Effort", "Fallback", "Families", "Function", "OwnFamily", "OwnNetwork", "Saved", "Unobserved",
    "brought", "chosen_families", "imported", "loaded", "needed",
]  # fmt: skip

_OWN_CLASS = re.compile(r"(?:^|=)\s*([\w.]+:[^\W\d]\w*)(?:\{.*\})?\s*$")

Bound = Annotated[
    list[str] | None,
    typer.Option(
        "--bound",
        metavar="'Y | X,Z'",
        help="A conditional that is brought and stays an operation of its own; repeatable. --emit bindings lists them.",
    ),
]
Function = Annotated[
    list[str] | None,
    typer.Option("--function", metavar="A=X,Y", help="A variable that is a function of others; repeatable."),
]
Unobserved = Annotated[
    list[str] | None,
    typer.Option(
        "--unobserved", metavar="A", help="A vertex that no table holds and that is brought; repeatable, or A,B."
    ),
]
Fallback = Annotated[
    list[str] | None,
    typer.Option("--fallback", metavar="Y", help="A bound variable whose conditional is trained as well; repeatable."),
]

BindTo = Annotated[
    list[str] | None,
    typer.Option(
        "--bind",
        metavar="'Y | X=MODULE:NAME'",
        help="What draws a conditional: a function, an adapter, or anything else that MODULE calls NAME; it is "
        "imported, from the working folder too. Repeatable.",
    ),
]


Saved = Annotated[Path, typer.Argument(metavar="DIR", help="What `idgen fit --out DIR` saved.", show_default=False)]
Effort = Annotated[
    str | None,
    typer.Option(
        "--effort", metavar="quick|default|best", help="How far models of numbers go.", show_default="default"
    ),
]
Families = Annotated[
    list[str] | None,
    typer.Option(
        "--family",
        metavar="Y=FAMILY",
        help="A model's family, by target, operation or what it models (Y | X), in the backend's words or as "
        "module:Class; module:Class alone makes a family known; repeatable.",
    ),
]
OwnFamily = Annotated[
    list[str] | None,
    typer.Option("--family", metavar="MODULE:CLASS", help="A family of your own that it needs; repeatable."),
]
OwnNetwork = Annotated[
    list[str] | None,
    typer.Option("--network", metavar="MODULE:FACTORY", help="A network of your own that it needs; repeatable."),
]


def brought(
    bound: Sequence[str] | None,
    function: Sequence[str] | None,
    unobserved: Sequence[str] | None,
    fallback: Sequence[str] | None = None,
) -> dict[str, Any]:
    """The options as `compile` takes them.  Raises IdgenError for a text that is no assignment, or an empty name."""
    functions = assignments("--function", function or ())
    return {
        "bound": list(bound or ()),
        "functions": {name: listed_names(f"--function {name}", [text]) for name, text in functions.items()},
        "unobserved": listed_names("--unobserved", unobserved or ()),
        "fallbacks": listed_names("--fallback", fallback or ()),
    }


def chosen_families(texts: Sequence[str] | None) -> dict[str, Any]:
    """What `--family` says as `fit` takes it: which model has which family, and the classes that are made known.

    Raises DataError for a text that is neither an assignment nor a class.
    """
    classes = named_classes(texts)
    return {
        "family": assignments("--family", [text for text in texts or () if text not in classes]) or None,
        "families": classes or None,
    }


def imported(texts: Sequence[str] | None) -> dict[str, Any]:
    """Conditional -> what is brought for it, of arguments like `Y | X=package.module:function`.

    Raises DataError for another form, a module or name that is not there, and whatever its import raises.
    """
    found: dict[str, Any] = {}
    for text in texts or ():
        key, mark, place = text.rpartition("=")
        module, colon, name = place.strip().partition(":")
        if not (mark and colon and key.strip() and module and name):
            raise DataError(f"--bind {text!r} names nothing; write --bind 'Y | X=package.module:function'")
        if key.strip() in found:
            raise DataError(f"--bind names {key.strip()!r} twice; keep one")
        found[key.strip()] = _named(module, name)
    return found


def _named(module: str, name: str) -> Any:
    try:
        with modules_from_here():
            thing: Any = importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module}.".startswith(f"{error.name}."):
            raise DataError(f"--bind: {module} needs {error.name}, which is not installed; install it") from None
        raise DataError(
            f"--bind: there is no module {module!r}, neither in {os.getcwd()} nor where Python looks; mend its name"
        ) from None
    except (Exception, SystemExit) as error:
        told = " ".join(f"{type(error).__name__}: {error}".split())
        raise DataError(f"--bind: {module} raises {told:.300} when it is imported; mend it") from error
    for part in name.split("."):
        if not hasattr(thing, part):
            known = [each for each in vars(thing) if not each.startswith("_")] if hasattr(thing, "__dict__") else []
            raise DataError(f"--bind: {module} has no {name!r}{near_misses(part, known)}")
        thing = getattr(thing, part)
    return thing


def loaded(
    folder: Path, family: Sequence[str] | None, network: Sequence[str] | None, bind: Sequence[str] | None
) -> Sampler:
    """The sampler of a folder.  Raises DataError for what cannot be imported, and for what it still lacks."""
    named = [text if "=" in text else f"{text}={text}" for text in network or ()]
    asked_for = {"families": family, "networks": assignments("--network", named), "bind": imported(bind)}
    wanted: dict[str, Any] = {name: value for name, value in asked_for.items() if value}
    with modules_from_here():
        return load(folder, **wanted)


def needed(family: Sequence[str] | None, images: Sequence[str] | None, bind: Sequence[str] | None) -> list[str]:
    """The options with which `idgen sample` loads what a sampler needs and does not hold."""
    networks = [text.partition("=")[2] for text in images or () if text.partition("=")[0].strip() == "network"]
    own = [found[1] for text in family or () if (found := _OWN_CLASS.search(text))]
    options = {"--family": dict.fromkeys(own), "--network": networks, "--bind": bind or ()}
    return [f"{option} {shlex.quote(text)}" for option, texts in options.items() for text in texts]
