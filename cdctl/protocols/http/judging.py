"""What an API's answers mean: whether an order was taken, which job it became, and how that ended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import msgspec

from cdctl.domain.orders.api import ApiProfile, Call
from cdctl.domain.orders.order import Heard
from cdctl.domain.text import safe
from cdctl.domain.wire import Receipt
from cdctl.protocols.http.reaching import Answer
from cdctl.protocols.http.templates import MISSING, at, words

LATER, REFUSED, DENIED, ELSEWHERE = 0x97, 0x83, 0x87, 0x9D
"""Reason codes (MQTT 5.0, section 2.4): quota exceeded, implementation specific, not authorised, server moved."""
MOST_RESULT = 16_384
"""Bytes of a result, as JSON."""
_LONGEST_ID, _LONGEST_REASON = 200, 200


def receipt(answer: Answer, call: Call, profile: ApiProfile, *, doubt: bool) -> Receipt:
    """Whether an order was taken. doubt: a request with it may have arrived before, so that no refusal is the last
    word."""
    found = _receipt(answer, call, profile)
    return Receipt(None, found.reason) if doubt and found.code != 0 else found


def _receipt(answer: Answer, call: Call, profile: ApiProfile) -> Receipt:
    code = answer.code
    if code is None:
        return Receipt(None if answer.arrived else LATER, answer.said)
    if code in call.codes:
        return Receipt(0) if answer.readable else Receipt(None, f"it was taken, but {answer.said}")
    if code in profile.later:
        return Receipt(LATER, f"the API is not ready: {answer.said}")
    if 300 <= code < 400 and code != 303:  # see other: it may well have been done
        return Receipt(ELSEWHERE, f"the API is elsewhere: {answer.said}")
    if 400 <= code < 500 and code != 408:  # request timeout: nobody knows how much of it was read
        return Receipt(DENIED if code in {401, 403} else REFUSED, reason(answer.body, profile) or answer.said)
    return Receipt(None, answer.said)


def job(answer: Answer, call: Call) -> object:
    """The part of an answer that is about the job; MISSING when there is none."""
    return at(answer.body, call.at) if answer.readable and answer.code in call.codes else MISSING


def remote(document: object, profile: ApiProfile) -> str:
    """The API's id of a job; empty when it has none that can be used."""
    found = words(at(document, profile.id))
    good = 0 < len(found) <= _LONGEST_ID and found.isascii() and found.isprintable() and found not in {".", ".."}
    return found if good else ""


def heard(document: object, profile: ApiProfile) -> tuple[Heard | None, str]:
    """What its state means, and the state itself; None when the profile does not know it."""
    state = words(at(document, profile.state))
    return profile.words.get(state), safe(state, 60)


def reason(document: object, profile: ApiProfile) -> str:
    """Why it failed, as far as it is said."""
    return safe(words(at(document, profile.reason)), _LONGEST_REASON) if profile.reason else ""


def result(document: object, profile: ApiProfile, command: str, *, success: bool) -> Mapping[str, object]:
    """What came of it, in our own words."""
    found = at(document, profile.result) if profile.result else MISSING
    told: dict[str, object] = {}
    if isinstance(found, dict):
        told |= found
    elif found is not MISSING and found is not None:
        told["value"] = found
    known = profile.commands.get(command)
    if known is not None:
        told |= {key: value for key, place in known.results.items() if (value := at(document, place)) is not MISSING}
        if success:
            told = {**known.success, **told}
    size = len(msgspec.json.encode(told))
    return told if size <= MOST_RESULT else {"left_out": f"a result of {size:,} bytes"}


def mapping(value: object) -> Mapping[str, object]:
    """A JSON object, or an empty one."""
    return cast("Mapping[str, object]", value) if isinstance(value, Mapping) else {}
