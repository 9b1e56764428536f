"""What the options of a fit say about its models: each goes to every family that has an option of its name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from torch import nn

from idgen_compiler.errors import DataError, near_misses
from idgen_compiler.forms.record import to_plain
from idgen_torch.families.choice import choose
from idgen_torch.families.family import Family
from idgen_torch.families.registry import families, family, is_known, path_of
from idgen_torch.families.task import Task
from idgen_torch.families.text import parse_recipe
from idgen_torch.options import rule_of

__all__ = ["Tuning", "known_options"]


@dataclass(frozen=True)
class Tuning:
    """The recipes among which a fit chooses, as its options leave them.

    `values` maps each family's name to what the options set of it; `given` is what was asked for, as JSON can hold it.
    With `likelihood` only families are chosen that know the density of what they draw, without `rows` only those whose
    models hold none.

    >>> tuned = Tuning.read({"epochs": 30, "images": {"steps": 100}})
    >>> tuned.recipe("flow").epochs, tuned.recipe("diffusion{steps=7}").steps
    (30, 7)
    """

    values: Mapping[str, Mapping[str, Any]]
    recipes: tuple[Family, ...]
    likelihood: bool
    given: Mapping[str, Any]
    rows: bool = True

    @classmethod
    def read(cls, options: Mapping[str, Any]) -> Tuning:
        """What these options of `fit` say; None leaves an option as it is.

        Raises DataError for one that no family has, and for a value that it cannot have.
        """
        kinds = {name: family(name) for name in families()}
        likelihood, rows = options.get("likelihood", False), options.get("rows", True)
        for name, value in (("likelihood", likelihood), ("rows", rows)):
            if not isinstance(value, bool):
                raise DataError(f"option {name} is {value!r:.80}; it is True or False")
        scopes = {kind.scope: kind for kind in kinds.values() if kind.scope}
        found: dict[str, dict[str, Any]] = {name: {} for name in kinds}
        given: dict[str, Any] = {}
        for name, value in options.items():
            if name in ("likelihood", "rows") or value is None or name in scopes:
                continue
            given[name] = _spread(name, value, kinds, found)
        for scope, kind in scopes.items():
            if options.get(scope) is not None:
                given[scope] = own = _scoped(kind, options[scope])
                found[kind.word] |= own
        recipes = tuple(kind().filled(found[name]) for name, kind in kinds.items())
        told = ({"likelihood": likelihood} if likelihood else {}) | ({} if rows else {"rows": rows})
        return cls(found, recipes, likelihood, {name: to_plain(value) for name, value in given.items()} | told, rows)

    def recipe(self, asked: object) -> Family:
        """The recipe that is asked for, by name, text or itself; what it sets comes before the options of the fit.

        Raises DataError for what is no recipe, and for one of a class that is not registered.
        """
        recipe = parse_recipe(asked) if isinstance(asked, str) else asked
        if isinstance(recipe, type) and issubclass(recipe, Family):
            raise DataError(f"{recipe.__qualname__} is a class; write {recipe.__qualname__}(), with its options")
        if not isinstance(recipe, Family):
            raise DataError(f"{asked!r:.80} is no family; {_meant(asked)}")
        kind = type(recipe)
        if not is_known(recipe.word):
            raise DataError(
                f"no kernel family is called {recipe.word!r}; put @register above {kind.__qualname__}, or say "
                f"families=[{kind.__qualname__}], so that what is saved can be loaded"
            )
        if path_of(kind) != path_of(family(recipe.word)):
            raise DataError(f"{path_of(kind)} is not the family called {recipe.word!r}; give yours another name")
        if recipe.keeps_rows and not self.rows:
            raise DataError(
                f"the family {recipe.word!r} draws from rows of the table, and rows=False keeps none; leave one of the "
                "two out, or choose another family, such as 'flow'"
            )
        return recipe.filled(self.values.get(recipe.word, {}))

    def lean(self, recipe: Family, **values: Any) -> Family:
        """The recipe with these values of the options that it has and that were not set."""
        return recipe.filled({n: v for n, v in values.items() if n not in self.values.get(recipe.word, {})})

    def choose(self, task: Task) -> Family:
        """The recipe of the best offer."""
        return choose(task, [recipe for recipe in self.recipes if self.rows or not recipe.keeps_rows])

    def bearing(self) -> dict[str, Any]:
        """What trained models depend on, as JSON can hold it."""
        recipes = {recipe.word: recipe.bearing() for recipe in self.recipes}
        rows = {} if self.rows else {"rows": False}
        return (
            {"likelihood": self.likelihood}
            | rows
            | {name: to_plain(recipe.set_options()) for name, recipe in recipes.items() if recipe.set_options()}
        )


def _meant(asked: object) -> str:
    """What to give in the place of what is no family."""
    if isinstance(asked, nn.Module):
        return (
            "wrap the module in a family (docs/how-to/custom-family.md); one that is to denoise pictures goes into "
            "images={'network': ...}"
        )
    return "give a name such as 'flow', or a recipe such as Flow(bins=16)"


def known_options() -> dict[str, str]:
    """Every option that a fit takes for its models: name -> what it is, and which families have it.

    >>> known_options()["bins"]
    'a whole number from 1 to 1000 (flow)'
    """
    owners: dict[str, list[str]] = {}
    meanings: dict[str, str] = {"likelihood": "True or False", "rows": "True or False"}
    for word in families():
        for option in fields(family(word)):
            rule = rule_of(option)
            owners.setdefault(option.name, []).append(word)
            meanings.setdefault(option.name, "any value" if rule is None else rule.meaning)
        if scope := family(word).scope:
            meanings[scope] = "the options of one family alone"
            owners.setdefault(scope, []).append(word)
    return {name: f"{meanings[name]} ({', '.join(owners.get(name, ['all']))})" for name in sorted(meanings)}


def _spread(name: str, value: Any, kinds: Mapping[str, type[Family]], found: Mapping[str, dict[str, Any]]) -> Any:
    """Set an option of every family that has it; the value as it is settled."""
    settled = value
    owners = [(word, option) for word, kind in kinds.items() for option in fields(kind) if option.name == name]
    if not owners:
        raise DataError(f"fit has no option {name!r}{near_misses(name, known_options())}")
    for word, option in owners:
        rule = rule_of(option)
        settled = value if rule is None else rule.settled(f"option {name}", value)
        found[word][name] = settled
    return settled


def _scoped(kind: type[Family], value: Any) -> dict[str, Any]:
    """The options of one family that were given under its own keyword."""
    if isinstance(value, kind):
        return value.set_options()
    if not isinstance(value, Mapping):
        raise DataError(f"option {kind.scope} is {value!r:.80}; give {kind.__name__}(...) or a mapping of its options")
    known = [option.name for option in fields(kind)]
    for name in value:
        if name not in known:
            raise DataError(f"{kind.scope} have no option {name!r}{near_misses(str(name), known)}")
    made = kind(**{name: given for name, given in value.items() if given is not None})
    return {name: getattr(made, name) for name, given in value.items() if given is not None}
