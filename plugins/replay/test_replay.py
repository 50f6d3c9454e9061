"""The replay source, through the real loader."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from cdctl.api import (
    BucketRequest,
    Indicator,
    Inspector,
    Query,
    Ratio,
    RawRatio,
    Source,
    SourceAnswer,
    SourceFailure,
    Span,
    Threshold,
    UsageError,
)
from cdctl.testing.plugins import catalogue_of, check_folder
from cdctl.testing.sources import check_source

FOLDER = Path(__file__).parent
START = 1_750_000_200
HEAD = "time,metric,value,region,result\n"


def query(text: str, **settings: str) -> Query:
    return Query(text, "replay", settings)


def ratio(total: str = "x", good: str = "", bad: str = "", counter: bool = True) -> Ratio:
    return Ratio(query(total), query(good) if good else None, query(bad) if bad else None, counter)


def ask(indicator: Indicator, *spans: Span, by: tuple[str, ...] = (), key: str = "a") -> BucketRequest:
    spans = spans or (Span(START, START + 600, 300),)
    return BucketRequest(key, indicator, by, spans, max(span.end for span in spans))


@pytest.fixture
def source() -> Callable[..., Source]:
    catalogue = catalogue_of(FOLDER)
    return lambda **settings: catalogue.source("replay", settings)


def fetched(source: Source, request: BucketRequest) -> SourceAnswer | SourceFailure:
    async def run() -> list[SourceAnswer | SourceFailure]:
        return [answer async for answer in source.fetch([request])]

    (answer,) = asyncio.run(run())
    return answer


def answered(source: Source, request: BucketRequest) -> SourceAnswer:
    answer = fetched(source, request)
    assert isinstance(answer, SourceAnswer), answer
    return answer


def refused(source: Source, request: BucketRequest) -> SourceFailure:
    answer = fetched(source, request)
    assert isinstance(answer, SourceFailure)
    return answer


def written(folder: Path, rows: Sequence[str], name: str = "a.csv", head: str = HEAD) -> str:
    path = folder / name
    path.write_text(head + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return str(path)


def samples(metric: str, pairs: Sequence[tuple[float, float]], labels: str = "eu,ok") -> list[str]:
    return [f"{START + second:.15g},{metric},{value!r},{labels}" for second, value in pairs]


REQUESTS = [
    ask(ratio("commands_total", good='commands_total{result="ok"}'), by=("region",), key="good"),
    ask(ratio("commands_total", bad='sum(rate(commands_total{result!="ok"}[5m]))'), key="bad"),
    ask(ratio("commands_total", good='commands_total{result="ok"}', counter=False), key="events"),
    ask(Threshold(query("message_age_seconds"), "lte", 10.0), by=("region",), key="threshold"),
    ask(ratio("nowhere_total", good="nowhere_total"), by=("region",), key="absent"),
]
EXAMPLE_HOUR = 1_749_996_000


def shifted(requests: Sequence[BucketRequest]) -> list[BucketRequest]:
    """The same over the hour of the example, in a coarse and a fine span."""
    spans = (Span(EXAMPLE_HOUR - 3600, EXAMPLE_HOUR + 3600, 3600), Span(EXAMPLE_HOUR, EXAMPLE_HOUR + 3600, 300))
    return [replace(request, spans=spans, at=EXAMPLE_HOUR + 3600) for request in requests]


def test_the_folder_is_a_good_plugin() -> None:
    findings = check_folder(FOLDER)
    assert [finding for finding in findings if not finding.passed] == []
    assert any(finding.check == "sources.replay loads" for finding in findings)


def test_contract(source: Callable[..., Source]) -> None:
    nonsense = ask(ratio("a / b", good="a"), key="nonsense")
    check_source(lambda: source(file=str(FOLDER / "incident.csv")), shifted(REQUESTS), refused=shifted([nonsense]))


def test_the_example_tells_its_story(source: Callable[..., Source]) -> None:
    (request, *_) = shifted(REQUESTS)
    _, fine = answered(source(file=str(FOLDER / "incident.csv")), request).buckets
    assert fine.groups == (("eu",), ("us",))
    assert fine.total.sum(axis=1).tolist() == [60 * 40, 60 * 25]
    bad = (fine.total - fine.good)[0]
    assert bad[4:7].tolist() == [5 * 12.0] * 3
    assert bad.sum() == 15 * 12 + 2


def test_parquet_answers_the_same(source: Callable[..., Source], tmp_path: Path) -> None:
    lines = (FOLDER / "incident.csv").read_text().splitlines()
    columns = list(zip(*(line.split(",") for line in lines[1:]), strict=True))
    table = {
        "time": pa.array(np.array([time.rstrip("Z") for time in columns[0]], dtype="datetime64[ms]")),
        "metric": pa.array(columns[1]),
        "value": pa.array([float(value) for value in columns[2]]),
        "region": pa.array(columns[3]).dictionary_encode(),
        "result": pa.array([value or None for value in columns[4]]),
    }
    parquet.write_table(pa.table(table), tmp_path / "incident.parquet")
    from_csv, from_parquet = source(file=str(FOLDER / "incident.csv")), source(file=str(tmp_path / "incident.parquet"))
    for request in shifted(REQUESTS):
        for left, right in zip(
            answered(from_csv, request).buckets, answered(from_parquet, request).buckets, strict=True
        ):
            assert left.groups == right.groups
            for name in ("good", "total", "seen"):
                np.testing.assert_array_equal(getattr(left, name), getattr(right, name))


def test_event_truth(source: Callable[..., Source], tmp_path: Path) -> None:
    """Whatever the phase of the scrapes, resets and births: what happened is what is counted."""
    chance = random.Random(3)
    rows: list[str] = []
    truth = {"ok": 0, "failed": 0}
    for result, born in (("ok", 0), ("ok", 0), ("failed", 1900), ("ok", 2500)):
        value, phase = 1000 if born == 0 else 0, chance.uniform(0.1, 29)
        pairs: list[tuple[float, float]] = []
        for tick in range(240):
            second = tick * 30 + phase
            if second < born:
                continue
            happened = chance.choice([0, 1, 2, 500]) if pairs or born else 0
            value = happened if pairs and tick == 100 else value + happened
            truth[result] += happened
            pairs.append((second, value))
        rows += samples("x", pairs, f"{phase:.9f},{result}")
    request = ask(ratio("x", bad='x{result="failed"}'), Span(START, START + 7200, 300))
    (buckets,) = answered(source(file=written(tmp_path, rows)), request).buckets
    assert buckets.total.sum() == truth["ok"] + truth["failed"]
    assert (buckets.total - buckets.good).sum() == truth["failed"]


@pytest.mark.parametrize(
    ("pairs", "total", "seen"),
    [
        ([(60, 100), (120, 103), (420, 110)], [3, 7], [2, 1]),
        ([(0, 100), (300, 105), (600, 106)], [5, 1], [1, 1]),
        ([(60, 100), (120, 4), (180, 6)], [6, 0], [3, 0]),
        ([(60, 100), (1500, 150)], [0, 0], [1, 0]),
    ],
    ids=["steps", "an edge belongs to the bucket it ends", "reset", "gap"],
)
def test_counters(
    source: Callable[..., Source],
    tmp_path: Path,
    pairs: list[tuple[float, float]],
    total: list[float],
    seen: list[float],
) -> None:
    file = written(tmp_path, samples("x", pairs))
    (buckets,) = answered(source(file=file), ask(ratio("x", good="x"))).buckets
    assert (buckets.total[0].tolist(), buckets.seen[0].tolist()) == (total, seen)
    assert buckets.good[0].tolist() == total


def test_values_may_be_events_whatever_the_spec_says(source: Callable[..., Source], tmp_path: Path) -> None:
    file = written(tmp_path, samples("x", [(60, 3), (360, 5)]))
    request = ask(ratio("x", good="x"))
    assert answered(source(file=file, values="events"), request).buckets[0].total[0].tolist() == [3, 5]
    assert answered(source(file=file), request).buckets[0].total[0].tolist() == [0, 2]
    assert source(file=file).fingerprint(request.indicator, ()) != source(file=file, values="events").fingerprint(
        request.indicator, ()
    )


def test_thresholds_and_raw_ratios_count_looks(source: Callable[..., Source], tmp_path: Path) -> None:
    file = written(tmp_path, [*samples("x", [(60, 0.25), (120, 0.5), (360, 1)]), f"{START + 420},x,NaN,eu,ok"])
    (raw,) = answered(source(file=file), ask(RawRatio(query("x")))).buckets
    assert (raw.good[0].tolist(), raw.total[0].tolist()) == ([0.75, 1], [2, 1])
    (failures,) = answered(source(file=file), ask(RawRatio(query("x"), success=False))).buckets
    assert failures.good[0].tolist() == [1.25, 0]
    (below,) = answered(source(file=file), ask(Threshold(query("x"), "lt", 0.5))).buckets
    assert (below.good[0].tolist(), below.total[0].tolist()) == ([1, 0], [2, 1])


@pytest.mark.parametrize(
    ("text", "total"),
    [
        ("x", 15),
        ('x{region="eu"}', 3),
        ("x{region!='eu'}", 12),
        ('x{region=~"e.|us"}', 7),
        ('x{region=~"e"}', 0),
        ('x{region!~"e.*"}', 12),
        ('x{result=""}', 8),
        ('x{region="u\\"s"}', 0),
        ('x{region=~`a\\w+`, result="",}', 8),
        ("sum(x)", 15),
        ("sum by (region) (rate(x[5m]))", 15),
        ('sum(increase(x{region="us"}[{{window}}])) by (region)', 4),
    ],
)
def test_selectors(source: Callable[..., Source], tmp_path: Path, text: str, total: float) -> None:
    rows = [
        *samples("x", [(0, 1), (60, 4)], "eu,ok"),
        *samples("x", [(0, 1), (60, 5)], "us,ok"),
        *samples("x", [(0, 1), (60, 9)], "apac,"),
    ]
    (buckets,) = answered(source(file=written(tmp_path, rows)), ask(ratio(text, good=text))).buckets
    assert buckets.total.sum() == total


@pytest.mark.parametrize("text", ["x / y", "sum(x) / sum(y)", 'x{region="eu"', "x{region}", 'x{region=~"("}', ""])
def test_a_query_that_is_no_selector_is_the_specs_fault(
    source: Callable[..., Source], tmp_path: Path, text: str
) -> None:
    failure = refused(source(file=written(tmp_path, samples("x", [(0, 1)]))), ask(ratio(text, good="x")))
    assert failure.mine
    assert "README" in failure.hint


def test_good_beyond_total_is_cut_and_said(source: Callable[..., Source], tmp_path: Path) -> None:
    rows = samples("x", [(0, 0), (60, 4)]) + samples("y", [(0, 0), (60, 9)])
    answer = answered(source(file=written(tmp_path, rows)), ask(ratio("x", good="y")))
    assert answer.buckets[0].good[0].tolist() == [4, 0]
    assert answer.warnings == ("good was more than total in 1 buckets and was cut to it",)


def test_a_missing_metric_is_no_data_with_the_nearest_name(source: Callable[..., Source], tmp_path: Path) -> None:
    file = written(tmp_path, samples("commands_total", [(0, 1), (60, 2)]))
    answer = answered(source(file=file), ask(ratio("comands_total", good='commands_total{region="mars"}')))
    assert answer.buckets[0].groups == ()
    assert answer.warnings[0] == f"{file} has no metric comands_total; did you mean commands_total?"
    assert "no series of it" in answer.warnings[1]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "{file} is empty"),
        ("time,metric\n", "{file}:1: there is no column 'value'"),
        ("time,metric,value,a,a\n", "{file}:1: there are two columns 'a'"),
        ("time,metric,value,\n", "{file}:1: a column has no name"),
        (HEAD + "1,x,2\n", "{file}:2: 3 cells where the header has 5"),
        (HEAD + "1,x,2,eu,ok\n2,x,two,eu,ok\n", "{file}:3: value 'two' is no number"),
        (HEAD + "1,x,inf,eu,ok\n", "{file}:2: value is infinite"),
        (HEAD + "noon,x,2,eu,ok\n", "{file}:2: time 'noon' is neither epoch seconds nor RFC 3339"),
        (HEAD + "2025-06-15T15:10:00,x,2,eu,ok\n", "{file}:2: time '2025-06-15T15:10:00' has no time zone"),
        (HEAD + "1750000200000,x,2,eu,ok\n", "{file}:2: time '1750000200000' is not in seconds"),
        (HEAD + "1,,2,eu,ok\n", "{file}:2: metric is empty"),
        (HEAD + "1,x,2,eu,ok\n1,x,3,eu,ok\n", "{file}: the series 'x eu ok' has two values at 1"),
        (HEAD + '1,x,2,"eu,ok\n', "{file} cannot be read: unexpected end of data"),
        (HEAD + "1,x,a,eu,ok\n" * 5, "; and 2 more"),
    ],
)
def test_a_bad_file_is_refused_with_its_lines(
    source: Callable[..., Source], tmp_path: Path, text: str, reason: str
) -> None:
    file = tmp_path / "a.csv"
    file.write_text(text)
    failure = refused(source(file=str(file)), ask(ratio("x", good="x")))
    assert reason.format(file=file) in failure.reason
    assert not failure.mine


def test_files_that_are_no_recordings(source: Callable[..., Source], tmp_path: Path) -> None:
    request = ask(ratio("x", good="x"))
    assert "No such file" in refused(source(file=str(tmp_path / "gone.csv")), request).reason
    assert "neither .csv nor .parquet" in refused(source(file=str(tmp_path / "a.json")), request).reason
    assert "no file is named" in refused(source(), request).reason
    (tmp_path / "a.parquet").write_bytes(b"PAR1 is not enough")
    assert "cannot be read" in refused(source(file=str(tmp_path / "a.parquet")), request).reason
    (tmp_path / "latin.csv").write_bytes(HEAD.encode() + b"1,x,2,\xe9,ok\n")
    assert "is not UTF-8" in refused(source(file=str(tmp_path / "latin.csv")), request).reason


def test_a_parquet_row_is_named_by_its_number(source: Callable[..., Source], tmp_path: Path) -> None:
    table = pa.table({"time": [1.0, 2.0], "metric": ["x", "x"], "value": ["1", "one"]})
    parquet.write_table(table, tmp_path / "a.parquet")
    failure = refused(source(file=str(tmp_path / "a.parquet")), ask(ratio("x", good="x")))
    assert "a.parquet: row 2: value 'one' is no number" in failure.reason


@pytest.mark.parametrize("value", ["-1", "1.5"])
def test_a_value_that_its_use_forbids(source: Callable[..., Source], tmp_path: Path, value: str) -> None:
    file = written(tmp_path, [f"{START + 60},x,{value},eu,ok"])
    failure = refused(source(file=file), ask(RawRatio(query("x"))))
    assert f"a ratio is {value} at {START + 60}" in failure.reason
    if value == "-1":
        assert "a counter is -1" in refused(source(file=file), ask(ratio("x", good="x"))).reason


def test_it_can_be_looked_at_before_it_is_asked(source: Callable[..., Source], tmp_path: Path) -> None:
    made = source(file=str(FOLDER / "incident.csv"))
    assert isinstance(made, Inspector)
    ok, found, _ = asyncio.run(made.probe())
    assert (ok, found) == (True, "5 series of 2 metrics, 2025-06-15T14:00:00Z to 2025-06-15T15:00:00Z")
    good, total = asyncio.run(made.inspect([ask(ratio("commands_total", good='comands_total{result="ok"}'))]))[::-1]
    assert (good.ok, good.text.endswith("did you mean commands_total?")) == (False, True)
    assert total.text == "4 series for commands_total, from 2025-06-15T14:00:00Z to 2025-06-15T15:00:00Z"
    (nonsense,) = asyncio.run(made.inspect([ask(RawRatio(query("a / b")))]))
    assert not nonsense.ok


def test_a_look_at_a_bad_file_says_why(source: Callable[..., Source], tmp_path: Path) -> None:
    made = source(file=str(tmp_path / "gone.csv"))
    assert isinstance(made, Inspector)
    ok, found, hint = asyncio.run(made.probe())
    assert (ok, hint) == (False, "is the path right?")
    assert "No such file" in found
    (finding,) = asyncio.run(made.inspect([ask(RawRatio(query("x")))]))
    assert (finding.ok, finding.hint) == (False, "is the path right?")
    empty = source(file=written(tmp_path, []))
    assert isinstance(empty, Inspector)
    assert asyncio.run(empty.probe()) == (True, "0 series of 0 metrics, nothing to nothing", "")


def test_a_query_may_name_its_own_file(source: Callable[..., Source], tmp_path: Path) -> None:
    one = written(tmp_path, samples("x", [(0, 0), (60, 7)]), "one.csv")
    two = written(tmp_path, samples("x", [(0, 0), (60, 8)]), "two.csv")
    asked = ask(Ratio(query("x", file=two), query("x", file=two)))
    assert answered(source(file=one), asked).buckets[0].total.sum() == 8
    plain = ask(ratio("x", good="x"))
    assert source(file=one).fingerprint(asked.indicator, ()) != source(file=one).fingerprint(plain.indicator, ())


def test_a_file_that_was_written_again_is_other_data(source: Callable[..., Source], tmp_path: Path) -> None:
    file = written(tmp_path, samples("x", [(0, 0)]))
    before = source(file=file).identity
    assert source(file=file).identity == before
    written(tmp_path, samples("x", [(0, 0), (60, 1)]))
    assert source(file=file).identity != before


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"fiel": "a.csv"}, "no setting 'fiel'"),
        ({"file": 1}, "file must be a text"),
        ({"file": ""}, "file must be a text"),
        ({"file": "a.csv", "values": "deltas"}, "values is 'deltas'"),
    ],
)
def test_wrong_settings(source: Callable[..., Source], settings: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        source(**settings)
    assert caught.value.hint
