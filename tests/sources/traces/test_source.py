"""Promises over a real store of spans: what counts, in which bucket, and what is not known."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from traced import stored

from cdctl.domain.ports import BucketRequest, SourceAnswer, SourceFailure
from cdctl.domain.slo.objective import Query, Ratio, RawRatio, Threshold
from cdctl.domain.slo.series import Buckets, Span
from cdctl.lab.made_spans import UNKNOWN, MadeSpans, spread
from cdctl.sources.traces.source import LAG, TracesSource
from cdctl.testing.sources import check_source

START = 1_795_996_800
"""Epoch seconds, a whole hour."""
SPAN = Span(START, START + 3 * 3600, 3600)
HEARD = [(SPAN.start, SPAN.end)]
SHOP = '{ resource.service.name = "shop" }'

Answering = Callable[..., Buckets]


def evenly(count: int, **more: object) -> MadeSpans:
    """So many spans in every hour."""
    return MadeSpans(spread(START + 3600, 3600, np.full(3, float(count))), service="shop", **more)  # type: ignore[arg-type]


def query(text: str, **settings: str) -> Query:
    return Query(text, "traces", settings)


def ratio(total: str = SHOP, good: str = "", bad: str = "", **settings: str) -> Ratio:
    part = {key: value for key, value in settings.items() if key == "errors"}
    rest = {key: value for key, value in settings.items() if key != "errors"}
    numerator = query(bad or good, **part)
    return Ratio(query(total, **rest), None if bad or part else numerator, numerator if bad or part else None)


def request(indicator: object, *group_by: str, spans: Sequence[Span] = (SPAN,), key: str = "k") -> BucketRequest:
    return BucketRequest(key, indicator, group_by, tuple(spans), SPAN.end)  # type: ignore[arg-type]


def answered(source: TracesSource, asked: BucketRequest) -> SourceAnswer | SourceFailure:
    async def run() -> SourceAnswer | SourceFailure:
        try:
            (found,) = [answer async for answer in source.fetch([asked])]
        finally:
            await source.aclose()
        return found

    return asyncio.run(run())


@pytest.fixture
def counted(tmp_path: Path) -> Answering:
    """The buckets of one question over such spans."""

    def ask(spans: Sequence[MadeSpans], indicator: Ratio, *group_by: str, heard: object = HEARD) -> Buckets:
        store = stored(tmp_path / "spans", spans, heard=heard)  # type: ignore[arg-type]
        found = answered(TracesSource(store), request(indicator, *group_by))
        assert isinstance(found, SourceAnswer), found
        return found.buckets[0]

    return ask


def test_the_contract(tmp_path: Path) -> None:
    groups = [evenly(5, attributes={"region": "eu"}), evenly(2, status="error", weight=3.0), evenly(1, weight=UNKNOWN)]
    stored(tmp_path, groups, heard=HEARD)
    fine = Span(START, START + 3600, 300)
    good = ratio(good="{ status != error }")
    questions = [
        request(good, key="1"),
        request(good, "region", spans=(SPAN, fine), key="2"),
        request(ratio(errors="convention", spans="all"), "region", "model", key="3"),
        request(ratio(total='{ name = "nothing like it" }', bad="{ }"), key="4"),
    ]
    refused = [request(ratio(good="{ nonsense"), key="5"), request(Threshold(query("{ }"), "lt", 1), key="6")]
    check_source(lambda: TracesSource(stored(tmp_path, [])), questions, refused=refused)


def test_good_and_total_are_filters(counted: Answering) -> None:
    spans = [evenly(6, duration=0.4), evenly(3, duration=7.0), evenly(1, status="error", duration=0.2)]
    found = counted(spans, ratio(good="{ status != error && duration < 5s }"))
    assert found.total.tolist() == [[10, 10, 10]]
    assert found.good.tolist() == [[6, 6, 6]]
    assert found.seen.tolist() == [[60, 60, 60]]
    assert found.sampled is None


def test_a_span_belongs_to_the_bucket_in_which_it_ended(counted: Answering) -> None:
    edge = START + 3600.0
    long = MadeSpans(np.array([edge, edge + 0.001]), service="shop", duration=3000.0)
    assert counted([long], ratio(good="{ }")).total.tolist() == [[1, 1, 0]]


def test_retries_and_children_are_not_counted_twice(counted: Answering) -> None:
    """Ten requests through two services; each tries the second one four times, and three tries fail."""
    spans = [
        evenly(10, kind="server"),
        evenly(40, kind="client", child=True, status="error"),
        evenly(70, kind="internal", child=True),
        MadeSpans(spread(START + 3600, 3600, np.full(3, 40.0)), service="stock", kind="server", child=True),
    ]
    entry = counted(spans, ratio(bad="{ status = error }"))
    assert (entry.total.tolist(), entry.good.tolist()) == ([[10] * 3], [[10] * 3])


@pytest.mark.parametrize(
    ("which", "total"), [("entry", 10), ("root", 3), ("all", 110)], ids=["entries", "roots", "the bad twin: all"]
)
def test_a_spec_says_which_spans_count(counted: Answering, which: str, total: float) -> None:
    spans = [evenly(3), evenly(7, kind="consumer", child=True), evenly(100, kind="internal", child=True)]
    assert counted(spans, ratio(good="{ }", spans=which)).total.tolist() == [[total] * 3]


def test_errors_by_convention(counted: Answering) -> None:
    codes = {"500": "http.response.status_code", "404": "http.status_code", "503": "http.status_code"}
    spans = [evenly(1, attributes={key: code}) for code, key in codes.items()]
    spans += [
        evenly(1, attributes={"rpc.grpc.status_code": "14"}),
        evenly(1, attributes={"rpc.response.status_code": "NOT_FOUND"}),
        evenly(1, attributes={"error.type": "timeout"}),
        evenly(1, status="error"),
        evenly(1, status="ok", attributes={"http.response.status_code": "500"}),
    ]
    found = counted(spans, ratio(errors="convention"))
    assert (found.total - found.good).tolist() == [[5, 5, 5]]
    only = counted(spans, ratio(bad='{ span.error.type = "timeout" }', errors="convention"))
    assert (only.total - only.good)[0, 0] == 1


def test_groups_are_attributes_wherever_they_are(counted: Answering) -> None:
    spans = [
        evenly(1, attributes={"region": "eu", "vehicle.model": "i4"}),
        evenly(2, resource={"cloud.region": "us"}),
        evenly(4, attributes={"region": "eu"}, resource={"cloud.region": "eu-central-1"}),
    ]
    found = counted(spans, ratio(good="{ }"), "region", "vehicle.model")
    assert dict(zip(found.groups, found.total[:, 0].tolist(), strict=True)) == {
        ("eu", "i4"): 1,
        ("us", ""): 2,
        ("eu", ""): 4,
    }


def test_an_attribute_may_be_named_exactly(counted: Answering) -> None:
    spans = [evenly(4, attributes={"region": "eu", "shelf": "a"}, resource={"cloud.region": "eu-central-1"})]
    found = counted(spans, ratio(good="{ }"), "resource.cloud.region", "span.shelf")
    assert found.groups == (("eu-central-1", "a"),)


def test_weights_make_the_rate_and_what_was_kept_stands_behind_it(counted: Answering) -> None:
    found = counted([evenly(3, weight=20.0), evenly(2, status="error")], ratio(bad="{ status = error }"))
    assert (found.total[0, 0], found.good[0, 0]) == (62, 60)
    assert found.sampled is not None
    values = [float(getattr(found.sampled, name)[0, 0]) for name in ("kept", "kept_bad", "squares", "squares_bad")]
    assert values == [5, 2, 1202, 2]


def test_unknown_weights_stay_unknown_unless_the_spec_states_one(counted: Answering) -> None:
    spans = [evenly(3, weight=UNKNOWN), evenly(2, weight=UNKNOWN, status="error"), evenly(1, weight=5.0)]
    found = counted(spans, ratio(bad="{ status = error }"))
    assert found.total[0, 0] == 10
    assert found.sampled is not None
    assert found.sampled.unknown[0, 0] == 5


def test_a_stated_weight(counted: Answering) -> None:
    spans = [evenly(3, weight=UNKNOWN), evenly(2, weight=UNKNOWN, status="error"), evenly(1, weight=5.0)]
    found = counted(spans, ratio(bad="{ status = error }", weight="10"))
    assert (found.total[0, 0], found.good[0, 0]) == (55, 35)
    assert found.sampled is not None
    assert found.sampled.squares[0, 0] == 5 * 100 + 25
    assert found.sampled.squares_bad[0, 0] == 200
    assert not found.sampled.unknown.any()


def test_time_in_which_nobody_took_spans_in_was_not_seen(counted: Answering) -> None:
    heard = [(START + 1800, START + 7200)]
    late = MadeSpans(np.array([START + 5000.0]), service="shop")
    found = counted([late], ratio(good="{ }"), heard=heard)
    assert found.watched is not None
    assert found.watched.tolist() == [30, 60, 0]
    assert found.seen.tolist() == [[30, 60, 0]]


def test_nothing_that_matches_is_no_group_and_was_watched(counted: Answering) -> None:
    found = counted([evenly(3)], ratio(total='{ resource.service.name = "shoop" }', good="{ }"))
    assert found.groups == ()
    assert found.watched is not None
    assert found.watched.tolist() == [60, 60, 60]


def test_a_store_that_is_not_there_is_no_failure(tmp_path: Path) -> None:
    from cdctl.stores.spans.duck import DuckSpans

    found = answered(TracesSource(DuckSpans(tmp_path / "none")), request(ratio(good="{ }")))
    assert isinstance(found, SourceAnswer)
    assert found.buckets[0].watched is not None
    assert not found.buckets[0].watched.any()
    assert found.warnings == (f"there is no span store ({tmp_path}/none)",)


@pytest.mark.parametrize(
    ("indicator", "reason"),
    [
        (RawRatio(query("{ }")), "spans are counted, so they make no raw ratio"),
        (ratio(good="{ duration ~ 5s }"), "operator"),
        (ratio(good="{ }", spans="most"), "spans is 'most'"),
    ],
)
def test_what_cannot_be_asked_is_the_specs_fault(tmp_path: Path, indicator: object, reason: str) -> None:
    found = answered(TracesSource(stored(tmp_path, [])), request(indicator))
    assert isinstance(found, SourceFailure)
    assert found.mine
    assert reason in found.reason


def test_a_store_of_another_kind_is_the_platforms_fault(tmp_path: Path) -> None:
    stored(tmp_path, [evenly(1)])
    (tmp_path / "manifest.sqlite").write_bytes(b"no database" * 1000)
    from cdctl.stores.spans.duck import DuckSpans

    found = answered(TracesSource(DuckSpans(tmp_path)), request(ratio(good="{ }")))
    assert isinstance(found, SourceFailure)
    assert not found.mine


def test_evidence_says_what_was_counted(tmp_path: Path) -> None:
    found = answered(TracesSource(stored(tmp_path, [])), request(ratio(errors="convention", spans="root")))
    assert [(one.source, one.query, one.at) for one in found.evidence] == [
        ("traces", f"total: root spans {SHOP}", SPAN.end),
        ("traces", "bad: of these { }, that failed by the conventions", SPAN.end),
    ]


def test_questions_are_the_same_however_they_are_written(tmp_path: Path) -> None:
    source = TracesSource(stored(tmp_path, []))
    one = source.fingerprint(ratio(good="{ duration < 5s }"), ("region",))
    assert one == source.fingerprint(ratio(good="{duration<5000ms}"), ("region",))
    others = [
        (ratio(good="{ duration < 6s }"), ("region",)),
        (ratio(bad="{ duration < 5s }"), ("region",)),
        (ratio(good="{ duration < 5s }", spans="all"), ("region",)),
        (ratio(good="{ duration < 5s }", weight="1"), ("region",)),
        (ratio(good="{ duration < 5s }"), ("model",)),
        (ratio(good="{ duration < 5s }"), ()),
    ]
    assert len({one, *(source.fingerprint(*other) for other in others)}) == len(others) + 1


def test_two_stores_are_two_identities_and_late_imports_change_one(tmp_path: Path) -> None:
    first, second = (TracesSource(stored(tmp_path / name, [evenly(1)])) for name in "ab")
    assert first.identity != second.identity
    before = first.identity
    assert before == TracesSource(stored(tmp_path / "a", [])).identity
    assert LAG == first.lag == 120
    assert before != TracesSource(stored(tmp_path / "a", [evenly(2)], seed=9)).identity
