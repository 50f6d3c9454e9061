"""An API that calls back over a real socket: what it says ends orders; what is not its own, or not whole, does not."""

from __future__ import annotations

import asyncio
import json
import ssl
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from apis import CALLBACK, PROFILE, Api, Asked, Reply, served
from authority import Authority
from called import SESSION, VINS, Count, Slow, door, doubts, executor, hearing, lose_disk, placed
from callers import Caller, told
from dispatching import Operator, reasons, results, states
from ears import until

from cdctl.application.tally import Outcome
from cdctl.domain.orders.executing import Outgoing
from cdctl.domain.orders.keeping import Kept
from cdctl.domain.orders.order import Course, Order, State
from cdctl.domain.settings import Secret
from cdctl.errors import UnavailableError
from cdctl.protocols.http import calls as calls_module
from cdctl.protocols.http import receiving

POLL = 'poll: {url: "/jobs/{id}", interval: 1s, longest: 5s}\n'


@pytest.fixture
def place(tmp_path: Path) -> Any:
    return placed(tmp_path)


def looks(api: Api) -> int:
    return sum(asked.method == "GET" and "/jobs" in asked.path for asked in api.asked)


async def sent(here: Operator, vins: list[str], *, expires: int = 20, timeout: int = 20, **how: Any) -> Outcome:
    plan = here.plan("ping", vins, expires=expires, timeout=timeout)
    return await here.dispatch.send(plan, here.command("ping"), **how)


def ours(here: Operator) -> str:
    """Where the API calls us."""
    carrier: Any = here.means.executor
    return str(carrier._asking.callback)


def now(here: Operator) -> dict[str, State]:
    return {kept.order.vin: kept.course.state for kept in here.journal.orders()}


def test_calls_end_orders_and_nobody_has_to_look(place: Any) -> None:
    async def work() -> None:
        async with served(course=("new",), called=("busy", "done")) as api, hearing(place, api) as here:
            outcome = await sent(here, VINS)
            assert states(outcome) == dict.fromkeys(VINS, State.SUCCEEDED)
            assert all(kept.result == {"at": 7} and kept.by == "" for kept in results(outcome).values())
            await until(lambda: not api.calling)
            assert api.answered == [204] * 24
            assert looks(api) == 0
            assert api.executed == dict.fromkeys(VINS, 1)
            assert {asked.headers["x-callback"] for asked in api.submits()} == {ours(here)}
            assert here.journal.verify() == []
            assert outcome.tally.forged == 0

    asyncio.run(work())


@pytest.mark.parametrize(("state", "end"), [("broken", State.FAILED), ("refused", State.REJECTED)])
def test_bad_ends_come_with_their_reason(place: Any, state: str, end: State) -> None:
    async def work() -> None:
        async with served(course=("new",), called=(state,)) as api, hearing(place, api) as here:
            outcome = await sent(here, VINS[:1])
            assert states(outcome) == {VINS[0]: end}
            assert reasons(outcome) == {VINS[0]: f"it is {state}"}

    asyncio.run(work())


def test_the_address_may_stand_in_the_body_and_the_id_alone_may_name_the_job(place: Any) -> None:
    more = """
callback: {at: /job, signature: {header: X-Signature, prefix: "sha256=", timestamp: X-Timestamp}}
"""
    tag = 'tag: "order {order}"'

    async def work() -> None:
        async with served(course=("new",)) as api:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr("apis.PROFILE", PROFILE.replace(tag, f'{tag}, tell: "{{callback}}"'))
                async with hearing(place, api, more=more) as here:
                    await sent(here, VINS[:1], wait=False)
                    (asked,) = api.submits()
                    assert asked.body["tell"] == ours(here)
                    assert await api.caller.call(asked.body["tell"], told("j0", "whatever", "done")) == 204
                    assert now(here) == {VINS[0]: State.SUCCEEDED}

    asyncio.run(work())


