"""Orders over a command API on a real socket: through a dispatch, with its journal, to an API that lies and dies."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from apis import DEDUPE, FIND, HASTY, Api, Asked, Reply, served
from authority import Authority
from dispatching import Operator, operating, reasons, results, states
from ears import until

from cdctl.application.tally import Outcome
from cdctl.domain.orders.executing import Outgoing, Said
from cdctl.domain.orders.order import Order, State
from cdctl.errors import UnavailableError, UsageError
from cdctl.lab.vehicles.keys import trust_toml, vehicles_csv
from cdctl.protocols.http.executor import remembered
from cdctl.protocols.http.reaching import Place
from cdctl.security.ed25519 import PrivateKey, written

VINS = [f"WCDA{number:013d}" for number in range(12)]
SESSION = "00000000000000aa"


@pytest.fixture
def place(tmp_path: Path) -> Any:
    ada = written(PrivateKey(b"a" * 32).public)
    (tmp_path / "vehicles.csv").write_text(vehicles_csv(1, VINS))
    (tmp_path / "trust.toml").write_text(trust_toml({"ada": (ada, ["engineer"])}, "vehicles.csv"))
    return SimpleNamespace(
        plan=SimpleNamespace(brokers={}), trust=tmp_path / "trust.toml", regions=dict.fromkeys(VINS, "eu")
    )


@asynccontextmanager
async def at_work(
    place: Any, api: Api, *, more: str = "", session: str = SESSION, **how: Any
) -> AsyncIterator[Operator]:
    """An operator whose orders go over the API."""
    folder: Path = place.trust.parent
    desk: list[Operator] = []

    def recall(order: str) -> str:
        return remembered([one.body for one in desk[0].journal.records(kind="move", subject=order)])

    executor = api.executor(session, recall, more=more, folder=folder)
    how = {"skew": 0.4, "patience": 0.2, **how}
    async with operating(place, folder, executor=executor, session=session, **how) as here:
        desk.append(here)
        yield here


def sent(
    place: Any, vins: list[str], *, command: str = "ping", more: str = "", expires: int = 20, timeout: int = 20,
    arguments: dict[str, object] | None = None, told: Callable[[Api], None] = lambda api: None, **api: Any,
) -> tuple[Outcome, Api]:  # fmt: skip
    async def work() -> tuple[Outcome, Api]:
        async with served(**api) as there:
            told(there)
            async with at_work(place, there, more=more) as here:
                plan = here.plan(command, vins, expires=expires, timeout=timeout, **(arguments or {}))
                outcome = await here.dispatch.send(plan, here.command(command))
                place.states, place.reasons, place.results = states(outcome), reasons(outcome), results(outcome)
                place.heard = Counter(str(one.body["heard"]) for one in here.journal.records(kind="move"))
                assert here.journal.verify() == []
            return outcome, there

    return asyncio.run(work())


def submitting(reply: Reply, often: int = 1_000) -> Callable[[Asked], Reply | None]:
    """The first `often` submits are answered so."""
    left = [often]

    def hook(asked: Asked) -> Reply | None:
        if asked.method != "POST" or left[0] <= 0:
            return None
        left[0] -= 1
        return reply

    return hook


def looking(reply: Reply, often: int = 1_000) -> Callable[[Asked], Reply | None]:
    left = [often]

    def hook(asked: Asked) -> Reply | None:
        if asked.method != "GET" or "/jobs" not in asked.path or left[0] <= 0:
            return None
        left[0] -= 1
        return reply

    return hook


def test_orders_are_submitted_and_looked_at_until_they_end(place: Any) -> None:
    _, api = sent(place, VINS)
    assert place.states == dict.fromkeys(VINS, State.SUCCEEDED)
    assert place.heard == {"sent": 12, "acked": 12, "running": 12, "succeeded": 12} or place.heard["succeeded"] == 12
    assert api.executed == dict.fromkeys(VINS, 1)
    assert api.most_at_once <= 4
    assert api.connections <= 5  # kept alive: one for the check, four for everything
    assert all(kept.result == {"at": 5} and kept.by == "" for kept in place.results.values())


def test_what_is_sent_is_what_the_profile_says(place: Any) -> None:
    _, api = sent(place, VINS[:1], command="climate.start", arguments={"temperature": 21.5}, more=DEDUPE)
    (asked,) = api.submits()
    assert asked.path == f"/v1/vehicles/{VINS[0]}/commands"
    assert asked.body["do"] == "HVAC"
    assert asked.body["with"]["celsius"] == 21.5
    assert isinstance(asked.body["until"], int)
    assert asked.headers["idempotency-key"].endswith(VINS[0])


def test_what_a_success_stands_for_is_in_the_profile(place: Any) -> None:
    sent(place, VINS[:1], command="lock")
    assert place.states == {VINS[0]: State.SUCCEEDED}
    assert place.results[VINS[0]].result == {"locked": True, "at": 5}


@pytest.mark.parametrize(
    ("course", "state"),
    [(("new", "broken"), State.FAILED), (("refused",), State.REJECTED), (("busy", "gone"), State.CANCELLED)],
)
def test_other_ends_come_with_their_reason(place: Any, course: tuple[str, ...], state: State) -> None:
    sent(place, VINS[:1], course=course)
    assert place.states == {VINS[0]: state}
    assert place.reasons == {VINS[0]: f"it is {course[-1]}"}


def test_a_job_that_never_ends_times_out(place: Any) -> None:
    sent(place, VINS[:1], course=("busy",), timeout=1)
    assert place.states == {VINS[0]: State.TIMED_OUT}


def test_a_state_that_the_profile_does_not_know_says_nothing(place: Any) -> None:
    sent(place, VINS[:1], course=("new", "\x1b[2Jwhat", "done"))
    assert place.states == {VINS[0]: State.SUCCEEDED}


def test_what_the_api_refuses_has_failed_with_its_reason(place: Any) -> None:
    body = b'{"why": "no \\u001b[31msuch car"}'
    replies = [Reply(code, body) for code in (400, 401, 404, 409, 422)]
    _, api = sent(place, VINS[:5], hook=to_each(replies, 1_000))
    assert set(place.states.values()) == {State.FAILED}
    assert set(place.reasons.values()) == {"no \\x1b[31msuch car"}
    assert len(api.submits()) == 5


def test_a_redirect_is_refused_and_never_followed(place: Any) -> None:
    codes = [301, 302, 307, 308]
    away = {"Location": "http://127.0.0.1:1/elsewhere"}
    _, api = sent(place, VINS[:4], hook=to_each([Reply(code, headers=away) for code in codes], 1_000))
    assert place.states == dict.fromkeys(VINS[:4], State.FAILED)
    assert place.reasons == {VINS[i]: f"the API is elsewhere: {code} Said" for i, code in enumerate(codes)}
    assert len(api.asked) == 5


@pytest.mark.parametrize(("code", "headers"), [(429, {"Retry-After": "1"}), (503, {})])
def test_what_is_not_taken_now_is_sent_later(place: Any, code: int, headers: dict[str, str]) -> None:
    _, api = sent(place, VINS[:3], hook=submitting(Reply(code, headers=headers), 1))
    assert set(place.states.values()) == {State.SUCCEEDED}
    assert api.executed == dict.fromkeys(VINS[:3], 1)
    assert len(api.submits()) == 4


LOST = [
    Reply(how="cut", takes=True),
    Reply(how="hang", takes=True),
    Reply(202, b'{"job": {"id": "j0", "state": "new"}}', how="torn", takes=True),
    Reply(500, takes=True),
    Reply(504, takes=True),
    Reply(303, takes=True),
    Reply(202, b"not json", takes=True),
    Reply(202, b'{"job": {"id": ["j0"]}}', takes=True),
    Reply(202, b'{"job": {"id": "j0", "state": "done"}}', headers={"Content-Encoding": "gzip"}, takes=True),
    Reply(202, b"[" * 200_000, takes=True),
    Reply(202, b'{"job": {"id": "j0", "state": "done"}}' + b" " * 1_100_000, takes=True),
    Reply(202, b'{"job": {"id": ".."}}', takes=True),
]


def to_each(replies: list[Reply], often: int) -> Callable[[Asked], Reply | None]:
    """The first submits of each vehicle are answered by a reply of its own."""
    left = Counter(dict.fromkeys(VINS, often))

    def hook(asked: Asked) -> Reply | None:
        vin = asked.path.split("/")[3] if asked.method == "POST" else ""
        if left[vin] <= 0:
            return None
        left[vin] -= 1
        return replies[VINS.index(vin)]

    return hook


def test_what_may_have_arrived_is_unknown_and_never_sent_again(place: Any) -> None:
    vins = VINS[: len(LOST)]
    _, api = sent(place, vins, hook=to_each(LOST, 1_000), expires=3, more=HASTY)
    assert place.states == dict.fromkeys(vins, State.EXPIRED)
    assert place.heard == {"lost": len(vins), "overdue": len(vins)}
    assert len(api.submits()) == len(vins)
    assert api.executed == dict.fromkeys(vins, 1)


def test_with_dedupe_what_may_have_arrived_is_sent_again_and_done_once(place: Any) -> None:
    vins = VINS[: len(LOST)]
    _, api = sent(place, vins, hook=to_each(LOST, 3), more=DEDUPE + HASTY)
    assert place.states == dict.fromkeys(vins, State.SUCCEEDED)
    assert api.executed == dict.fromkeys(vins, 1)
    assert len(api.submits()) >= 4 * len(vins)


def test_a_refusal_after_a_doubt_is_no_end(place: Any) -> None:
    replies = iter([Reply(how="cut", takes=True), Reply(400), Reply(how="cut")])

    def hook(asked: Asked) -> Reply | None:
        return next(replies, None) if asked.method == "POST" else None

    _, api = sent(place, VINS[:1], hook=hook, more=DEDUPE)
    assert place.states == {VINS[0]: State.SUCCEEDED}
    assert api.executed[VINS[0]] == 1


def test_a_job_whose_id_was_lost_is_found_by_its_order(place: Any) -> None:
    _, api = sent(place, VINS[:3], hook=submitting(Reply(how="cut", takes=True), 2), more=FIND)
    assert set(place.states.values()) == {State.SUCCEEDED}
    assert api.executed == dict.fromkeys(VINS[:3], 1)
    assert len(api.submits()) == 3


def test_what_cannot_be_found_is_not_sent_again_without_dedupe(place: Any) -> None:
    _, api = sent(place, VINS[:1], hook=submitting(Reply(how="cut")), more=FIND, expires=2)
    assert place.states == {VINS[0]: State.EXPIRED}
    assert len(api.submits()) == 1


@pytest.mark.parametrize(
    "reply",
    [
        Reply(how="cut"), Reply(500), Reply(200, b"<html>"), Reply(200, b"[1, 2]"), Reply(200, b"3"), Reply(302),
        Reply(200, b'{"id": "j0", "state": {"x": 1}}'), Reply(429, headers={"Retry-After": "0"}), Reply(404),
        Reply(200, b'{"id": "j0", "state": ' + b"9" * 5_000 + b"}"),
        Reply(200, b'{"id": "j0", "state": "done", "result": {"at": 5}}', how="torn"), Reply(200, b" " * 1_100_000),
    ],
)  # fmt: skip
def test_looks_that_tell_nothing_are_taken_again(place: Any, reply: Reply) -> None:
    sent(place, VINS[:2], hook=looking(reply, 3))
    assert set(place.states.values()) == {State.SUCCEEDED}


def test_a_result_beyond_measure_is_left_out(place: Any) -> None:
    body = b'{"id": "j0", "state": "done", "result": "' + b"x" * 100_000 + b'"}'
    sent(place, VINS[:1], hook=looking(Reply(200, body)))
    assert place.states == {VINS[0]: State.SUCCEEDED}
    assert place.results[VINS[0]].result == {"left_out": "a result of 100,012 bytes"}


def test_a_command_that_the_api_does_not_have_fails_without_a_request(place: Any) -> None:
    _, api = sent(place, VINS[:1], command="horn")
    assert place.reasons == {VINS[0]: "acme has no command horn"}
    assert api.submits() == []


def test_requests_are_paced(place: Any) -> None:
    outcome, _ = sent(place, VINS[:10], more="per_second: 20\n", course=("done",))
    assert set(place.states.values()) == {State.SUCCEEDED}
    assert outcome.tally.elapsed >= 9 / 20


def test_an_api_that_is_away_is_said_before_anything_is_written(place: Any) -> None:
    async def work() -> None:
        async with served() as api:
            pass
        async with at_work(place, api) as here:
            with pytest.raises(UnavailableError, match=r"the command API does not answer: cannot be reached"):
                await here.dispatch.send(here.plan("ping", VINS[:1]), here.command("ping"))
            assert here.journal.head().number == 0

    asyncio.run(work())


def test_an_api_that_does_not_know_us_is_said(place: Any) -> None:
    async def work() -> None:
        async with served(hook=lambda asked: Reply(401)) as api, at_work(place, api) as here:
            with pytest.raises(UnavailableError, match=r"the command API does not know us: 401"):
                await here.dispatch.send(here.plan("ping", VINS[:1]), here.command("ping"))

    asyncio.run(work())


def test_the_token_is_shown_to_the_api_alone(place: Any) -> None:
    async def work() -> None:
        async with served() as api:
            executor = api.executor(SESSION, folder=place.trust.parent, token="hush")
            async with operating(place, place.trust.parent, executor=executor, session=SESSION) as here:
                outcome = await here.dispatch.send(here.plan("ping", VINS[:1]), here.command("ping"))
                assert states(outcome) == {VINS[0]: State.SUCCEEDED}
                told = "".join(str(one) for one in here.journal.records())
            assert {asked.headers["authorization"] for asked in api.asked} == {"Bearer hush"}
            assert "hush" not in told

    asyncio.run(work())


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"), "ca")


def over_tls(place: Any, authority: Authority, host: str = "127.0.0.1", **who: str) -> dict[str, State]:
    tls = authority.server_side("127.0.0.1")

    async def work() -> dict[str, State]:
        async with served(tls=tls, course=("done",)) as api:
            where = Place(f"https://{host}:{api.port}/v1", **who)
            executor = api.executor(SESSION, folder=place.trust.parent)
            executor._asking._place = lambda: where
            async with operating(place, place.trust.parent, executor=executor, session=SESSION) as here:
                return states(await here.dispatch.send(here.plan("ping", VINS[:1]), here.command("ping")))

    return asyncio.run(work())


def test_tls_with_our_certificate(place: Any, authority: Authority) -> None:
    cert, key = authority.certificate("us")
    found = over_tls(place, authority, ca=str(authority.ca), cert=str(cert), key=str(key))
    assert found == {VINS[0]: State.SUCCEEDED}


def test_an_api_that_nobody_vouches_for_is_not_asked(place: Any, authority: Authority) -> None:
    with pytest.raises(UnavailableError, match=r"certificate verify failed"):
        over_tls(place, authority)
    with pytest.raises(UnavailableError, match=r"Hostname mismatch"):
        over_tls(place, authority, "localhost", ca=str(authority.ca))
    with pytest.raises(UnavailableError, match="cannot load the certificates"):
        over_tls(place, authority, ca=str(place.trust))


def test_without_tls_only_this_machine_is_asked(place: Any, tmp_path: Path) -> None:
    async def work() -> None:
        api = Api(port=1)
        executor = api.executor(SESSION, folder=tmp_path)
        executor._asking._place = lambda: Place("http://api.example")
        with pytest.raises(UsageError, match=r"api\.example would be asked without TLS"):
            await executor.open(None, ["eu"])  # type: ignore[arg-type]

    asyncio.run(work())


async def _cut_off(api: Api, here: Operator, told: list[str]) -> Outcome:
    """Send while nobody listens at the API's address, until that was said; then the API is there again."""
    executor: Any = here.means.executor
    reach = executor._asking._reach
    right, reach._base = reach._base, "http://127.0.0.1:1"
    plan = here.plan("ping", VINS[1:4])

    def tell(tally: Any) -> None:
        told.extend(tally.degraded)
        if told:
            reach._base = right

    return await here.dispatch.send(plan, here.command("ping"), tell=tell)


