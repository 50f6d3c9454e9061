"""What a panel says of itself: each part that is wrong is named."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from cdctl.domain.boards.declaring import Face, bindings, face
from cdctl.domain.boards.everywhere import BINDINGS
from cdctl.domain.boards.keys import MOVES, SHARED, YIELDING, Binding
from cdctl.errors import PluginError


def panel(**parts: Any) -> SimpleNamespace:
    sound = {"title": "a panel", "fields": ("vin", "state"), "writing": False, "bindings": (GO, *MOVES)}
    return SimpleNamespace(**{**sound, **parts})


GO = Binding("go", ("g", "enter", "ctrl+g"), "go there", "go")


class Text(str):
    """A text that is more."""

    def __str__(self) -> str:
        raise RuntimeError("never")


def test_a_sound_panel():
    assert face(panel()) == Face("a panel", ("vin", "state"), False)
    assert bindings(panel()) == (GO, *MOVES)


def test_a_title_is_safe_short_and_a_plain_text():
    said = face(panel(title=Text("a\x1b[2J\n" + "x" * 500), fields=[Text("vin")]))
    assert said.title.startswith("a\\x1b[2J\\x0a")
    assert len(said.title) < 900
    assert type(said.title) is type(said.fields[0]) is str


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ({"title": None}, "its title must be a text, not None"),
        ({"title": b"x"}, "its title must be a text"),
        ({"writing": "no"}, "its writing must be True or False, not 'no'"),
        ({"writing": lambda: False}, "its writing must be True or False"),
        ({"fields": "vin"}, "its fields must be a sequence, not 'vin'"),
        ({"fields": 3}, "its fields must be a sequence"),
        ({"fields": [1]}, "its fields must be names of fields, not 1"),
        ({"fields": (str(number) for number in range(10**9))}, "its fields are more than 500"),
    ],
)
def test_a_face_that_is_wrong(parts, reason):
    with pytest.raises(PluginError) as error:
        face(panel(**parts))
    assert reason in error.value.message


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (None, "its bindings must be a sequence, not None"),
        ("go", "its bindings must be a sequence"),
        ([("go", ("g",), "go")], "its bindings must be cdctl.api.Binding, not ('go'"),
        ([Binding("", ("g",), "go")], "its binding's action must be a word"),
        ([Binding("Go there", ("g",), "go")], "its binding's action must be a word"),
        ([Binding("click", ("g",), "go")], "other than click"),
        ([Binding(3, ("g",), "go")], "its binding's action must be a word"),  # type: ignore[arg-type]
        ([Binding("go", "g", "go")], "keys must be a tuple of keys, not 'g'"),  # type: ignore[arg-type]
        ([Binding("go", (1,), "go")], "has 1, which is no key"),  # type: ignore[arg-type]
        ([Binding("go", ("",), "go")], "has '', which is no key"),
        ([Binding("go", (" ",), "go")], "which is no key"),
        ([Binding("go", ("\x1b",), "go")], "which is no key"),
        ([Binding("go", ("Ctrl-G",), "go")], "has 'Ctrl-G', which is no key"),
        ([Binding("go", ("g",), "")], "does must be one line of text"),
        ([Binding("go", ("g",), "two\nlines")], "does must be one line of text"),
        ([Binding("go", ("g",), "go", "x" * 30)], "short must be one line of text"),
        ([GO, Binding("go", ("x",), "again")], "have the action 'go' twice"),
        ([GO, Binding("other", ("g",), "go")], "its key 'g' stands for 'go' and for 'other'"),
        ([Binding("go", ("q",), "go")], "its key 'q' for 'go' is taken on every board: leave"),
        ([Binding("go", ("ctrl+c",), "go")], "is taken on every board: leave"),
        ([Binding(f"go-{n}", (), "go") for n in range(100)], "its bindings are more than 60"),
    ],
)
def test_bindings_that_are_wrong(wrong, reason):
    with pytest.raises(PluginError) as error:
        bindings(panel(bindings=wrong))
    assert reason in error.value.message


def test_every_key_of_the_view_is_taken_but_those_that_are_shared():
    yielding = {key for binding in BINDINGS if binding.action == YIELDING for key in binding.keys}
    for key in {key for binding in BINDINGS for key in binding.keys} | SHARED:
        mine = panel(bindings=[Binding("go", (key,), "go")])
        if key in SHARED | yielding:
            assert bindings(mine)[0].keys == (key,)
        else:
            with pytest.raises(PluginError, match="is taken on every board"):
                bindings(mine)
