"""What proves that a call is the API's: the exact bytes, the time, the token; and how rarely jobs are looked at."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
from dataclasses import replace

import pytest
from ears import until

from cdctl.domain.orders.api import Pace, Signature
from cdctl.domain.orders.order import Order
from cdctl.protocols.http.jobs import Job, Jobs
from cdctl.protocols.http.proving import Proof

SECRET, BODY, NOW = "a secret of some length", b'{"a": 1}', 1_700_000_000.0
PLAIN = Signature("X-Sig")
TIMED = Signature("X-Sig", signed="{timestamp}.{body}", timestamp="X-Time", within=60)


class Stopped:
    def now(self) -> float:
        return NOW


def proof(signature: Signature | None, *, secret: str = SECRET, token: str = "") -> Proof:
    return Proof(signature, Stopped(), secret, token)


def digest(content: bytes, secret: str = SECRET) -> bytes:
    return hmac.new(secret.encode(), content, hashlib.sha256).digest()


def headers(signed: str, **more: str) -> dict[str, bytes]:
    return {"x-sig": signed.encode(), **{name.replace("_", "-"): value.encode() for name, value in more.items()}}


GOOD, OTHER = digest(BODY).hex(), digest(BODY, "another secret").hex()
BASE64 = base64.b64encode(digest(BODY)).decode()


@pytest.mark.parametrize(
    ("signature", "shown", "good"),
    [
        (PLAIN, GOOD, True),
        (PLAIN, GOOD.upper(), True),
        (PLAIN, f"{OTHER} {GOOD}", True),
        (PLAIN, OTHER, False),
        (PLAIN, GOOD[:-2], False),
        (PLAIN, "", False),
        (PLAIN, "nonsense", False),
        (PLAIN, " ".join([OTHER] * 8 + [GOOD]), False),
        (replace(PLAIN, prefix="sha256="), f"sha256={GOOD}", True),
        (replace(PLAIN, prefix="sha256="), GOOD, False),
        (replace(PLAIN, prefix="v1,", base64=True), f"v1,{BASE64}", True),
        (replace(PLAIN, base64=True), BASE64, True),
        (replace(PLAIN, base64=True), GOOD, False),
        (replace(PLAIN, base64=True), f"{BASE64}é", False),
    ],
)
def test_a_signature_is_over_the_exact_bytes(signature: Signature, shown: str, good: bool) -> None:
    assert (proof(signature).doubt(headers(shown), BODY) == "") is good
    assert proof(signature).doubt(headers(shown), BODY + b" ") != ""


@pytest.mark.parametrize(
    ("sent", "good"),
    [
        ("1700000000", True), ("1700000060", True), ("1699999940", True), ("1700000061", False), ("1699999939", False),
        ("1700000000123", True), ("1690000000123", False), ("2023-11-14T22:13:20Z", True),
        ("2023-11-14T23:13:20+01:00", True), ("2023-11-14T22:13:20", False), ("2023-11-14T22:15:20Z", False),
        ("", False), ("now", False), ("9" * 400, False), ("٣", False),
    ],
)  # fmt: skip
def test_a_call_is_of_our_time(sent: str, good: bool) -> None:
    signed = digest(f"{sent}.".encode() + BODY).hex()
    assert (proof(TIMED).doubt(headers(signed, x_time=sent), BODY) == "") is good


def test_a_time_that_is_not_signed_says_nothing() -> None:
    signed = digest(b"1600000000." + BODY).hex()
    assert proof(TIMED).doubt(headers(signed, x_time="1700000000"), BODY) == "a call whose signature is wrong"
    assert proof(TIMED).doubt(headers(GOOD), BODY) == "a call whose signature is wrong"


def test_what_is_signed_may_be_put_together_otherwise() -> None:
    signature = replace(TIMED, signed="v0:{timestamp}:{body}")
    signed = digest(b"v0:1700000000:" + b"{body}{timestamp}").hex()
    assert proof(signature).doubt(headers(signed, x_time="1700000000"), b"{body}{timestamp}") == ""


@pytest.mark.parametrize(
    ("shown", "good"),
    [("Bearer hush", True), ("bearer  hush", True), ("Basic hush", False), ("hush", False), ("Bearer hus", False),
     ("Bearer hushh", False), ("Bearer ", False), ("", False)],
)  # fmt: skip
def test_a_token_is_the_very_token(shown: str, good: bool) -> None:
    assert (proof(None, secret="", token="hush").doubt({"authorization": shown.encode()}, BODY) == "") is good


def test_both_are_needed_where_both_are_known() -> None:
    both, bearer = proof(PLAIN, token="hush"), {"authorization": b"Bearer hush"}
    assert both.doubt({**headers(GOOD), **bearer}, BODY) == ""
    assert both.doubt(headers(GOOD), BODY) == "a call without our token"
    assert both.doubt(bearer, BODY) == "a call without a signature"


@pytest.mark.parametrize("nothing", [proof(None), proof(PLAIN, secret=""), proof(None, secret="")])
def test_where_nothing_can_prove_anything_nothing_is_believed(nothing: Proof) -> None:
    signed = digest(BODY, "").hex()
    assert nothing.doubt({**headers(signed), "authorization": b"Bearer "}, BODY) == "nothing can prove who calls"


def test_secrets_are_not_shown() -> None:
    assert "hush" not in repr(proof(PLAIN, secret="hush", token="hush"))


def test_looks_are_rare_and_come_closer_as_the_end_does() -> None:
    async def work() -> None:
        clock, asked = [0], list[int]()

        async def look(job: Job) -> None:
            asked.append(clock[0])

        order = Order("o", "k", "V1", "eu", "ping", {}, "n", 0, 0, 60_000, 1_000)
        jobs = Jobs(Pace(interval=1.0, longest=5.0), look, lambda: clock[0], 30.0)
        job = jobs.add(order, "j1")
        found = []
        for now in (0, 20_000, 40_000, 58_500, 59_800, 61_000):
            clock[0] = now
            found.append(jobs._pause(job))
        assert found == [30.0, 20.0, 10.0, 1.0, 1.0, 30.0]
        job.began = 50_000
        clock[0] = 50_000
        assert jobs._pause(job) == 1.0
        assert Jobs(Pace(interval=1.0), look, lambda: 0)._pause(Job(order, "j", 0, pause=40.0)) == 40.0
        running = asyncio.create_task(jobs.run())
        jobs.soon(job)
        await until(lambda: asked)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(work())


def test_a_job_is_known_by_its_own_id_until_it_ends() -> None:
    async def work() -> None:
        async def look(job: Job) -> None: ...

        order = Order("o", "k", "V1", "eu", "ping", {}, "n", 0, 0, 60_000, 1_000)
        jobs = Jobs(Pace(), look, lambda: 0)
        first = jobs.add(order, "j1")
        second = jobs.add(order, "j2")  # the API says that it is another
        assert (jobs.by_remote, jobs.by_order) == ({"j2": second}, {"o": second})
        jobs.drop(first)
        assert jobs.by_order == {"o": second}
        jobs.drop(second)
        assert (jobs.by_remote, jobs.by_order) == ({}, {})

    asyncio.run(work())