def test_an_api_that_went_away_gets_the_rest_when_it_is_back(place: Any) -> None:
    async def work() -> None:
        async with served() as first, at_work(place, first) as here:
            await here.dispatch.send(here.plan("ping", VINS[:1]), here.command("ping"))
            told: list[str] = []
            outcome = await _cut_off(first, here, told)
            assert set(states(outcome).values()) == {State.SUCCEEDED}
            assert any("cannot be reached" in line for line in told)
            assert set(first.executed.values()) == {1}

    asyncio.run(work())


def test_a_cancel_takes_back_what_has_not_ended(place: Any) -> None:
    async def work() -> None:
        async with served(course=("new",)) as api, at_work(place, api) as here:
            await here.dispatch.send(here.plan("ping", VINS[:3]), here.command("ping"), wait=False)
            kept = list(here.journal.orders(open_only=True))
            outcome = await here.dispatch.cancel(kept)
            assert states(outcome) == dict.fromkeys(VINS[:3], State.CANCELLED)
            assert sum(asked.method == "DELETE" for asked in api.asked) == 3

    asyncio.run(work())


def test_an_abort_leaves_unsent_what_waits_for_its_turn(place: Any) -> None:
    async def work() -> None:
        async with served() as api, at_work(place, api, more="per_second: 4\n") as here:
            sending = asyncio.create_task(here.dispatch.send(here.plan("ping", VINS), here.command("ping")))
            await until(lambda: len(api.submits()) >= 2)
            await here.dispatch.abort()
            left = len(api.submits())
            outcome = await sending
            found = Counter(states(outcome).values())
            assert found[State.CANCELLED] >= 1
            assert len(api.submits()) == left == sum(api.executed.values())
            assert found[State.SUCCEEDED] == left

    asyncio.run(work())