BAD: list[tuple[str, int, str]] = [
    ("unsigned", 401, "a call without a signature"),
    ("forged", 401, "a call whose signature is wrong"),
    ("changed", 401, "a call whose signature is wrong"),
    ("old", 401, "a call of another time: it may be a copy"),
    ("early", 401, "a call of another time: it may be a copy"),
    ("moved", 401, "a call whose signature is wrong"),
    ("large", 413, "a call of more than 65,536 bytes"),
    ("huge", 413, "a call of more than 65,536 bytes"),
    ("torn", 400, "a call that is not JSON"),
    ("deep", 400, "a call that is not JSON"),
    ("nameless", 400, "a call that names no job, or no state of it"),
    ("stateless", 400, "a call that names no job, or no state of it"),
    ("list", 400, "a call that names no job, or no state of it"),
    ("unknown", 404, "a call about no job of ours"),
    ("prefix", 404, "a call about no job of ours"),
    ("mixed", 409, "a call that names another job than its order's"),
]


async def bad_call(kind: str, url: str, order: str) -> int:
    """What must not be believed; all of them say that the job is done."""
    good, caller = told("j0", order, "done"), Caller()
    body = json.dumps(good).encode()
    if kind == "unsigned":
        return await Caller(secret="").call(url, good)
    if kind == "forged":
        return await Caller(secret="another secret").call(url, good)
    if kind == "changed":
        return await caller.call(url, told("j0", order, "new"), sent=body)
    if kind in {"old", "early"}:
        return await Caller(at=time.time() + (-302 if kind == "old" else 302)).call(url, good)
    if kind == "moved":  # an old call, and the time written anew
        old = Caller(at=time.time() - 1_000).signed(body)
        return await caller.call(url, good, headers={**old, "X-Timestamp": str(round(time.time()))})
    if kind == "large":
        return await caller.call(url, body + b" " * 65_536)
    if kind == "huge":
        return await caller.call(url, body + b" " * 3_000_000)
    if kind == "torn":
        return await caller.call(url, body[:-3])
    if kind == "deep":
        return await caller.call(url, b"[" * 60_000)
    documents: dict[str, object] = {
        "nameless": told("", "", "done"),
        "stateless": {"ref": order, "job": {"id": "j0"}},
        "list": [good],
        "unknown": told("j0", "another", "done"),
        "prefix": told("j0", order[:-1], "done"),
        "mixed": told("j1", order, "done"),
    }
    return await caller.call(url, documents[kind])


def test_what_proves_nothing_or_says_nothing_is_refused_and_counted(place: Any) -> None:
    async def work() -> None:
        async with served(course=("new",)) as api, hearing(place, api) as here:
            sending = asyncio.create_task(sent(here, VINS[:2]))
            await until(lambda: now(here) == dict.fromkeys(VINS[:2], State.ACKED))
            order = next(kept.order.id for kept in here.journal.orders() if kept.result["remote"] == "j0")
            for kind, status, _ in BAD:
                assert (kind, await bad_call(kind, ours(here), order)) == (kind, status)
            await until(lambda: sum(doubts(here).values()) == len(BAD), 5)
            assert doubts(here) == Counter(reason for _, _, reason in BAD)
            assert now(here) == dict.fromkeys(VINS[:2], State.ACKED)
            for job in api.jobs.values():
                assert await api.caller.call(ours(here), told(job["id"], job["tag"][6:], "done")) == 204
            outcome = await sending
            assert states(outcome) == dict.fromkeys(VINS[:2], State.SUCCEEDED)
            assert outcome.tally.forged == len(BAD)
            assert here.journal.verify() == []

    asyncio.run(work())


def test_only_posts_are_calls(place: Any) -> None:
    async def work() -> None:
        async with served() as api, hearing(place, api) as here:
            await sent(here, VINS[:1], wait=False)
            assert [await api.caller.call(ours(here), b"{}", method=name) for name in ("GET", "PUT", "HEAD")] == [
                405
            ] * 3
            assert doubts(here) == {}

    asyncio.run(work())


