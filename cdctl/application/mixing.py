"""A source made of two: one is asked for the total, the other for the good or the bad events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from typing import Literal

from cdctl.domain.ports import Belated, BucketRequest, Source, SourceAnswer, SourceFailure
from cdctl.domain.slo.mixing import joined, strangers
from cdctl.domain.slo.objective import Indicator, Ratio, halves

Answer = SourceAnswer | SourceFailure
_Side = Literal["total", "part"]


class MixedSource:
    """Good and total of one ratio from different sources. Neither is closed here: both belong to others."""

    def __init__(self, total: Source, part: Source) -> None:
        self._sides: Mapping[_Side, Source] = {"total": total, "part": part}

    @property
    def identity(self) -> str:
        """Both."""
        return "mixed\n" + "\n".join(source.identity for source in self._sides.values())

    @property
    def lag(self) -> int:
        """The longer one."""
        return max(lag_of(source) for source in self._sides.values())

    def fingerprint(self, indicator: Indicator, group_by: tuple[str, ...]) -> str:
        """Both."""
        asked = _asked(indicator)
        return "\n".join(
            f"{side} {_role(indicator)} {source.fingerprint(asked[side], group_by)}"
            for side, source in self._sides.items()
        )

    async def fetch(self, requests: Sequence[BucketRequest]) -> AsyncIterator[Answer]:
        """Each request is answered when both sources have; both are asked at once."""
        arrived: asyncio.Queue[tuple[_Side, Answer | BaseException | None]] = asyncio.Queue()
        tasks = [asyncio.ensure_future(self._pump(side, requests, arrived)) for side in self._sides]
        found: dict[str, dict[_Side, Answer]] = {request.key: {} for request in requests}
        whole = {request.key: request for request in requests}
        try:
            running = len(tasks)
            while running:
                side, answer = await arrived.get()
                if answer is None:
                    running -= 1
                elif isinstance(answer, BaseException):
                    raise answer
                else:
                    found[answer.key][side] = answer
                    if len(found[answer.key]) == len(self._sides):
                        yield _joined(whole[answer.key], found.pop(answer.key))
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def aclose(self) -> None:
        """Nothing is its own."""

    async def _pump(
        self,
        side: _Side,
        requests: Sequence[BucketRequest],
        arrived: asyncio.Queue[tuple[_Side, Answer | BaseException | None]],
    ) -> None:
        asked = [replace(request, indicator=_asked(request.indicator)[side]) for request in requests]
        try:
            async for answer in self._sides[side].fetch(asked):
                await arrived.put((side, answer))
        except Exception as error:
            await arrived.put((side, error))
        else:
            await arrived.put((side, None))


def lag_of(source: Source) -> int:
    """Seconds that a source's data may be late, as far as it says."""
    return source.lag if isinstance(source, Belated) else 0


def _asked(indicator: Indicator) -> Mapping[_Side, Ratio]:
    found = halves(indicator)
    if found is None:
        raise ValueError("one source answers all of this indicator")
    return {"total": found[0], "part": found[1]}


def _role(indicator: Indicator) -> str:
    return "bad" if isinstance(indicator, Ratio) and indicator.bad else "good"


def _joined(request: BucketRequest, found: Mapping[_Side, Answer]) -> Answer:
    answers = {side: found[side] for side in ("total", "part")}
    evidence = tuple(dict.fromkeys(one for answer in answers.values() for one in answer.evidence))
    role = _role(request.indicator)
    for side, answer in answers.items():
        if isinstance(answer, SourceFailure):
            name = "total" if side == "total" else role
            return SourceFailure(request.key, f"{name}: {answer.reason}", answer.hint, answer.mine, evidence)
    total, part = (answer for answer in answers.values() if isinstance(answer, SourceAnswer))
    pairs = list(zip(total.buckets, part.buckets, strict=True))
    warnings = [*total.warnings, *part.warnings]
    odd = sorted({group for one, other in pairs for group in strangers(one, other)})
    if odd:
        names = "; ".join(
            ", ".join(f"{k}={v}" for k, v in zip(request.group_by, group, strict=True)) for group in odd[:3]
        )
        more = f" and {len(odd) - 3} more" if len(odd) > 3 else ""
        warnings.append(f"{role} has groups that the total does not have ({names}{more}): they are not counted")
    buckets = tuple(joined(one, other, bad=role == "bad") for one, other in pairs)
    return SourceAnswer(request.key, buckets, evidence, tuple(dict.fromkeys(warnings)))
