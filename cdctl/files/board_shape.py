"""The shape of a board file.

python -m cdctl.files.board_shape > cdctl/files/schemas/board.schema.json
"""

from __future__ import annotations

import json
import sys

from cdctl.files.shapes.containers import Bag, Either, Fields, Listing, Names
from cdctl.files.shapes.publish import DRAFT, Publisher
from cdctl.files.shapes.rules import Schema
from cdctl.files.shapes.scalars import Flag, Number, Text

VERSION = "cdctl/v1"
NAME = "[a-z][a-z0-9_-]{0,39}"

_SETTING = Either(
    "Its value.",
    "text, a number, true or false, or a list of texts",
    Text("Text."),
    Number("A number."),
    Flag("True or false."),
    Listing("Texts.", Text(), "text"),
)
_PANEL = Fields(
    "panel",
    "One panel of the board.",
    {
        "kind": Text("What it shows, such as header, fleet or slo.", filled=True, longest=40),
        "lines": Number("Its height in lines; without it the panel shares what is left.", at_least=1, at_most=200),
        "settings": Bag("Settings of the panel.", _SETTING),
    },
    ("kind",),
    ref="panel",
)
BOARD = Fields(
    "board",
    "What the live view shows together.",
    {
        "board": Text("Version of this format.", choices=(VERSION,)),
        "name": Text("What it is called.", pattern=NAME, meaning="a short name in lower case"),
        "title": Text("What it is for, a line.", longest=120),
        "picture": Listing(
            "The board as a picture: rows of letters; every letter fills a rectangle, a dot stays empty.",
            Text("A row.", pattern="[A-Za-z.]{1,80}", meaning="a row of letters and dots"),
            "row",
            least=1,
            most=60,
        ),
        "panels": Bag(
            "The panel of each letter.",
            _PANEL,
            names=Names("[A-Za-z]", "a letter of the picture"),
            least=1,
        ),
    },
    ("board", "name", "picture", "panels"),
    ref="board",
)


def document() -> Schema:
    """The whole JSON Schema of a board file."""
    publisher = Publisher()
    body = publisher.write(BOARD)
    return {
        "$schema": DRAFT,
        "$id": "urn:cdctl:schema:board:v1",
        "title": "A board",
        **body,
        "$defs": dict(sorted(publisher.definitions.items())),
    }


def text() -> str:
    """The schema as it is shipped."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text())