def test_an_abort_stops_what_was_returned_and_waits_for_peace(place: Any) -> None:
    async def work() -> None:
        async with (
            served(hook=submitting(Reply(429, headers={"Retry-After": "2"}))) as api,
            at_work(place, api) as here,
        ):
            sending = asyncio.create_task(here.dispatch.send(here.plan("ping", VINS[:2]), here.command("ping")))
            await until(lambda: next(iter(here.journal.orders()), None) and len(api.submits()) >= 1)
            await asyncio.wait([sending], timeout=1.5)  # it is queued again, and waits inside the executor
            await here.dispatch.abort()
            left = len(api.submits())
            assert set(states(await sending).values()) == {State.CANCELLED}
            assert len(api.submits()) == left

    asyncio.run(work())


def test_after_a_crash_jobs_are_looked_at_by_the_ids_that_the_journal_kept(place: Any) -> None:
    async def work() -> None:
        async with served(course=("new",)) as api:
            async with at_work(place, api) as here:
                await here.dispatch.send(here.plan("ping", VINS[:4]), here.command("ping"), wait=False)
            api.course = ("busy", "done")
            before = len(api.submits())
            async with at_work(place, api) as here:
                (outcome,) = await here.dispatch.resume()
                assert states(outcome) == dict.fromkeys(VINS[:4], State.SUCCEEDED)
                assert here.journal.verify() == []
            assert len(api.submits()) == before == 4

    asyncio.run(work())


