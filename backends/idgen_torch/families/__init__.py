"""Families of conditional models: frozen recipes, one file each, which make offers for tasks and train models."""

from idgen_torch.families.chain import Chain
from idgen_torch.families.choice import choose, offers
from idgen_torch.families.family import ConditionalModel, Family, Run
from idgen_torch.families.images.diffusion import Diffusion
from idgen_torch.families.images.from_images import FromImages
from idgen_torch.families.noise import SeedNoise, seed_noise
from idgen_torch.families.numbers.classifier import Classifier
from idgen_torch.families.numbers.flow import Flow
from idgen_torch.families.numbers.hurdle import Hurdle
from idgen_torch.families.numbers.vector_diffusion import VectorDiffusion
from idgen_torch.families.registry import families, family, register
from idgen_torch.families.tables.factored import Factored
from idgen_torch.families.tables.matched import Matched
from idgen_torch.families.tables.resample import Resample
from idgen_torch.families.tables.table import Table
from idgen_torch.families.task import Offer, Task
from idgen_torch.families.text import parse_recipe, write_recipe
from idgen_torch.families.texts.from_texts import FromTexts
from idgen_torch.families.texts.language import Language
from idgen_torch.families.trees.boosted import Boosted
from idgen_torch.families.trees.forest import Forest
from idgen_torch.families.tuning import Tuning, known_options

__all__ = [
    "Boosted",
    "Chain",
    "Classifier",
    "ConditionalModel",
    "Diffusion",
    "Factored",
    "Family",
    "Flow",
    "Forest",
    "FromImages",
    "FromTexts",
    "Hurdle",
    "Language",
    "Matched",
    "Offer",
    "Resample",
    "SeedNoise",
    "Run",
    "Table",
    "Task",
    "Tuning",
    "VectorDiffusion",
    "choose",
    "families",
    "family",
    "known_options",
    "offers",
    "parse_recipe",
    "register",
    "seed_noise",
    "write_recipe",
]
