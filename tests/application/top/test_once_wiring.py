"""One picture of a board: panels that work apart are waited for, and never for long."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest
from screens import Look
from strangers import board, stranger

from cdctl.application.top.once_wiring import picture
from cdctl.domain.boards.drawing import text_of
from cdctl.domain.settings import Settings

SIZE = (80, 20)


def drawn(folder: Path, patience: float = 20.0, **code: str) -> str:
    place = stranger(folder, **code)
    look = Look(30, str(board(folder)), settings=Settings(plugins=(str(place),)))
    asyncio.run(picture(look.lookout, look.stage, SIZE, patience))
    return "\n".join(text_of(line) for line in look.stage.draw(*SIZE))


def test_a_board_of_our_own_panels_waits_for_nothing():
    look = Look(30)
    seen = asyncio.run(picture(look.lookout, look.stage, SIZE))
    assert "WBA" in "\n".join(text_of(line) for line in look.stage.draw(*SIZE))
    assert seen.fleet is not None


@pytest.mark.parametrize("part", ["see", "draw"])
def test_a_slow_panel_is_waited_for_with_its_answer(tmp_path, part):
    answered = "self.title = f'{len(snapshot.answers)} answers'\nreturn Arrange()"
    code = {"see": f"time.sleep(0.2)\n{answered}"} if part == "see" else {"see": answered, "draw": "time.sleep(0.2)"}
    text = drawn(tmp_path, **code)
    assert "── 1 answers ──" in text
    assert " of test" in text


def test_one_that_blocks_is_waited_for_no_longer_than_it_was_said(tmp_path):
    begin = time.monotonic()
    text = drawn(tmp_path, 1.2, draw="threading.Event().wait()")
    assert time.monotonic() - begin < 10
    assert "odd has not answered for 1 s" in text
    assert "WBA" in text