def test_ids_are_written_down_before_anybody_goes_on(place: Any) -> None:
    class Slow:
        """Writes when it is told to."""

        def __init__(self) -> None:
            self.said: list[Said] = []
            self.may = asyncio.Event()

        async def on_said(self, said: Sequence[Said]) -> None:
            await self.may.wait()
            self.said += said

        def on_link(self, *_: object, **__: object) -> None: ...

        def on_back(self, *_: object) -> None: ...

    async def work() -> None:
        async with served(course=("new",)) as api:
            executor, hearer = api.executor(SESSION, folder=place.trust.parent), Slow()
            await executor.open(hearer, ["eu"])
            try:
                orders = [
                    Order(vin, vin, vin, "eu", "ping", {}, "n", 0, 0, 1 << 41, 1, reply=f"/{SESSION}")
                    for vin in VINS[:3]
                ]
                sending = asyncio.create_task(executor.send([Outgoing(order) for order in orders]))
                await until(lambda: len(api.submits()) == 3)
                await asyncio.wait([sending], timeout=0.2)
                assert not sending.done()
                hearer.may.set()
                assert [receipt.code for receipt in await sending] == [0, 0, 0]
                told = {said.word.order: said.word.result for said in hearer.said if said.word}
                assert {order: api.jobs[str(result["remote"])]["vin"] for order, result in told.items()} == {
                    vin: vin for vin in VINS[:3]
                }
            finally:
                await executor.aclose()

    asyncio.run(work())


