"""The shape of a rollout file.

python -m cdctl.files.rollout_shape > cdctl/files/schemas/rollout.schema.json
"""

from __future__ import annotations

import json
import sys

from cdctl.files.durations import OWN, OWN_MEANING, cure_own
from cdctl.files.shapes.containers import Bag, Either, Fields, Listing
from cdctl.files.shapes.publish import DRAFT, Publisher
from cdctl.files.shapes.rules import Schema, exactly_one
from cdctl.files.shapes.scalars import Flag, Number, Text

VERSION = "cdctl/v1"
PERCENT = r"(?:100(?:\.0+)?|[0-9]{1,2}(?:\.[0-9]{1,6})?) ?%"
_CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]|24:00"
_AMONG = ("answered", "ended", "told", "total")
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _percent(doc: str) -> Text:
    return Text(doc, pattern=PERCENT, meaning="a share such as 5 % or 0.5%")


def _time(doc: str) -> Text:
    return Text(doc, pattern=OWN, meaning=OWN_MEANING, cure=cure_own)


def _among() -> Text:
    return Text(
        "Of what a share is taken: answered (succeeded, failed, rejected, timed out), ended (those and the ones that "
        "were never answered; the default), told (everybody who was sent one), total (everybody).",
        choices=_AMONG,
    )


def _minimum() -> Number:
    return Number("So many of them there must be before a share counts, 1 unless told.", at_least=1)


