"""Several short questions in one query: same answers, and one bad question spoils no other."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from cdctl.domain.slo.series import Span
from cdctl.sources.prometheus.answers import Series
from cdctl.sources.prometheus.client import AskError
from cdctl.sources.prometheus.pack import Answer, Pack

SHORT, LONG = Span(0, 900, 300), Span(0, 300 * 25, 300)


class Server:
    """Answers a query with one series named after it, as often as it stands in the query; refuses what holds "bad"."""

    def __init__(self, refusal: AskError | None = None) -> None:
        self.queries: list[str] = []
        self._refusal = refusal or AskError("refused", mine=True)

    async def ask(self, query: str, span: Span) -> Answer:
        self.queries.append(query)
        await asyncio.sleep(0)
        if "bad" in query:
            raise self._refusal
        marks = [part.split(")")[0] for part in query.split("label_replace((")[1:]]
        if not marks:
            return Answer([Series({"q": query}, np.zeros(len(span)))])
        return Answer(
            [Series({"q": mark, "cdctl_leg": str(i)}, np.zeros(3)) for i, mark in enumerate(marks)], ("slow",)
        )


def asked(server: Server, *questions: tuple[str, Span]) -> list[Answer | BaseException]:
    async def run() -> list[Answer | BaseException]:
        pack = Pack(server.ask, server.ask)
        return await asyncio.gather(*(pack.ask(*question) for question in questions), return_exceptions=True)

    return asyncio.run(run())


def labels(answer: Answer | BaseException) -> list[dict[str, str]]:
    assert isinstance(answer, Answer), answer
    return [series.labels for series in answer.series]


def test_everybody_gets_his_own_answer_from_one_query() -> None:
    server = Server()
    answers = asked(server, *((f"x{i}", SHORT) for i in range(5)))
    assert len(server.queries) == 1
    assert [labels(answer) for answer in answers] == [[{"q": f"x{i}"}] for i in range(5)]
    assert all(isinstance(answer, Answer) and answer.warnings == ("slow",) for answer in answers)


def test_long_spans_and_other_spans_go_apart() -> None:
    server = Server()
    asked(server, ("a", SHORT), ("b", LONG), ("c", LONG), ("d", Span(300, 900, 300)))
    assert sorted(server.queries) == ["a", "b", "c", "d"]


def test_a_query_stays_below_what_servers_take() -> None:
    server = Server()
    asked(server, *((f"x{i}" + "y" * 900, SHORT) for i in range(40)))
    assert 1 < len(server.queries) < 10
    assert max(map(len, server.queries)) < 14_000


@pytest.mark.parametrize("refusal", [AskError("refused", mine=True), AskError("slow", passing=True)])
def test_one_bad_question_spoils_no_other(refusal: AskError) -> None:
    server = Server(refusal)
    good, bad, other = asked(server, ("a", SHORT), ("bad", SHORT), ("b", SHORT))
    assert labels(good) == [{"q": "a"}]
    assert labels(other) == [{"q": "b"}]
    assert bad is refusal


def test_a_server_that_is_down_is_not_asked_again_one_by_one() -> None:
    server = Server(AskError("down", fatal=True))
    answers = asked(server, ("bad", SHORT), ("a", SHORT), ("b", SHORT))
    assert len(server.queries) == 1
    assert all(isinstance(answer, AskError) for answer in answers)


def test_a_bug_below_reaches_everybody() -> None:
    async def broken(query: str, span: Span) -> Answer:
        raise ZeroDivisionError

    async def run() -> list[Answer | BaseException]:
        pack = Pack(broken, broken)
        return await asyncio.gather(*(pack.ask(q, SHORT) for q in "ab"), return_exceptions=True)

    assert all(isinstance(answer, ZeroDivisionError) for answer in asyncio.run(run()))
