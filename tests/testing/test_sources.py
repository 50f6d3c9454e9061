"""The contract of sources: one good source, and one bad twin for every breach."""

from __future__ import annotations

import itertools
import re
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from cdctl.domain.ports import BucketRequest, SourceAnswer, SourceFailure
from cdctl.domain.slo.objective import Query, Ratio
from cdctl.domain.slo.series import SAMPLED, Buckets, Sampled, Span
from cdctl.testing.contract import ContractError
from cdctl.testing.memory import Events, MemorySource
from cdctl.testing.sources import check_source

SPANS = (Span(0, 7200, 3600), Span(3600, 7200, 300))
SERIES = {
    "x": [
        Events(np.array([300, 301, 7200]), np.array([1.0, 0.0, 2.0]), np.array([1.0, 1.0, 2.0]), {"region": "eu"}),
        Events(np.array([4000]), np.array([5.0]), np.array([5.0]), {"region": "us"}),
    ]
}


def ask(key: str, text: str = "x", by: tuple[str, ...] = ("region",)) -> BucketRequest:
    return BucketRequest(key, Ratio(Query(text), Query(text)), by, SPANS, 7200)


REQUESTS = [ask("grouped"), ask("whole", by=())]
REFUSED = [ask("unknown", "y")]


class Twin(MemorySource):
    """A memory source that changes each answer on its way out."""

    def __init__(self, change: Callable[[SourceAnswer], Any]) -> None:
        super().__init__(SERIES)
        self._change = change

    async def fetch(self, requests: Sequence[BucketRequest]) -> AsyncIterator[SourceAnswer | SourceFailure]:
        async for answer in super().fetch(requests):
            yield self._change(answer) if isinstance(answer, SourceAnswer) else answer


def buckets(**changes: Callable[[Buckets], Any]) -> Callable[[SourceAnswer], SourceAnswer]:
    """Change fields of every span's buckets."""

    def change(answer: SourceAnswer) -> SourceAnswer:
        parts = (replace(b, **{name: make(b) for name, make in changes.items()}) for b in answer.buckets)
        return replace(answer, buckets=tuple(parts))

    return change


def put(name: str, value: float) -> Callable[[Buckets], Any]:
    """The array with one other value in its first place."""

    def make(b: Buckets) -> Any:
        values = getattr(b, name).copy()
        values[0, 0] = value
        return values

    return make


def test_a_good_source_passes() -> None:
    check_source(lambda: MemorySource(SERIES), REQUESTS, refused=REFUSED, secrets=["hunter2"])


