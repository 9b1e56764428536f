"""Parts by the form of their values."""

from __future__ import annotations

import pytest

from idgen_compiler.data.part import Form, Part
from idgen_compiler.errors import DataError
from idgen_torch.parts import check_forms, of_form

PARTS = (Part("p", dim=192, shape=(3, 8, 8)), Part("y", dim=2), Part("x", size=3), Part("z", size=2))


def test_parts_of_a_form_keep_their_order() -> None:
    assert [part.name for part in of_form(PARTS, Form.CODES, Form.PICTURES)] == ["p", "x", "z"]
    assert of_form(PARTS[2:], Form.NUMBERS) == ()


def test_other_forms_are_refused_with_a_remedy() -> None:
    check_forms(PARTS, Form, "")
    with pytest.raises(DataError, match=r"^p is an image; take numbers$"):
        check_forms(PARTS, (Form.NUMBERS,), "; take numbers")
    with pytest.raises(DataError, match=r"^x is discrete; take numbers$"):
        check_forms(PARTS[1:], (Form.NUMBERS,), "; take numbers")