def test_a_call_that_does_not_end_is_let_go(place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiving, "_IMPATIENT", 0.2)

    async def work() -> None:
        async with served() as api, hearing(place, api) as here:
            await sent(here, VINS[:1], wait=False)
            assert await slow(ours(here)) == 408
            await until(lambda: doubts(here)["a call that did not end in time"] >= 1)

    asyncio.run(work())


async def slow(url: str) -> int:
    """A call of which half comes."""
    host, port = url.removeprefix("http://").rstrip("/").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"POST / HTTP/1.1\r\nHost: us\r\nContent-Length: 50\r\n\r\n{")
    line = await reader.readline()
    writer.close()
    await writer.wait_closed()
    return int(line.split()[1])


def test_a_token_is_asked_for_beside_the_signature(place: Any, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("a token of enough characters\n")

    async def work() -> None:
        at = door(tmp_path, token=Secret("file", str(tmp_path / "token")))
        async with served(course=("new",)) as api, hearing(place, api, at=at) as here:
            await sent(here, VINS[:1], wait=False)
            (kept,) = here.journal.orders()
            good = told("j0", kept.order.id, "done")
            for token in ("", "another token of enough chars", "a token of enough character"):
                assert await Caller(token=token).call(ours(here), good) == 401
            assert await Caller(secret="", token="a token of enough characters").call(ours(here), good) == 401
            assert now(here) == {VINS[0]: State.ACKED}
            assert await Caller(token="a token of enough characters").call(ours(here), good) == 204
            assert now(here) == {VINS[0]: State.SUCCEEDED}

    asyncio.run(work())


def test_what_nobody_calls_about_is_looked_at_more_rarely(place: Any) -> None:
    async def work() -> None:
        async with served(course=("new", "new", "done")) as api, hearing(place, api, interval=0.4) as here:
            began = time.monotonic()
            outcome = await sent(here, VINS[:3])
            assert states(outcome) == dict.fromkeys(VINS[:3], State.SUCCEEDED)
            assert time.monotonic() - began >= 0.8  # two looks at each, where otherwise there would be a dozen
            assert len(api.submits()) == 3

    asyncio.run(work())


def test_a_job_is_looked_at_before_our_own_clock_ends_its_order(place: Any) -> None:
    async def work() -> None:
        async with served(course=("done",)) as api, hearing(place, api, interval=3_600) as here:
            api.course = ("new",)
            sending = asyncio.create_task(sent(here, VINS[:1], expires=1, timeout=2))
            await until(lambda: api.executed)
            api.course = ("done",)
            assert states(await sending) == {VINS[0]: State.SUCCEEDED}

    asyncio.run(work())


@pytest.mark.parametrize(("reply", "end"), [(None, State.TIMED_OUT), (Reply(how="cut", takes=True), State.EXPIRED)])
def test_without_looks_and_calls_nobody_knows_and_nothing_is_sent_again(
    place: Any, reply: Reply | None, end: State
) -> None:
    async def work() -> None:
        async with (
            served(course=("done",), hook=lambda asked: reply if asked.method == "POST" else None) as api,
            hearing(place, api, without=POLL) as here,
        ):
            api.course = ("new",)
            outcome = await sent(here, VINS[:2], expires=2, timeout=1)
            assert states(outcome) == dict.fromkeys(VINS[:2], end)
            assert len(api.submits()) == 2
            assert looks(api) == 0
            assert api.executed == dict.fromkeys(VINS[:2], 1)

    asyncio.run(work())


def test_copies_and_calls_that_were_overtaken_are_harmless(place: Any) -> None:
    async def work() -> None:
        async with served(course=("new",)) as api, hearing(place, api) as here:
            sending = asyncio.create_task(sent(here, VINS[:1]))
            await until(lambda: now(here) == {VINS[0]: State.ACKED})
            (kept,) = here.journal.orders()
            for state in ("busy", "new", "busy", "done", "busy", "done", "new", "broken", "broken"):
                assert await api.caller.call(ours(here), told("j0", kept.order.id, state)) == 204
            assert states(await sending) == {VINS[0]: State.SUCCEEDED}
            moves = [one.body for one in here.journal.records(kind="move", subject=kept.order.id)]
            said = [(one["heard"], bool(one.get("late"))) for one in moves if one["heard"] != "sent"]
            # An end that contradicts the first one is written down, and changes nothing.
            assert said[:3] == [("acked", False), ("running", False), ("succeeded", False)]
            assert all(late and heard == "failed" for heard, late in said[3:])
            assert len(said) >= 4
            assert doubts(here) == {}
            assert api.executed == {VINS[0]: 1}
            assert here.journal.verify() == []

    asyncio.run(work())


def test_a_state_that_nobody_knows_is_a_reason_to_look(place: Any) -> None:
    async def work() -> None:
        async with served(course=("new",)) as api, hearing(place, api, interval=3_600) as here:
            sending = asyncio.create_task(sent(here, VINS[:1], expires=600, timeout=600))
            await until(lambda: now(here) == {VINS[0]: State.ACKED})
            (kept,) = here.journal.orders()
            api.course = ("done",)
            assert await api.caller.call(ours(here), told("j0", kept.order.id, "\x1b[2Jwhat")) == 204
            assert states(await asyncio.wait_for(sending, 20)) == {VINS[0]: State.SUCCEEDED}
            assert looks(api) == 1

    asyncio.run(work())


def test_a_call_ends_the_doubt_about_an_answer_that_was_lost(place: Any) -> None:
    async def work() -> None:
        def hook(asked: Asked) -> Reply | None:
            return Reply(how="cut", takes=True) if asked.method == "POST" else None

        async with served(course=("new",), hook=hook, called=("done",)) as api, hearing(place, api) as here:
            outcome = await sent(here, VINS[:3], expires=10)
            assert states(outcome) == dict.fromkeys(VINS[:3], State.SUCCEEDED)
            assert len(api.submits()) == 3
            assert api.executed == dict.fromkeys(VINS[:3], 1)

    asyncio.run(work())


NAMED = CALLBACK.replace("  order: /ref\n", "")


@pytest.mark.parametrize("more", [CALLBACK, NAMED])
def test_an_api_may_call_before_it_has_answered(place: Any, more: str) -> None:
    async def work() -> None:
        count = Count()
        async with (
            served(course=("new",), called=("done",), early=True, heard=lambda: count.requests) as api,
            hearing(place, api, more=more, count=count) as here,
        ):
            outcome = await sent(here, VINS[:1])
            assert states(outcome) == {VINS[0]: State.SUCCEEDED}
            await until(lambda: not api.calling)
            assert api.answered == [204]
            assert looks(api) == 0
            carrier: Any = here.means.executor
            assert carrier._known.jobs.by_order == {}  # it is not looked after any more, whatever the answer said
            (kept,) = here.journal.orders()
            assert await api.caller.call(ours(here), told("j0", kept.order.id, "done")) == 204
            assert doubts(here) == {}
            assert here.journal.verify() == []

    asyncio.run(work())


def order(vin: str) -> Order:
    return Order(vin, vin, vin, "eu", "ping", {}, "n", 0, 0, 1 << 41, 20_000, reply=f"/{SESSION}")


def test_a_call_is_answered_when_it_is_written_down_and_not_before(
    place: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    may = asyncio.Event()

    async def work() -> None:
        async with served(course=("new",)) as api:
            carrier, hearer = executor(tmp_path, api), Slow(may.wait)
            await carrier.open(hearer, ["eu"])
            try:
                may.set()
                await carrier.send([Outgoing(order(VINS[0]))])
                may.clear()
                url, done = carrier._asking.callback, told("j0", VINS[0], "done")
                call = asyncio.create_task(api.caller.call(url, done))
                await asyncio.wait([call], timeout=0.5)
                assert not call.done()
                may.set()
                assert await call == 204
                assert [said.word.heard.value for said in hearer.said if said.word] == ["acked", "succeeded"]
            finally:
                await carrier.aclose()

    asyncio.run(work())


@pytest.mark.parametrize("closing", [False, True])
def test_what_cannot_be_written_down_is_to_come_again(
    place: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, closing: bool
) -> None:
    monkeypatch.setattr(calls_module, "_PATIENCE", 30.0 if closing else 0.2)

    async def work() -> None:
        never, count = asyncio.Event(), Count()
        never.set()
        async with served(course=("new",)) as api:
            kept = Kept(order(VINS[0]), b"", SESSION, Course(State.ACKED, 0), "", {}, 0, "", 0)
            carrier, hearer = executor(tmp_path, api, count=count, kept=lambda _: kept), Slow(never.wait)
            await carrier.open(hearer, ["eu"])
            await carrier.send([Outgoing(order(VINS[0]))])
            never.clear()
            url, document = carrier._asking.callback, told("j0", VINS[0], "done")
            call = asyncio.create_task(api.caller.call(url, document))
            await until(lambda: count.requests == 1)
            if not closing:
                assert await call == 503
            copy = asyncio.create_task(api.caller.call(url, document))  # that is no better
            await until(lambda: count.requests == 2 and (not closing or carrier._teller._waiting))
            if not closing:
                assert await copy == 503
            await carrier.aclose()
            assert [await call, await copy] == [503, 503]
            assert all(said.word and said.word.heard.value == "acked" for said in hearer.said)

    asyncio.run(work())


def test_after_a_crash_a_call_is_held_against_the_job_that_the_journal_has(place: Any, tmp_path: Path) -> None:
    kept = Kept(order(VINS[0]), b"", SESSION, Course(State.ACKED, 0), "", {}, 0, "", 0)

    async def work() -> None:
        at_once = asyncio.Event()
        at_once.set()
        async with served(course=("new",)) as api:
            carrier = executor(tmp_path, api, kept=lambda _: kept, recall=lambda _: "j0")
            hearer = Slow(at_once.wait)
            await carrier.open(hearer, ["eu"])
            try:
                url = carrier._asking.callback
                assert await api.caller.call(url, told("j1", VINS[0], "done")) == 409
                await until(lambda: [said.doubt for said in hearer.said])
                assert [said.word for said in hearer.said] == [None]
                assert await api.caller.call(url, told("j0", VINS[0], "done")) == 204
                assert [said.word.heard.value for said in hearer.said if said.word] == ["succeeded"]
            finally:
                await carrier.aclose()

    asyncio.run(work())


def test_a_call_to_a_journal_that_is_broken_is_not_lost(place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls_module, "_PATIENCE", 2.0)

    async def work() -> None:
        async with served(course=("new",)) as api:
            async with hearing(place, api) as here:
                sending = asyncio.create_task(sent(here, VINS[:1]))
                await until(lambda: now(here) == {VINS[0]: State.ACKED})
                (kept,) = here.journal.orders()
                await lose_disk(here.journal)
                assert await api.caller.call(ours(here), told("j0", kept.order.id, "done")) == 503
                with pytest.raises(UnavailableError):
                    await sending
            async with hearing(place, api) as here:
                assert now(here) == {VINS[0]: State.ACKED}
                going_on = asyncio.create_task(here.dispatch.resume())
                await until(lambda: ours(here))
                assert await api.caller.call(ours(here), told("j0", kept.order.id, "done")) == 204
                (outcome,) = await going_on
                assert states(outcome) == {VINS[0]: State.SUCCEEDED}
                assert here.journal.verify() == []

    asyncio.run(work())


def test_where_somebody_else_listens_jobs_are_looked_at(place: Any, tmp_path: Path) -> None:
    async def work() -> None:
        async with served(course=("new",)) as api, hearing(place, api) as first:
            await sent(first, VINS[:1], wait=False)
            (kept,) = first.journal.orders()
            api.course = ("new", "done")
            listen = ours(first).removeprefix("http://")
            noted: list[str] = []
            how = {"at": door(tmp_path, listen), "session": "00000000000000bb", "interval": 3_600}
            async with hearing(place, api, **how) as second:
                tell: Any = lambda tally: noted.extend(tally.degraded)  # noqa: E731
                sending = sent(second, VINS[1:3], expires=600, timeout=600, tell=tell)
                outcome = await asyncio.wait_for(sending, 20)  # long before it would be looked at otherwise
                assert states(outcome) == dict.fromkeys(VINS[1:3], State.SUCCEEDED)
                assert f"callbacks: the API's calls are not heard at {listen}: cannot listen" in " ".join(noted)
                assert "x-callback" not in api.submits()[-1].headers
                others = next(one.order for one in second.journal.orders() if one.order.vin == VINS[1])
            # The first one hears of the other's order, which is no lie and none of its business.
            assert await api.caller.call(ours(first), told("j1", others.id, "broken")) == 404
            assert doubts(first) == {}
            assert await api.caller.call(ours(first), told("j0", kept.order.id, "done")) == 204

    asyncio.run(work())


def test_where_nobody_can_look_somebody_must_hear(place: Any, tmp_path: Path) -> None:
    async def work() -> None:
        async with served() as api, hearing(place, api) as first:
            await sent(first, VINS[:1], wait=False)
            at = door(tmp_path, ours(first).removeprefix("http://"))
            async with hearing(place, api, at=at, session="00000000000000bb", without=POLL) as second:
                with pytest.raises(UnavailableError, match=r"not heard at .*: cannot listen"):
                    await sent(second, VINS[1:2])
                assert len(list(second.journal.orders())) == 1

    asyncio.run(work())


def test_over_tls_only_tls_is_heard(place: Any, tmp_path: Path) -> None:
    authority = Authority(tmp_path, "ca")
    cert, key = authority.certificate("us", "127.0.0.1")
    trusting = ssl.create_default_context(cafile=str(authority.ca))

    async def work() -> None:
        at = door(tmp_path, cert=str(cert), key=str(key))
        async with (
            served(course=("new",), caller=Caller(tls=trusting), called=("done",)) as api,
            hearing(place, api, at=at) as here,
        ):
            outcome = await sent(here, VINS[:2])
            assert states(outcome) == dict.fromkeys(VINS[:2], State.SUCCEEDED)
            assert ours(here).startswith("https://127.0.0.1:")
            plain = ours(here).replace("https", "http")
            assert await Caller().call(plain, told("j0", "x", "done")) == 0
            assert await Caller(tls=ssl.create_default_context()).call(ours(here), told("j0", "x", "done")) == 0

    asyncio.run(work())


def test_a_certificate_or_secret_that_cannot_be_used_stops_it_all_before_anything_leaves(
    place: Any, tmp_path: Path
) -> None:
    guessed = tmp_path / "guessed"
    guessed.write_text("hush")
    good = door(tmp_path)
    for at, says in [
        (replace(good, cert=str(tmp_path / "none.pem"), key=str(tmp_path / "none.pem")), "certificate cannot be used"),
        (replace(good, secret=Secret("file", str(tmp_path / "nowhere"))), "cannot read"),
        (replace(good, secret=Secret("file", str(guessed))), "a secret that can be guessed"),
    ]:

        async def work(at: Any = at, says: str = says) -> None:
            async with served() as api, hearing(place, api, at=at) as here:
                with pytest.raises(UnavailableError, match=says):
                    await sent(here, VINS[:1])
                assert here.journal.head().number == 0
                assert api.submits() == []

        asyncio.run(work())