@pytest.mark.parametrize(
    ("change", "breach"),
    [
        (lambda a: SourceFailure(a.key, "lost"), "grouped: failed: lost"),
        (lambda a: replace(a, key="stranger"), "stranger: answered, but nobody asked"),
        (lambda a: replace(a, buckets=a.buckets[:1]), "2 spans were asked, 1 answered"),
        (lambda a: replace(a, buckets=a.buckets[::-1]), "span 1 has 12 buckets that are not the 2"),
        (lambda a: replace(a, evidence=()), "no evidence"),
        (lambda a: replace(a, evidence=(replace(a.evidence[0], at=1),)), "the instant of the run"),
        (lambda a: replace(a, warnings=("password hunter2",)), "an answer holds a secret"),
        (buckets(ends=lambda b: b.ends[::-1]), "in time order"),
        (buckets(widths=lambda b: b.widths // 2), "that are not 3600 s wide"),
        (buckets(groups=lambda b: b.groups[:1] * len(b.groups)), "names a group twice"),
        (buckets(groups=lambda b: tuple((*g, "") for g in b.groups)), "a value for each of"),
        (buckets(groups=lambda b: tuple((None,) * len(g) for g in b.groups)), "values that are no texts"),
        (buckets(total=put("total", float("nan"))), "total holds NaN"),
        (buckets(seen=put("seen", -1)), "seen is negative"),
        (buckets(good=put("good", 1e6)), "good is more than total"),
        (buckets(seen=lambda b: b.seen * 0), "not 0 where seen is 0"),
        (buckets(good=lambda b: b.good.astype(np.float32)), "good is float32"),
    ],
)
def test_each_wrong_answer_is_found(change: Callable[[SourceAnswer], Any], breach: str) -> None:
    with pytest.raises(ContractError) as caught:
        check_source(lambda: Twin(change), REQUESTS, refused=REFUSED, secrets=["hunter2"])
    assert any(breach in text for text in caught.value.breaches), caught.value.breaches


class Twice(MemorySource):
    async def fetch(self, requests: Sequence[BucketRequest]) -> AsyncIterator[SourceAnswer | SourceFailure]:
        async for answer in super().fetch(requests):
            yield answer
            yield answer


class Silent(MemorySource):
    async def fetch(self, requests: Sequence[BucketRequest]) -> AsyncIterator[SourceAnswer | SourceFailure]:
        async for answer in super().fetch(requests):
            if answer.key != "whole":
                yield answer


class Raises(MemorySource):
    async def fetch(self, requests: Sequence[BucketRequest]) -> AsyncIterator[SourceAnswer | SourceFailure]:
        for _ in requests:
            raise RuntimeError("lost")
        yield SourceFailure("", "")


class Wordless(MemorySource):
    async def fetch(self, requests: Sequence[BucketRequest]) -> AsyncIterator[SourceAnswer | SourceFailure]:
        async for answer in super().fetch(requests):
            yield replace(answer, reason=" ") if isinstance(answer, SourceFailure) else answer


class Obliging(MemorySource):
    async def fetch(self, requests: Sequence[BucketRequest]) -> AsyncIterator[SourceAnswer | SourceFailure]:
        known = [replace(request, indicator=REQUESTS[0].indicator) for request in requests]
        async for answer in super().fetch(known):
            yield answer


class Talkative(MemorySource):
    async def fetch(self, requests: Sequence[BucketRequest]) -> AsyncIterator[SourceAnswer | SourceFailure]:
        async for answer in super().fetch(requests or REQUESTS):
            yield answer


class Forgetful(MemorySource):
    """Its numbers depend on what was asked before."""

    async def fetch(self, requests: Sequence[BucketRequest]) -> AsyncIterator[SourceAnswer | SourceFailure]:
        async for answer in super().fetch(requests):
            first = self.asked[0].key == "grouped"
            yield buckets(seen=lambda b: b.seen * 2)(answer) if first and isinstance(answer, SourceAnswer) else answer


class ClosesOnce(MemorySource):
    async def aclose(self) -> None:
        if self.closed:
            raise RuntimeError("closed")
        await super().aclose()


class SameMark(MemorySource):
    def fingerprint(self, indicator: object, group_by: tuple[str, ...]) -> str:
        return "a question"


class OtherMark(MemorySource):
    counter = itertools.count()

    def fingerprint(self, indicator: object, group_by: tuple[str, ...]) -> str:
        return f"{indicator!r} {group_by} {next(self.counter)}"


@pytest.mark.parametrize(
    ("twin", "breach"),
    [
        (Twice, "grouped: answered 2 times, not once"),
        (Silent, "whole: answered 0 times, not once"),
        (Raises, "fetch raised RuntimeError: lost"),
        (Wordless, "unknown: failed without a reason"),
        (Obliging, "unknown: cannot be answered, but was"),
        (Talkative, "no request was asked, yet there was an answer"),
        (Forgetful, "asked again in another order, the numbers are others"),
        (ClosesOnce, "aclose raised RuntimeError: closed"),
        (SameMark, "whole: fingerprint is the same as that of another question"),
        (OtherMark, "grouped: fingerprint differs between two sources"),
    ],
)
def test_each_wrong_manner_is_found(twin: type[MemorySource], breach: str) -> None:
    with pytest.raises(ContractError) as caught:
        check_source(lambda: twin(SERIES), REQUESTS, refused=REFUSED)
    assert any(breach in text for text in caught.value.breaches), caught.value.breaches


@pytest.mark.parametrize(
    ("identities", "breach"),
    [
        (itertools.repeat(""), "identity is empty"),
        (map(str, itertools.count()), "identity differs"),
        (itertools.repeat("http://me:hunter2@host"), "identity (or repr) holds a secret"),
    ],
)
def test_each_wrong_identity_is_found(identities: Any, breach: str) -> None:
    with pytest.raises(ContractError) as caught:
        check_source(lambda: MemorySource(SERIES, identity=next(identities)), REQUESTS, secrets=["hunter2"])
    assert any(breach in text for text in caught.value.breaches), caught.value.breaches


def behind(**wrong: float) -> Callable[[Buckets], Buckets]:
    """Single events of weight 2, but for the arrays named."""

    def make(part: Buckets) -> Buckets:
        arrays = dict.fromkeys(SAMPLED, part.total / 2) | {"squares": part.total * 2}
        arrays |= {name: np.full_like(part.total, value) for name, value in wrong.items() if name in arrays}
        seen = np.max(part.seen, axis=0, initial=0.0)
        watched = np.full_like(seen, wrong["watched"]) if "watched" in wrong else seen
        return replace(part, sampled=Sampled(**arrays), watched=watched)

    return make


def all_parts(make: Callable[[Buckets], Buckets]) -> Callable[[SourceAnswer], SourceAnswer]:
    return lambda answer: replace(answer, buckets=tuple(map(make, answer.buckets)))


def test_weighted_events_that_are_sound() -> None:
    check_source(lambda: Twin(all_parts(behind())), REQUESTS)


@pytest.mark.parametrize(
    ("wrong", "breach"),
    [
        ({"watched": -1.0}, "watched is negative"),
        ({"watched": np.nan}, "watched is negative, NaN"),
        ({"watched": 0.0}, "a group was seen more than the source was watched"),
        ({"kept": -1.0}, "sampled.kept is negative"),
        ({"squares": np.inf}, "sampled.squares is negative, NaN or infinite"),
        ({"kept_bad": 9.0}, "sampled.kept_bad is more than sampled.kept"),
        ({"squares_bad": 99.0}, "sampled.squares_bad is more than sampled.squares"),
        ({"unknown": 9.0}, "sampled.unknown is more than sampled.kept"),
        ({"kept": 9.0}, "sampled.kept is more than total somewhere"),
    ],
)
def test_weighted_events_that_are_not(wrong: dict[str, float], breach: str) -> None:
    with pytest.raises(ContractError, match=re.escape(breach)):
        check_source(lambda: Twin(all_parts(behind(**wrong))), REQUESTS)
