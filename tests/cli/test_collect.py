"""`cdctl collect` as it is typed: too little of a history is refused before anything is opened."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--keep", "1s"], "--keep: 1s is too short"),
        (["--keep", "week"], "--keep"),
        (["--max-bytes", "1MB"], "--max-bytes: 1MB is too little"),
        (["--max-bytes", "2XB"], "--max-bytes: '2XB' is no size"),
    ],
)
def test_what_is_no_history(cdctl, arguments, said):
    ran = cdctl("collect", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
