"""Numbers with a unit of time: dates and durations."""

from idgen_compiler.data.kinds.times.date import Date
from idgen_compiler.data.kinds.times.duration import Duration

__all__ = ["Date", "Duration"]
