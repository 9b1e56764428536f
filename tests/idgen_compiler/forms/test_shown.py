"""Messages show a few values of a user's, each cut short."""

from __future__ import annotations

import numpy as np
import pytest

import idgen_compiler as idgen
from idgen_compiler.data.column import Column
from idgen_compiler.data.kinds import Categorical
from idgen_compiler.data.kinds.labels import label_codes, read_label
from idgen_compiler.data.kinds.setting import Setting
from idgen_compiler.forms.shown import LISTED, WIDEST, cut, listed

REPORTS = tuple(f"report {k} of a patient, whose name nobody else should read" for k in range(1400))


def test_a_value_is_cut_and_several_are_counted() -> None:
    assert cut("short") == "'short'"
    assert len(cut("x" * 10**6)) == WIDEST
    assert cut("x" * 50).endswith("...'")
    assert cut(10**5000) == "a int"
    assert listed([]) == ""
    assert listed([1, 2, 3]) == "1, 2, 3"
    assert listed(range(5)) == "0, 1, 2 and 2 more"


def refused_setting() -> None:
    label_codes(Setting("do", "R", 1), "new", REPORTS)


def refused_typed() -> None:
    read_label("R", REPORTS, "new")


def refused_column() -> None:
    Categorical(REPORTS).confirm(Column("R", np.array([*REPORTS[:5], *(f"{r}!" for r in REPORTS)], dtype=object)))


def refused_twice() -> None:
    Categorical((*REPORTS, REPORTS[0]))


@pytest.mark.parametrize("refused", [refused_setting, refused_typed, refused_column, refused_twice])
def test_no_message_prints_all_labels(refused: object) -> None:
    with pytest.raises(idgen.DataError) as told:
        refused()  # type: ignore[operator]
    text = str(told.value)
    assert len(text) < 120 + 2 * LISTED * (WIDEST + 4)
    assert "more" in text
    assert "report 3 " not in text


def test_what_is_described_in_other_messages_is_cut() -> None:
    assert len(Categorical(REPORTS).describe(7)) <= WIDEST