@pytest.mark.parametrize(("more", "state", "submits"), [("", State.EXPIRED, 1), (DEDUPE, State.SUCCEEDED, 2)])
def test_after_a_crash_without_an_id_only_dedupe_sends_again(place: Any, more: str, state: State, submits: int) -> None:
    async def work() -> None:
        async with served(hook=submitting(Reply(how="hang", takes=True), 1)) as api:
            async with at_work(place, api, more=more) as here:
                plan = here.plan("ping", VINS[:1], expires=3)
                sending = asyncio.create_task(here.dispatch.send(plan, here.command("ping")))
                await until(lambda: api.executed[VINS[0]] == 1)
                sending.cancel()
                await asyncio.gather(sending, return_exceptions=True)
            async with at_work(place, api, more=more) as here:
                (outcome,) = await here.dispatch.resume()
                assert states(outcome) == {VINS[0]: state}
            assert len(api.submits()) == submits
            assert api.executed[VINS[0]] == 1

    asyncio.run(work())


def test_the_jobs_of_another_process_are_its_own(place: Any) -> None:
    async def work() -> None:
        async with served(course=("new",)) as api, at_work(place, api) as here:
            await here.dispatch.send(here.plan("ping", VINS[:2]), here.command("ping"), wait=False)
            async with at_work(place, api, session="00000000000000bb") as other:
                kept = list(other.journal.orders(open_only=True))
                outcome = await other.dispatch.cancel(kept)
                assert states(outcome) == dict.fromkeys(VINS[:2], State.CANCELLED)
            said = [one for one in here.journal.records(kind="move") if one.body["heard"] == "cancelled"]
            assert len(said) == 2

    asyncio.run(work())
