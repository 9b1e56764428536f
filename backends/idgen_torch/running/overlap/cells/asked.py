"""What is said of one question: each sentence on cells without rows that its answer rests on."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from idgen_compiler.data.kinds.labels import label_codes
from idgen_compiler.hinge.assigned import Assigned
from idgen_compiler.hinge.question import Question
from idgen_torch.running.overlap.cells.needed import Cells, Codes, to_tell
from idgen_torch.running.overlap.cells.verdict import said_of

__all__ = ["codes_of_question", "told"]


def told(cells: Cells, question: Question, inputs: Mapping[str, Codes]) -> list[str]:
    """What rests on cells of few rows or none, in sentences, the largest share first.

    inputs: codes of what is set, one or one for each of several askings, which count alike.

    Raises DataError for a policy that has no table, as a function has none.
    """
    if any(not len(codes) for codes in inputs.values()):
        return []
    drawn = [Assigned(name, policy, {}) for name, policy in question.drawn.items()]
    rests = cells.rests(question.sampler, inputs, (*question.assigned, *drawn), question.query.conditions)
    one = all(len(np.unique(codes)) == 1 for codes in inputs.values())
    codes = {name: int(own[0]) for name, own in inputs.items()} if one else None
    return list(dict.fromkeys(said_of(cells, question.query, rest, codes) for rest in to_tell(rests)))


def codes_of_question(cells: Cells, question: Question) -> dict[str, Codes]:
    """The codes of the values that a question sets, by their labels."""
    return {
        name: label_codes(setting, value, tuple(cells.source.labels(name)))
        for name, (setting, value) in question.settings.items()
        if name in question.sampler.network.inputs
    }
