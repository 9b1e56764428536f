"""Tables as people hold them, each with the truth or with the words that are expected; see `bench_tried`."""

from tests.benchmarks.tried.dtypes import DTYPES
from tests.benchmarks.tried.laws import MARKS, OUTCOMES, TREATMENTS
from tests.benchmarks.tried.questions import CONTAINERS, QUESTIONS
from tests.benchmarks.tried.words import FILES, TEXTS

__all__ = ["CASES"]

CASES = (*DTYPES, *CONTAINERS, *TEXTS, *FILES, *MARKS, *OUTCOMES, *TREATMENTS, *QUESTIONS)
"""All that was tried, by kind."""
