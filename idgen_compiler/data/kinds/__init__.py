"""The kinds of variables there are, one file each.

A kind finds itself in a column, reads what a person types or a caller sets, and translates between values as the user
knows them and the arrays that models see. `registry` holds all of them; a new one registers itself there.
"""

from idgen_compiler.data.kinds.categorical import Categorical
from idgen_compiler.data.kinds.composite import Composite
from idgen_compiler.data.kinds.encoders import register_encoder
from idgen_compiler.data.kinds.image import Image
from idgen_compiler.data.kinds.kind import Atom, Kind, PartOf
from idgen_compiler.data.kinds.numbers.continuous import Continuous
from idgen_compiler.data.kinds.numbers.integer import Integer
from idgen_compiler.data.kinds.numbers.levels import Levels
from idgen_compiler.data.kinds.numbers.numeric import Numeric
from idgen_compiler.data.kinds.numbers.vector import Vector
from idgen_compiler.data.kinds.registry import register
from idgen_compiler.data.kinds.text import Text
from idgen_compiler.data.kinds.times import Date, Duration

__all__ = [
    "Atom",
    "Categorical",
    "Composite",
    "Continuous",
    "Date",
    "Duration",
    "Image",
    "Integer",
    "Kind",
    "Levels",
    "Numeric",
    "PartOf",
    "Text",
    "Vector",
    "register",
    "register_encoder",
]
