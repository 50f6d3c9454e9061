"""A ratio whose halves come from two sources: both are asked, both are told of, and either may fail."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence

import numpy as np
import pytest

from cdctl.application.mixing import MixedSource, lag_of
from cdctl.domain.ports import BucketRequest, Source, SourceAnswer, SourceFailure
from cdctl.domain.slo.objective import Query, Ratio
from cdctl.domain.slo.series import Span
from cdctl.errors import UsageError
from cdctl.testing.memory import Events, MemorySource

HOUR = 3600
MINUTES = np.arange(60, 4 * HOUR + 1, 60)
SPAN = Span(0, 4 * HOUR, HOUR)


def events(each: float, **labels: str) -> Events:
    values = np.full(len(MINUTES), each)
    return Events(MINUTES, values, values, labels)


def request(key: str = "k", *, good: str = "", bad: str = "", group_by: tuple[str, ...] = ()) -> BucketRequest:
    ratio = Ratio(Query("all"), Query(good, "other") if good else None, Query(bad, "other") if bad else None)
    return BucketRequest(key, ratio, group_by, (SPAN,), SPAN.end)


def mixed(failures: Mapping[str, str] | None = None) -> MixedSource:
    total = MemorySource({"all": [events(10, region="eu"), events(10, region="us")]}, identity="a")
    other = {"ok": [events(9, region="eu"), events(8, region="us"), events(1, region="cn")]}
    return MixedSource(total, MemorySource(other, identity="b", failures=failures))


def fetched(source: Source, *requests: BucketRequest) -> dict[str, SourceAnswer | SourceFailure]:
    async def run() -> dict[str, SourceAnswer | SourceFailure]:
        return {answer.key: answer async for answer in source.fetch(requests)}

    return asyncio.run(run())


def test_good_of_one_over_total_of_the_other() -> None:
    answer = fetched(mixed(), request(good="ok", group_by=("region",)))["k"]
    assert isinstance(answer, SourceAnswer)
    (part,) = answer.buckets
    assert part.groups == (("eu",), ("us",))
    assert part.good.tolist() == [[540] * 4, [480] * 4]
    assert part.total.tolist() == [[600] * 4] * 2
    assert [(one.source, one.query) for one in answer.evidence] == [("a", "all"), ("b", "ok")]
    assert answer.warnings == ("good has groups that the total does not have (region=cn): they are not counted",)


def test_several_requests_are_each_answered_once() -> None:
    answers = fetched(mixed(), *(request(str(number), good="ok") for number in range(5)))
    assert sorted(answers) == list("01234")


@pytest.mark.parametrize(
    ("which", "reason", "mine"),
    [("ok", "good: no luck", False), ("typo", "good: there is no series for 'typo'", True)],
)
def test_a_half_that_fails_says_which(which: str, reason: str, mine: bool) -> None:
    answer = fetched(mixed({"ok": "no luck"}), request(good=which))["k"]
    assert isinstance(answer, SourceFailure)
    assert (answer.reason, answer.mine) == (reason, mine)
    assert [one.source for one in answer.evidence] == ["a"]


def test_identity_and_fingerprint_are_those_of_both() -> None:
    source, other = mixed(), mixed()
    assert source.identity == other.identity
    assert source.identity != MixedSource(*reversed(list(source._sides.values()))).identity
    questions = [request(good="ok"), request(good="better"), request(bad="ok"), request(good="ok", group_by=("a",))]
    marks = {source.fingerprint(one.indicator, one.group_by) for one in questions}
    assert len(marks) == len(questions)
    assert {other.fingerprint(one.indicator, one.group_by) for one in questions} == marks


class Locked(MemorySource):
    """Its password cannot be read."""

    async def fetch(self, requests: Sequence[BucketRequest]) -> AsyncIterator[SourceAnswer | SourceFailure]:
        raise UsageError("no such secret")
        yield


def test_what_is_wrong_for_every_request_is_raised() -> None:
    with pytest.raises(UsageError, match="no such secret"):
        fetched(MixedSource(MemorySource({"all": [events(1)]}), Locked({})), request(good="ok"))


def test_stopping_early_leaves_nothing_behind() -> None:
    async def left_over() -> int:
        answers = mixed().fetch([request(str(number), good="ok") for number in range(9)])
        assert isinstance(answers, AsyncGenerator)
        await anext(answers)
        await answers.aclose()
        return len(asyncio.all_tasks()) - 1

    assert asyncio.run(left_over()) == 0


def test_the_lag_is_the_longer_one() -> None:
    slow = MemorySource({})
    slow.lag = 300  # type: ignore[attr-defined]
    assert lag_of(MixedSource(slow, MemorySource({}))) == 300
    assert lag_of(MemorySource({})) == 0
