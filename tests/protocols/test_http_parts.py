"""What is sent to a command API, and what its answers mean: without any socket."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdctl.domain.orders.api import ApiCommand, ApiProfile, Call
from cdctl.domain.orders.order import Heard, Order
from cdctl.protocols.http import judging
from cdctl.protocols.http.executor import remembered
from cdctl.protocols.http.reaching import Answer
from cdctl.protocols.http.templates import MISSING, Filling, at, words
from cdctl.protocols.http.turns import Turns

LOCK = ApiCommand("LOCK", {"a": "alpha"}, {"seen": ("deep", "0")}, {"locked": True})
CALL = Call("POST", "/x", frozenset({200, 202}), at=("job",))
PROFILE = ApiProfile(
    "acme", CALL, CALL, ("id",), ("state",), {"done": Heard.SUCCEEDED}, {"lock": LOCK}, reason=("why",), result=("res",)
)


def order(vin: str = "V1", **arguments: object) -> Order:
    return Order("o1", "k1", vin, "eu", "lock", arguments, "n", 0, 0, 1_700_000_000_999, 1_500, "", "cd/eu/V1/reply/s")


def test_every_name_is_filled_in() -> None:
    filling = Filling(order(a=1, b="x"), LOCK, 1_699_999_990_000, "j/1")
    template = {
        "t": "{vin} {region} {command} {key} {order} {expires} {id} {nothing}",
        "n": ["{expires_ms}", "{seconds}", "{timeout}", 5, None],
        "all": "{arguments}",
        "one": "{arguments.b}",
        "none": "{arguments.c}",
    }
    with pytest.raises(KeyError):
        filling.body(template)  # the reader of the profile lets no such name through
    template["t"] = "{vin} {region} {command} {key} {order} {expires} {id}"
    assert filling.body(template) == {
        "t": "V1 eu LOCK k1 o1 2023-11-14T22:13:20Z j/1",
        "n": [1_700_000_000_999, 10, 2, 5, None],
        "all": {"alpha": 1, "b": "x"},
        "one": "x",
    }
    assert filling.url("/v/{vin}/{id}?k={key}") == "/v/V1/j%2F1?k=k1"


@given(st.text(min_size=1, max_size=40))
def test_no_value_leaves_its_part_of_an_address(text: str) -> None:
    filling = Filling(order(), LOCK, 0, text)
    try:
        url = filling.url("/a/{id}/b")
    except (ValueError, UnicodeEncodeError):
        assert text in {".", ".."} or any(0xD800 <= ord(char) < 0xE000 for char in text)
        return
    parts = urlsplit(url)
    assert (parts.query, parts.fragment) == ("", "")
    assert [unquote(level) for level in parts.path.split("/")] == ["", "a", text, "b"]


@pytest.mark.parametrize("text", [".", ".."])
def test_what_would_climb_in_an_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="the vin cannot stand in an address"):
        Filling(order(text), LOCK, 0).url("/v/{vin}/c")


@pytest.mark.parametrize(
    ("pointer", "found"),
    [((), {"a": [1, {"b": None}]}), (("a", "1", "b"), None), (("a", "2"), MISSING), (("a", "x"), MISSING),
     (("b",), MISSING), (("a", "0", "c"), MISSING), (("a", "99999999999999999999"), MISSING)],
)  # fmt: skip
def test_pointers_find_what_is_there(pointer: tuple[str, ...], found: object) -> None:
    assert at({"a": [1, {"b": None}]}, pointer) == found


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(), lambda deep: st.lists(deep) | st.dictionaries(
    st.sampled_from(["id", "state", "why", "res", "deep", "x"]), deep)))  # fmt: skip
def test_nothing_that_an_api_says_breaks_what_reads_it(document: Any) -> None:
    assert isinstance(judging.remote(document, PROFILE), str)
    assert judging.heard(document, PROFILE)[0] in {None, Heard.SUCCEEDED}
    assert len(judging.reason(document, PROFILE)) <= 200 * 10
    assert isinstance(judging.result(document, PROFILE, "lock", success=True), dict)


def test_a_result_is_put_together() -> None:
    document = {"res": {"x": 1, "locked": False}, "deep": ["y"]}
    assert judging.result(document, PROFILE, "lock", success=True) == {"locked": False, "x": 1, "seen": "y"}
    assert judging.result({"res": 3}, PROFILE, "lock", success=False) == {"value": 3}
    assert judging.result({}, PROFILE, "other", success=True) == {}


@pytest.mark.parametrize(
    ("answer", "code", "doubted"),
    [
        (Answer(200, True), 0, 0), (Answer(202, True), 0, 0), (Answer(200, True, readable=False), None, None),
        (Answer(204, True), None, None), (Answer(301, True), 0x9D, None), (Answer(303, True), None, None),
        (Answer(400, True), 0x83, None), (Answer(401, True), 0x87, None), (Answer(403, True), 0x87, None),
        (Answer(408, True), None, None), (Answer(409, True), 0x83, None), (Answer(429, True), 0x97, None),
        (Answer(500, True), None, None), (Answer(502, True), None, None), (Answer(503, True), 0x97, None),
        (Answer(None, True), None, None), (Answer(None, False), 0x97, None),
    ],
)  # fmt: skip
def test_what_a_code_means_for_an_order(answer: Answer, code: int | None, doubted: int | None) -> None:
    assert judging.receipt(answer, CALL, PROFILE, doubt=False).code == code
    assert judging.receipt(answer, CALL, PROFILE, doubt=True).code == doubted


@pytest.mark.parametrize(
    ("id_", "used"),
    [
        ("j1", "j1"), (7, "7"), ("", ""), ("..", ""), (None, ""), (["j"], ""), ("a b", "a b"), ("\x1b", ""),
        ("x" * 201, ""), ("é", ""),
    ],
)  # fmt: skip
def test_only_an_id_that_can_be_written_is_used(id_: object, used: str) -> None:
    assert judging.remote({"id": id_}, PROFILE) == used


def test_words_are_scalars_that_can_be_written() -> None:
    found = [words(value) for value in ("a", 1, 1.5, True, None, [], {}, MISSING, 10**5000)]
    assert found == ["a", "1", "1.5", "true", *[""] * 5]


def test_the_last_id_that_was_written_down_is_remembered() -> None:
    moves: list[dict[str, object]] = [
        {"heard": "acked", "result": {"remote": "j1"}}, {"result": {"remote": 5}}, {"result": None}, {"heard": "lost"},
    ]  # fmt: skip
    assert remembered(moves) == "j1"
    assert remembered([]) == ""


def test_turns_are_taken_one_after_the_other_and_none_in_peace() -> None:
    async def work() -> None:
        turns, order_, inside = Turns(2, None), [], 0

        async def one(number: int) -> None:
            nonlocal inside
            async with turns.turn():
                inside += 1
                assert inside <= 2
                order_.append(number)
                await asyncio.sleep(0)
                inside -= 1

        await asyncio.gather(*map(one, range(6)))
        assert order_ == list(range(6))
        turns.hold(0.2)
        began = asyncio.get_running_loop().time()
        await asyncio.gather(*map(one, range(2)))
        assert asyncio.get_running_loop().time() - began >= 0.19

    asyncio.run(work())


def test_what_would_be_sent_is_shown_without_a_client() -> None:
    code = "import sys, cdctl.protocols.http.telling; sys.exit('httpx' in sys.modules or 'uvicorn' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("callback", "told"), [("https://us", {"a": "https://us", "b": "at https://us"}), ("", {"b": "at "})]
)
def test_our_address_is_left_out_where_nobody_listens(callback: str, told: object) -> None:
    filling = Filling(order(), LOCK, 0, callback=callback)
    assert filling.json({"a": "{callback}", "b": "at {callback}"}) == told
    assert filling.json("{callback}") == (callback or None)
    assert filling.json(None) is None
