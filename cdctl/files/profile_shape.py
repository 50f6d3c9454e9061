"""The shape of a profile file: how an existing fleet speaks.

python -m cdctl.files.profile_shape > cdctl/files/schemas/profile.schema.json
"""

from __future__ import annotations

import json
import sys

from cdctl.domain.fleet.profile import CONVERSIONS
from cdctl.files.shapes.containers import Bag, Either, Fields, Listing, Names
from cdctl.files.shapes.publish import DRAFT, Publisher
from cdctl.files.shapes.rules import Schema, at_most_one
from cdctl.files.shapes.scalars import Number, Text

VERSION = "cdctl/v1"
_LEVEL = r"(?:\{[A-Za-z]\w*\}|[^/+#\s{}]*)"
TOPIC = rf"{_LEVEL}(?:/{_LEVEL})*"
_POINTER = r"(?:/(?:[^~/]|~[01])*)*"
_JOINED = r"[^{}+#\s]*(?:\{[A-Za-z]\w*\}[^{}+#\s]*)+"
_SIGNAL = r"[A-Za-z0-9_]+(?:\.[A-Za-z0-9_]+)*"
_PRESENCES = ("online", "offline", "unknown")


def _pointer(doc: str) -> Text:
    return Text(doc, pattern=_POINTER, meaning='a JSON Pointer, such as /battery/level ("" is the whole payload)')


def _said(doc: str) -> Text:
    return Text(
        f"{doc} A JSON Pointer such as /model; any other text stands for itself.",
        pattern=rf"{_POINTER}|[^/\s][^\n]{{0,199}}",
        meaning="a JSON Pointer or one line of text",
    )


def _presence(doc: str) -> Text:
    return Text(doc, choices=_PRESENCES)


_WORDS = Bag("Text -> number, where a value is told as a word.", Number("Its number."), least=1)
_MEASURE = Fields(
    "signal",
    "Where a signal's value is, and how it gets into the signal's unit: value x scale + offset, or a named conversion.",
    {
        "at": _pointer("Where the value is in the payload."),
        "convert": Text("From what is told to the unit of the signal.", choices=tuple(CONVERSIONS)),
        "scale": Number("What the value is multiplied with."),
        "offset": Number("What is then added."),
        "words": _WORDS,
    },
    ("at",),
    rules=(
        at_most_one("convert", "scale"),
        at_most_one("convert", "offset"),
        at_most_one("words", "convert"),
        at_most_one("words", "scale"),
        at_most_one("words", "offset"),
    ),
    ref="signal",
)
_TIME = Fields(
    "time",
    "When the vehicle says it spoke.",
    {
        "at": _pointer("Where the time is in the payload."),
        "unit": Text("Seconds or milliseconds since 1970, or text as in RFC 3339.", choices=("s", "ms", "rfc3339")),
    },
    ("at", "unit"),
)
_PRESENCE_WORDS = Fields(
    "presence",
    "What a word in the payload says of whether the vehicle is there.",
    {
        "at": _pointer("Where the word is in the payload."),
        "words": Bag("Word -> online, offline or unknown (which says nothing).", _presence("What it says."), least=1),
        "other": _presence("What any other word says; without it one is counted as malformed."),
    },
    ("at", "words"),
)
_EVENT = Fields(
    "event",
    "Something that happened to the vehicle.",
    {
        "kind": _said('What happened: "dtc.set" and "dtc.cleared" change the trouble codes, others are only shown.'),
        "detail": _said("More of it, for people."),
        "dtcs": _pointer("Where the trouble codes are: a list of texts, or one text."),
    },
    ("kind",),
)
_MESSAGE = Fields(
    "message",
    "One kind of message: where it is published, and what it says. The first that fits is taken.",
    {
        "topic": Text(
            "Its topic; {name} stands for one level.",
            pattern=TOPIC,
            meaning="a topic of levels and {names}, without wildcards, spaces or text around a name",
            filled=True,
        ),
        "payload": Text("json (the default), or value: one number, truth value or text.", choices=("json", "value")),
        "kept": Text(
            "What it means when the broker had kept it: never kept (the default); past: last known values, which say "
            "nothing of now; present: it still holds, because the vehicle's will or a gateway takes it back.",
            choices=("never", "past", "present"),
        ),
        "qos": Number("With which QoS it is asked for, 0 (the default) or 1.", at_least=0, at_most=1),
        "when": Bag(
            "JSON Pointer -> the text that must be there.",
            Text("What must be there.", loose=True),
            names=Names(_POINTER, "a JSON Pointer, such as /type"),
            least=1,
        ),
        "time": _TIME,
        "signals": Bag(
            "VSS path of a signal -> where its value is. A signal is kept when [fleet.columns] names it.",
            Either("Where its value is.", "a JSON Pointer or a mapping", _pointer("Where it is."), _MEASURE),
            names=Names(_SIGNAL, "the path of a signal, such as Vehicle.Speed"),
            least=1,
        ),
        "presence": Either(
            "Whether the vehicle is there.",
            "online, offline or a mapping",
            Text("What such a message says by itself.", choices=("online", "offline")),
            _PRESENCE_WORDS,
        ),
        "model": _said("The vehicle's model."),
        "software": _said("The version of its software."),
        "event": _EVENT,
    },
    ("topic",),
    ref="message",
)
PROFILE = Fields(
    "profile",
    "How an existing fleet speaks over MQTT.",
    {
        "profile": Text("Version of this format.", choices=(VERSION,)),
        "name": Text("What this way of speaking is called.", pattern="[a-z][a-z0-9_.-]{0,39}", meaning="a short name"),
        "description": Text("What it is for."),
        "vehicle": Text(
            "The vehicle's id: text with {names} of levels, joined as written.",
            pattern=_JOINED,
            meaning='text with the {name} of a level, such as "{user}/{device}"',
        ),
        "region": Text(
            "Its region: the {name} of a level, or one text for all; left out, that of the broker.",
            pattern=rf"{_JOINED}|[a-z0-9][a-z0-9_-]*",
            meaning="the {name} of a level, or a name in lower case",
        ),
        "messages": Listing("Every kind of message that is understood.", _MESSAGE, "message", least=1),
    },
    ("profile", "name", "vehicle", "messages"),
    ref="profile",
)


def document() -> Schema:
    """The whole JSON Schema of a profile file."""
    publisher = Publisher()
    body = publisher.write(PROFILE)
    return {
        "$schema": DRAFT,
        "$id": "urn:cdctl:schema:profile:v1",
        "title": "Fleet profile",
        **body,
        "$defs": dict(sorted(publisher.definitions.items())),
    }


def text() -> str:
    """The schema as it is shipped."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text())
