"""The shape of a file that says how a command API over HTTP is spoken to.

python -m cdctl.files.api_shape > cdctl/files/schemas/api.schema.json
"""

from __future__ import annotations

import json
import sys

from cdctl.domain.orders.api import STATES
from cdctl.files.durations import OWN, OWN_MEANING, cure_own
from cdctl.files.shapes.containers import Bag, Fields, Listing, Names
from cdctl.files.shapes.publish import DRAFT, Publisher
from cdctl.files.shapes.rules import Schema
from cdctl.files.shapes.scalars import Number, Text
from cdctl.files.shapes.shape import Anything, Shape

VERSION = "cdctl/v1"
_POINTER = r"(?:/(?:[^~/]|~[01])*)*"
_HEADER = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_BODY = 'What is sent, as JSON. In its texts {vin} and the like are filled in; "{arguments}" becomes all arguments.'


def _pointer(doc: str) -> Text:
    return Text(doc, pattern=_POINTER, meaning='a JSON Pointer, such as /job/id ("" is all of it)')


def _url(doc: str) -> Text:
    return Text(
        doc,
        pattern=r"/[!-~]*",
        meaning="a path that starts with /, such as /v1/vehicles/{vin}/commands",
        longest=2000,
    )


def _time(doc: str) -> Text:
    return Text(doc, pattern=OWN, meaning=OWN_MEANING, cure=cure_own)


def _codes(doc: str) -> Listing:
    return Listing(doc, Number("A status code.", at_least=200, at_most=599), "status code", least=1)


def _call(noun: str, doc: str, **more: Shape) -> Fields:
    return Fields(
        noun,
        doc,
        {
            "method": Text("The method of HTTP.", choices=_METHODS),
            "url": _url("Its path below the API's address; {name} is filled in."),
            "codes": _codes("Status codes that say that it was done: 200, 201, 202 and 204 unless told."),
            "at": _pointer("Where the job is in the answer; all of it unless told."),
            **more,
        },
        ("url",),
    )


_NAMES = Names(r"[A-Za-z][A-Za-z0-9_.-]*", "a name")
_COMMAND = Fields(
    "command",
    "One of our commands as the API has it.",
    {
        "name": Text("What the API calls it.", filled=True, longest=200),
        "arguments": Bag("Our name of an argument -> the API's.", Text("The API's.", filled=True), names=_NAMES),
        "results": Bag("Key of our result -> where it is in the job.", _pointer("Where it is."), names=_NAMES),
        "success": Bag("What a success stands for where the job does not say it.", Anything("A value."), names=_NAMES),
        "url": _url("Another path than that of submit."),
        "body": Anything(_BODY),
    },
    ("name",),
    ref="command",
)
_STATE = Fields(
    "state",
    "Where an order is.",
    {
        "at": _pointer("Where the word is in the job."),
        "words": Bag(
            "The API's word -> what it means.",
            Text("What it means.", choices=tuple(sorted(state.value for state in STATES))),
            least=1,
        ),
    },
    ("at", "words"),
)
_DEDUPE = Fields(
    "dedupe",
    "The API does a request with the same value of this header once.",
    {
        "header": Text("The header.", pattern=_HEADER, meaning="the name of a header"),
        "value": Text("{key}, the same for every try of an order, or {order}.", choices=("{key}", "{order}")),
    },
    ("header",),
)
_SIGNATURE = Fields(
    "signature",
    "HMAC-SHA256 in a header, with the secret of the settings.",
    {
        "header": Text("The header that holds it.", pattern=_HEADER, meaning="the name of a header"),
        "prefix": Text("What stands before it in the header, such as sha256=", pattern="[!-~]{1,40}", meaning="a word"),
        "encoding": Text("How its bytes are written; hex unless told.", choices=("hex", "base64")),
        "timestamp": Text(
            "The header that says when it was sent: seconds or milliseconds since 1970, or RFC 3339.",
            pattern=_HEADER,
            meaning="the name of a header",
        ),
        "within": _time("By how much that may differ from our clock; 5m unless told."),
        "signed": Text(
            'What is signed: "{body}", or "{timestamp}.{body}" where there is a timestamp, unless told.',
            filled=True,
            longest=200,
        ),
    },
    ("header",),
)
_CALLBACK = Fields(
    "callback",
    "How the API calls us when something happened to a job; the settings say where we listen.",
    {
        "at": _pointer("Where the job is in the body of a call; all of it unless told."),
        "order": _pointer("Where {order} is in the body of a call; the job's id alone says which it is unless told."),
        "id": _pointer("Where the id is in the job; as in answers unless told."),
        "state": _pointer("Where the state is in the job; as in answers unless told."),
        "reason": _pointer("Where the reason is in the job; as in answers unless told."),
        "result": _pointer("Where the result is in the job; as in answers unless told."),
        "header": Text(
            "The header of a submit that holds our address; {callback} in its body unless told.",
            pattern=_HEADER,
            meaning="the name of a header",
        ),
        "signature": _SIGNATURE,
        "interval": _time("How soon a job is asked for that nobody called about; 30s unless told."),
    },
)
API = Fields(
    "API",
    "How a command API over HTTP is spoken to.",
    {
        "api": Text("Version of this format.", choices=(VERSION,)),
        "name": Text("What it is called.", pattern="[a-z][a-z0-9_.-]{0,39}", meaning="a short name"),
        "description": Text("What it is for."),
        "headers": Bag(
            "Headers of every request; secrets belong in the settings.",
            Text("The value.", pattern="[ -~]*", meaning="plain text"),
            names=Names(_HEADER, "the name of a header"),
        ),
        "check": _url("What is asked to see whether the API answers; / unless told."),
        "submit": _call("submit", "Hands an order to the API.", body=Anything(_BODY)),
        "poll": _call(
            "poll",
            "Asks what became of a job; {id} is its id.",
            body=Anything(_BODY),
            interval=_time("How soon it is asked first; 2s unless told."),
            backoff=Number("How many times later it is asked each next time; 1.5 unless told.", at_least=1, at_most=10),
            longest=_time("How far apart it is asked at most; 60s unless told."),
        ),
        "find": _call("find", "Looks a job up by {key} or {order}, when its id was lost.", body=Anything(_BODY)),
        "cancel": _call("cancel", "Asks the API to drop a job; {id} is its id.", body=Anything(_BODY)),
        "callback": _CALLBACK,
        "id": _pointer("Where the job's id is."),
        "state": _STATE,
        "reason": _pointer("Where the reason of a failure or refusal is."),
        "result": _pointer("Where the result is."),
        "dedupe": _DEDUPE,
        "later": _codes("Status codes that say: not now. Nothing was taken; 429 and 503 unless told."),
        "at_once": Number("Requests at once; 8 unless told.", at_least=1, at_most=256),
        "per_second": Number("Requests a second at most.", above=0, at_most=100_000),
        "timeout": _time("How long a request may take; 10s unless told."),
        "tries": Number("Tries of a request that did not arrive; 3 unless told.", at_least=1, at_most=10),
        "commands": Bag("Our name of a command -> how the API has it.", _COMMAND, names=_NAMES, least=1),
    },
    ("api", "name", "submit", "id", "state", "commands"),
    ref="api",
)


def document() -> Schema:
    """The whole JSON Schema of such a file."""
    publisher = Publisher()
    body = publisher.write(API)
    return {
        "$schema": DRAFT,
        "$id": "urn:cdctl:schema:api:v1",
        "title": "Command API",
        **body,
        "$defs": dict(sorted(publisher.definitions.items())),
    }


def text() -> str:
    """The schema as it is shipped."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text())