_WAVE = Fields(
    "wave",
    "How far the rollout has gone when this wave is over, all waves before it included.",
    {
        "to": Either(
            "A share of all targets (10%), or a number of them.",
            "a share such as 10% or a whole number",
            _percent("A share of all targets, rounded up."),
            Number("A number of targets.", at_least=1),
        ),
        "name": Text("What it is called.", filled=True, longest=40),
        "soak": _time("How long it is watched after its orders were answered, before the next one begins."),
        "approvals": Number("How many others must approve before it begins.", at_least=0, at_most=9),
        "deadline": _time("When its orders must have been answered, or the rollout pauses."),
    },
    ("to",),
    ref="wave",
)
_EXPONENTIAL = Fields(
    "exponential",
    "Faster by a factor after so many orders, as AWS IoT Jobs' exponentialRate.",
    {
        "base": Number("Orders a minute at first.", above=0),
        "factor": Number("What the rate is multiplied with.", at_least=1.1, at_most=5),
        "every": Number("After so many orders.", at_least=1),
        "most": Number("Orders a minute at most.", above=0),
        "by": Text("What is counted: sent (the default) or succeeded.", choices=("sent", "succeeded")),
    },
    ("base", "factor", "every", "most"),
)
_ADAPTIVE = Fields(
    "adaptive",
    "A step faster at every reading of the guards that is calm; slower by `cut` for each unit of burn above `calm`.",
    {
        "start": Number("Orders a minute at first.", above=0),
        "least": Number("Orders a minute at least.", above=0),
        "most": Number("Orders a minute at most.", above=0),
        "step": Number("Orders a minute more each time.", above=0),
        "cut": Number("What the rate is multiplied with, 0.5 unless told.", above=0, below=1),
        "calm": Number("The burn rate up to which a promise is not in danger, 1 unless told.", at_least=0),
    },
    ("start", "least", "most", "step"),
)
_PACE = Fields(
    "pace",
    "Orders a minute.",
    {
        "fixed": Number("Orders a minute, always.", above=0),
        "exponential": _EXPONENTIAL,
        "adaptive": _ADAPTIVE,
    },
    rules=(exactly_one("fixed", "exponential", "adaptive"),),
)
_HOURS = Fields(
    "hours",
    "When orders may be sent. Hours that end no later than they begin go on past midnight.",
    {
        "from": Text("When they begin.", pattern=_CLOCK, meaning='a time such as "22:00", in quotes'),
        "to": Text("When they end.", pattern=_CLOCK, meaning='a time such as "05:00", in quotes'),
        "days": Listing("On which days they begin, every day unless told.", Text(choices=_DAYS), "day", least=1),
        "zone": Text(
            "Whose clock, UTC unless told.", pattern=r"[A-Za-z0-9_+/-]{1,60}", meaning="a zone: Europe/Berlin"
        ),
    },
    ("from", "to"),
    ref="hours",
)
_LIMIT = Fields(
    "limit",
    "How many failures are too many: strictly more than `above`.",
    {
        "above": _percent("The share that may not be passed."),
        "failure": Text(
            "What is counted: failed, rejected, timed_out, any (of these; the default) or unanswered.",
            choices=("failed", "rejected", "timed_out", "any", "unanswered"),
        ),
        "of": _among(),
        "minimum": _minimum(),
        "over": Text("Counted over the wave (the default) or the whole rollout.", choices=("wave", "rollout")),
        "then": Text("What happens: abort (the default) or pause.", choices=("abort", "pause")),
    },
    ("above",),
    ref="limit",
)
_SUCCESS = Fields(
    "success",
    "How many successes every wave needs: at least `least`; abort limits come first.",
    {"least": _percent("The share that is needed."), "of": _among(), "minimum": _minimum()},
    ("least",),
)
_GUARD_TEXT = Text(
    "slo:NAME[@group], promql:EXPRESSION < NUMBER, fleet:share of FILTER < 2%, or cohort:commands|dtcs|SIGNAL. A "
    "comparison says what must hold.",
    filled=True,
    longest=2000,
)
_GUARD = Fields(
    "guard",
    "What must stay healthy. Without data it pauses the rollout.",
    {
        "guard": _GUARD_TEXT,
        "then": Text("What happens when it burns: pause (the default) or abort.", choices=("pause", "abort")),
        "every": _time("How often it is read, 30s unless told."),
        "fresh": _time("How old a reading may be before it is no data, 2m unless told."),
        "rise": Either(
            "Of a cohort: how much worse is to be found, 2% unless told.",
            "a share such as 2% or a number",
            _percent("Points."),
            Number("Trouble codes an hour, or the signal's unit.", above=0),
        ),
        "alpha": Number("Of a cohort: chance of a false stop, 0.01 unless told.", above=0, at_most=0.2),
        "power": Number("Of a cohort: chance that such a rise is not passed, 0.9 unless told.", at_least=0.5, below=1),
        "least": Number("Of a cohort's signal: its lowest value."),
        "most": Number("Of a cohort's signal: its highest value."),
        "worse": Text(
            "Of a cohort's signal: what is worse, higher (the default) or lower.", choices=("higher", "lower")
        ),
    },
    ("guard",),
    ref="guard",
)
_ARGUMENT = Either(
    "Its value.", "text, a number or true or false", Text("Text."), Number("A number."), Flag("True or false.")
)
ROLLOUT = Fields(
    "rollout",
    "One command to many vehicles, in waves, as it is reviewed.",
    {
        "rollout": Text("Version of this format.", choices=(VERSION,)),
        "name": Text("What it is called.", pattern="[a-z][a-z0-9_.-]{0,39}", meaning="a short name in lower case"),
        "description": Text("What it is for."),
        "command": Text("What vehicles are told: see `cdctl cmd ls`.", filled=True, longest=60),
        "arguments": Bag("The command's arguments: see `cdctl cmd describe`.", _ARGUMENT),
        "where": Text("Which vehicles, in the selection language.", filled=True, longest=4000),
        "expect": Number("How many vehicles are meant; any other number is refused.", at_least=0),
        "reason": Text("Why, for those who read the audit trail.", longest=500),
        "expires": _time("How long a vehicle may take to begin, as the command has it unless told."),
        "timeout": _time("How long it may then take, as the command has it unless told."),
        "spread": Listing(
            "What every wave is spread over.", Text(choices=("region", "model", "sw")), "column", least=1, most=3
        ),
        "waves": Listing("Waves in their order; the last one goes to 100%.", _WAVE, "wave", least=1, most=50),
        "pace": _PACE,
        "in_flight": Number("How many orders may be open at once.", at_least=1),
        "hours": Listing("Maintenance windows; without any it is always open.", _HOURS, "hours"),
        "abort": Listing("Limits of failures.", _LIMIT, "limit"),
        "success": _SUCCESS,
        "retry": Fields(
            "retry",
            "Failures that may go away (each command says which) are tried again.",
            {
                "tries": Number("How often in all.", at_least=1, at_most=20),
                "wait": _time("How long after the first failure; doubled each time. 1m unless told."),
            },
            ("tries",),
        ),
        "guards": Listing(
            "What must stay healthy before and during each wave.",
            Either("A guard.", "text or a mapping", _GUARD_TEXT, _GUARD),
            "guard",
            most=20,
        ),
        "grace": _time("How long an abort waits for orders that are open, 1m unless told."),
    },
    ("rollout", "name", "command", "where", "waves"),
    ref="rollout",
)


def document() -> Schema:
    """The whole JSON Schema of a rollout file."""
    publisher = Publisher()
    body = publisher.write(ROLLOUT)
    return {
        "$schema": DRAFT,
        "$id": "urn:cdctl:schema:rollout:v1",
        "title": "A rollout",
        **body,
        "$defs": dict(sorted(publisher.definitions.items())),
    }


def text() -> str:
    """The schema as it is shipped."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text())
