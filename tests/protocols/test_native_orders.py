"""Orders of the native protocol: what travels, what is understood of an answer, and the schemas that say so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, ValidationError

from cdctl.domain.orders.order import VEHICLE, Heard, Order, Word
from cdctl.domain.orders.telling import ORDER
from cdctl.domain.wire import Filter
from cdctl.protocols import native_schemas
from cdctl.protocols.native import LARGEST
from cdctl.protocols.native_orders import NativeTelling
from cdctl.security.dsse import seal
from cdctl.security.ed25519 import PrivateKey

VIN, SESSION = "WBA12345678901234", "0123456789abcdef"
TOLD = NativeTelling("fleet/x")
REPLY_TOPIC = f"fleet/x/eu/{VIN}/reply/{SESSION}"
PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
SAID: dict[str, Any] = {"v": 1, "order": "o1", "vin": VIN, "state": "succeeded", "ts": 7}


def order(**more: Any) -> Order:
    known = {"id": "01hz", "key": "k1", "vin": VIN, "region": "eu", "command": "lock", "arguments": {"a": 1}}
    return Order(**{**known, "nonce": "n" * 20, "created": 5, "not_before": 6, "expires": 9, "timeout": 30_000, **more})


def test_topics_carry_region_vehicle_and_session() -> None:
    assert TOLD.order_topic("eu", VIN) == f"fleet/x/eu/{VIN}/cmd"
    assert TOLD.reply_topic("eu", VIN, SESSION) == REPLY_TOPIC
    assert TOLD.replies("eu", SESSION) == [Filter(f"fleet/x/eu/+/reply/{SESSION}", qos=1)]
    assert [one.topic for one in TOLD.replies("eu", SESSION, ["A", "B"])] == [
        f"fleet/x/eu/{vin}/reply/{SESSION}" for vin in "AB"
    ]
    assert TOLD.births("eu") == [Filter("fleet/x/eu/+/birth", qos=1, retained=False)]


def test_a_topic_tells_its_place() -> None:
    assert TOLD.place(REPLY_TOPIC) == ("eu", VIN, "reply")
    assert TOLD.place(f"fleet/x/eu/{VIN}/birth") == ("eu", VIN, "birth")


@pytest.mark.parametrize("topic", ["", "fleet/y/eu/V/birth", "fleet/x/eu", "fleet/x/eu/V", "fleet/x//V/birth"])
def test_a_foreign_topic_has_no_place(topic: str) -> None:
    with pytest.raises(ValueError, match="foreign topic"):
        TOLD.place(topic)


@pytest.mark.parametrize(
    ("payload", "born"),
    [
        (b'{"v":1,"ts":1,"seq":1,"online":true}', True),
        (b'{"v":1,"ts":1,"seq":1,"online":false}', False),
        (b'{"v":2,"ts":1,"seq":1,"online":true}', None),
        (b'{"v":1}', None),
        (b"", None),
        (b"\xff", None),
        (b"[" * 5000, None),
        (b" " * (LARGEST + 1), None),
    ],
)
def test_a_birth_says_whether_it_is_there(payload: bytes, born: bool | None) -> None:
    assert TOLD.born(payload) is born


def test_an_order_is_compact_json_without_what_is_empty() -> None:
    assert json.loads(TOLD.order(order(reply=REPLY_TOPIC, plan="f" * 64))) == {
        "v": 1, "id": "01hz", "key": "k1", "vin": VIN, "region": "eu", "command": "lock", "args": {"a": 1},
        "nonce": "n" * 20, "nbf": 6, "exp": 9, "timeout": 30_000, "created": 5, "plan": "f" * 64, "reply": REPLY_TOPIC,
    }  # fmt: skip
    traced = json.loads(TOLD.order(order(traceparent=PARENT, tracestate="a=b")))
    assert (traced["tp"], traced["ts"]) == (PARENT, "a=b")
    assert b" " not in TOLD.order(order())


def test_cancels_and_queries_say_whose_and_until_when() -> None:
    told = json.loads(TOLD.cancel(order(reply=REPLY_TOPIC), nonce="m" * 20, now=3, expires=8))
    assert told == {"v": 1, "vin": VIN, "order": "01hz", "nonce": "m" * 20, "nbf": 3, "exp": 8, "reply": REPLY_TOPIC}
    told = json.loads(TOLD.query(VIN, ["a", "b"], reply=REPLY_TOPIC, nonce="m" * 20, now=3, expires=8))
    assert told == {
        "v": 1, "vin": VIN, "orders": ["a", "b"], "nonce": "m" * 20, "nbf": 3, "exp": 8, "reply": REPLY_TOPIC,
    }  # fmt: skip


@pytest.mark.parametrize("count", [0, 51])
def test_a_query_asks_for_a_few(count: int) -> None:
    with pytest.raises(ValueError, match="1 to 50"):
        TOLD.query(VIN, ["o"] * count, reply=REPLY_TOPIC, nonce="m" * 20, now=3, expires=8)


def test_a_word_is_understood() -> None:
    more = {"took": 12, "reason": "why", "result": {"x": [1]}, "duplicate": True, "tp": PARENT, "later": "unknown"}
    word = TOLD.word(json.dumps(SAID | more).encode())
    assert word == Word("o1", VIN, Heard.SUCCEEDED, 7, 12, "why", {"x": [1]}, True, "", PARENT)
    assert TOLD.word(json.dumps(SAID).encode()) == Word("o1", VIN, Heard.SUCCEEDED, 7)


@pytest.mark.parametrize("state", list(Heard))
def test_only_a_vehicles_words_are_words(state: Heard) -> None:
    payload = json.dumps(SAID | {"state": state.value}).encode()
    if state in VEHICLE:
        assert TOLD.word(payload).heard is state
    else:
        with pytest.raises(ValueError, match=r"^no word of a vehicle$"):
            TOLD.word(payload)


MALFORMED = [
    ({"v": 2}, "unknown version"),
    ({"state": "perhaps"}, "wrong type or missing field"),
    ({"ts": "7"}, "wrong type or missing field"),
    ({"ts": -1}, "wrong type or missing field"),
    ({"order": ""}, "wrong type or missing field"),
    ({"order": "o" * 65}, "wrong type or missing field"),
    ({"reason": "r" * 257}, "wrong type or missing field"),
    ({"result": [1]}, "wrong type or missing field"),
    ({"took": 1.5}, "wrong type or missing field"),
]


@pytest.mark.parametrize(("more", "reason"), MALFORMED)
def test_a_word_that_cannot_be_understood_says_why(more: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=f"^{reason}$"):
        TOLD.word(json.dumps(SAID | more).encode())


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b'{"result":' * 3000, "not JSON"),
        (b" " * (LARGEST + 1), "payload too large"),
    ],
)
def test_what_is_no_word_at_all_says_why(payload: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=f"^{reason}$"):
        TOLD.word(payload)


REASONS = {"not JSON", "payload too large", "wrong type or missing field", "unknown version", "no word of a vehicle"}


@given(st.one_of(st.binary(max_size=60), st.recursive(st.none() | st.text(), st.lists).map(msgspec.json.encode)))
def test_whatever_comes_the_reason_is_one_of_a_few(payload: bytes) -> None:
    with pytest.raises(ValueError, match="|".join(REASONS)) as found:
        TOLD.word(payload)
    assert str(found.value) in REASONS


# ---- schemas


def valid(name: str, document: bytes | dict[str, Any]) -> bool:
    content = json.loads(document) if isinstance(document, bytes) else document
    try:
        Draft202012Validator(native_schemas.schema(name)).validate(content)
    except ValidationError:
        return False
    return True


NAMES = ["cancel", "envelope", "order", "query", "reply"]


@pytest.mark.parametrize("name", NAMES)
def test_schemas_that_ship_are_those_of_the_code(name: str) -> None:
    Draft202012Validator.check_schema(native_schemas.schema(name))
    assert (native_schemas.SCHEMAS / f"{name}.schema.json").read_text() == native_schemas.text(name)


def test_all_schemas_ship() -> None:
    assert sorted(path.name for path in native_schemas.SCHEMAS.iterdir()) == [f"{name}.schema.json" for name in NAMES]


def test_they_are_written_into_a_folder(tmp_path: Path) -> None:
    native_schemas.main(tmp_path / "new")
    assert len([*(tmp_path / "new").iterdir()]) == len(NAMES)


def test_what_is_told_fits_its_schema_and_other_things_do_not() -> None:
    told = {
        "order": TOLD.order(order(reply=REPLY_TOPIC, traceparent=PARENT)),
        "cancel": TOLD.cancel(order(reply=REPLY_TOPIC), nonce="m" * 20, now=3, expires=8),
        "query": TOLD.query(VIN, ["a"], reply=REPLY_TOPIC, nonce="m" * 20, now=3, expires=8),
        "reply": json.dumps(SAID).encode(),
        "envelope": seal(b"{}", ORDER, PrivateKey(b"a" * 32)),
    }
    for name, payload in told.items():
        assert valid(name, payload), name
        content = json.loads(payload)
        for field in list(content):
            if field not in ("tp", "ts") or name == "reply":
                without = {key: value for key, value in content.items() if key != field}
                assert not valid(name, without), f"{name} without {field}"
        assert valid(name, content | {"more": 1}) is (name in ("reply", "envelope"))


@pytest.mark.parametrize("more", [more for more, _ in MALFORMED] + [{"state": "sent"}])
def test_the_schema_of_replies_refuses_what_the_code_refuses(more: dict[str, Any]) -> None:
    assert not valid("reply", SAID | more)


@pytest.mark.parametrize(
    "more", [{"payload": "?"}, {"payloadType": "text/plain"}, {"signatures": []}, {"signatures": [{"sig": "AA=="}]}]
)
def test_the_schema_of_envelopes_refuses_others(more: dict[str, Any]) -> None:
    good = json.loads(seal(b"{}", ORDER, PrivateKey(b"a" * 32)))
    assert valid("envelope", good)
    assert not valid("envelope", good | more)
