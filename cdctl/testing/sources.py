"""The contract of the sources door, as a test for plugin authors.

def test_contract(tmp_path):
    check_source(lambda: make({"file": str(tmp_path / "a.csv")}), requests, refused=[nonsense])
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from cdctl.domain.ports import BucketRequest, Source, SourceAnswer, SourceFailure
from cdctl.domain.slo.series import SAMPLED, Buckets, Span
from cdctl.testing.contract import ContractError

Answer = SourceAnswer | SourceFailure


def check_source(
    make: Callable[[], Source],
    requests: Sequence[BucketRequest],
    *,
    refused: Sequence[BucketRequest] = (),
    secrets: Sequence[str] = (),
) -> None:
    """Raise ContractError when a source does not keep the contract.

    make: makes the same source anew each time. requests: questions that it can answer, each with another key.
    refused: questions that it cannot. secrets: texts of its settings that must not come out anywhere.
    """
    breaches = asyncio.run(source_breaches(make, requests, refused=refused, secrets=secrets))
    if breaches:
        raise ContractError("the source", breaches)


async def source_breaches(
    make: Callable[[], Source],
    requests: Sequence[BucketRequest],
    *,
    refused: Sequence[BucketRequest] = (),
    secrets: Sequence[str] = (),
) -> tuple[str, ...]:
    """Every breach of the contract, in words. The arguments are those of `check_source`."""
    first, second = make(), make()
    asked = [*requests, *refused]
    breaches = [*_identity(first, second, secrets), *_fingerprints(first, second, asked)]
    answers = await _fetched(first, asked, breaches)
    breaches += _each_once(asked, answers)
    by_key = {answer.key: answer for answer in answers}
    for request in requests:
        breaches += [f"{request.key}: {text}" for text in _answered(request, by_key.get(request.key))]
    for request in refused:
        breaches += [f"{request.key}: {text}" for text in _refused(by_key.get(request.key))]
    if any(secret in repr(answer) for secret in secrets for answer in answers):
        breaches.append("an answer holds a secret")
    again = {answer.key: answer for answer in await _fetched(second, asked[::-1], breaches)}
    breaches += _same(by_key, again)
    if await _fetched(second, [], breaches):
        breaches.append("no request was asked, yet there was an answer")
    await _closed((first, second, make()), breaches)
    return tuple(dict.fromkeys(breaches))


def _identity(first: Source, second: Source, secrets: Sequence[str]) -> Iterator[str]:
    if not isinstance(first.identity, str) or not first.identity:
        yield "identity is empty or no text"
    if first.identity != second.identity:
        yield "identity differs between two sources of the same settings"
    if any(secret in f"{first.identity} {first!r}" for secret in secrets):
        yield "identity (or repr) holds a secret"


def _fingerprints(first: Source, second: Source, requests: Sequence[BucketRequest]) -> Iterator[str]:
    seen: dict[str, object] = {}
    for request in requests:
        question = (request.indicator, request.group_by)
        mark = first.fingerprint(*question)
        if not isinstance(mark, str) or not mark:
            yield f"{request.key}: fingerprint is empty or no text"
        if mark != second.fingerprint(*question):
            yield f"{request.key}: fingerprint differs between two sources of the same settings"
        if seen.setdefault(mark, question) != question:
            yield f"{request.key}: fingerprint is the same as that of another question"


async def _fetched(source: Source, requests: Sequence[BucketRequest], breaches: list[str]) -> list[Answer]:
    try:
        return [answer async for answer in source.fetch(requests)]
    except Exception as error:
        breaches.append(f"fetch raised {type(error).__name__}: {error}; a failure must be a value")
        return []


def _each_once(requests: Sequence[BucketRequest], answers: Sequence[Answer]) -> Iterator[str]:
    keys = [answer.key for answer in answers]
    for request in requests:
        if (times := keys.count(request.key)) != 1:
            yield f"{request.key}: answered {times} times, not once"
    for key in sorted(set(keys) - {request.key for request in requests}):
        yield f"{key}: answered, but nobody asked"


def _refused(answer: Answer | None) -> Iterator[str]:
    if isinstance(answer, SourceAnswer):
        yield "cannot be answered, but was"
    elif answer is not None and not answer.reason.strip():
        yield "failed without a reason"


def _answered(request: BucketRequest, answer: Answer | None) -> Iterator[str]:
    if isinstance(answer, SourceFailure):
        yield f"failed: {answer.reason}"
    if not isinstance(answer, SourceAnswer):
        return
    if not answer.evidence:
        yield "has no evidence of what was asked"
    if any(each.at != request.at or not each.source or not each.query for each in answer.evidence):
        yield "its evidence does not name source, query and the instant of the run"
    if len(answer.buckets) != len(request.spans):
        yield f"{len(request.spans)} spans were asked, {len(answer.buckets)} answered"
        return
    for number, (span, buckets) in enumerate(zip(request.spans, answer.buckets, strict=True), 1):
        for text in (*_tiles(span, buckets), *_groups(request, buckets), *_numbers(buckets)):
            yield f"span {number} {text}"


def _tiles(span: Span, buckets: Buckets) -> Iterator[str]:
    if not np.array_equal(buckets.ends, span.ends):
        yield f"has {len(buckets.ends)} buckets that are not the {len(span)} of the span, in time order"
    elif not np.all(buckets.widths == span.step):
        yield f"has buckets that are not {span.step} s wide"


def _groups(request: BucketRequest, buckets: Buckets) -> Iterator[str]:
    if len(set(buckets.groups)) != len(buckets.groups):
        yield "names a group twice"
    if any(len(group) != len(request.group_by) for group in buckets.groups):
        yield f"has groups that do not have a value for each of {request.group_by}"
    if not all(isinstance(value, str) for group in buckets.groups for value in group):
        yield "has group values that are no texts"


def _numbers(buckets: Buckets) -> Iterator[str]:
    arrays = {"good": buckets.good, "total": buckets.total, "seen": buckets.seen}
    for name, values in arrays.items():
        if values.dtype != np.float64:
            yield f"{name} is {values.dtype}, not float64"
        if not np.all(np.isfinite(values)):
            yield f"{name} holds NaN or infinity; what is not known has seen 0"
        elif np.any(values < 0):
            yield f"{name} is negative somewhere"
    if np.any(buckets.good > buckets.total * (1 + 1e-9)):
        yield "good is more than total somewhere"
    yield from _behind(buckets)
    unseen = buckets.seen == 0
    if np.any(buckets.good[unseen] != 0) or np.any(buckets.total[unseen] != 0):
        yield "good or total is not 0 where seen is 0"


def _behind(buckets: Buckets) -> Iterator[str]:
    """What sampled and single events say besides."""
    if buckets.watched is not None and not (np.all(np.isfinite(buckets.watched)) and np.all(buckets.watched >= 0)):
        yield "watched is negative, NaN or infinite somewhere"
    if buckets.watched is not None and np.any(buckets.seen > buckets.watched):
        yield "a group was seen more than the source was watched"
    sample = buckets.sampled
    if sample is None:
        return
    arrays = {name: getattr(sample, name) for name in SAMPLED}
    for name, values in arrays.items():
        if not (np.all(np.isfinite(values)) and np.all(values >= 0)):
            yield f"sampled.{name} is negative, NaN or infinite somewhere"
    for part, whole in (("kept_bad", "kept"), ("squares_bad", "squares"), ("unknown", "kept")):
        if np.any(arrays[part] > arrays[whole] * (1 + 1e-9)):
            yield f"sampled.{part} is more than sampled.{whole} somewhere"
    if np.any(sample.kept > buckets.total * (1 + 1e-9)):
        yield "sampled.kept is more than total somewhere: a weight is below 1"


def _same(first: Mapping[str, Answer], again: Mapping[str, Answer]) -> Iterator[str]:
    for key, answer in first.items():
        other = again.get(key)
        if isinstance(answer, SourceAnswer) != isinstance(other, SourceAnswer):
            yield f"{key}: answered once and failed once"
        elif isinstance(answer, SourceAnswer) and isinstance(other, SourceAnswer):
            pairs = zip(answer.buckets, other.buckets, strict=False)
            if not all(_equal(left, right) for left, right in pairs):
                yield f"{key}: asked again in another order, the numbers are others"


def _equal(left: Buckets, right: Buckets) -> bool:
    return left.groups == right.groups and all(
        np.array_equal(getattr(left, name), getattr(right, name)) for name in ("good", "total", "seen")
    )


async def _closed(sources: Sequence[Source], breaches: list[str]) -> None:
    """Close each twice; the last one was never asked anything."""
    for source in sources:
        for _ in range(2):
            try:
                await source.aclose()
            except Exception as error:
                breaches.append(f"aclose raised {type(error).__name__}: {error}")
