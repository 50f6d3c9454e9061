"""Which attributes may be causes."""

from __future__ import annotations

import numpy as np
import pytest

from cdctl.domain.traces.batch import Coded
from cdctl.domain.why.attributes import ABSENT, choose, same_values
from cdctl.domain.why.events import Column, Events, Origin, recoded

N = 2_000
RNG = np.random.default_rng(1)
BAD = (np.arange(N) % 10 == 0).astype(float)


def texts(*values: str) -> list[str]:
    return [values[i] for i in RNG.integers(0, len(values), N)]


def events(**columns: tuple[list[str], Origin]) -> Events:
    made = tuple(Column(name.replace("__", "."), recoded(told), origin) for name, (told, origin) in columns.items())
    return Events(BAD, np.ones(N), np.ones(N), np.zeros(N, np.int64), made)


def reasons(told: Events, *defining: str) -> dict[str, str]:
    return {one.attribute: one.reason for one in choose(told, defining).left_out}


def test_what_defines_the_sli_is_left_out() -> None:
    told = events(kind=(texts("a", "b"), "span"), region=(texts("eu", "us"), "span"))
    assert reasons(told, "kind") == {"kind": "the SLI is defined by it"}
    assert [column.name for column in choose(told).columns] == ["region", "kind"]


@pytest.mark.parametrize(
    "name",
    [
        "status", "http.response.status_code", "rpc.grpc.status_code", "error", "error.type", "exception.message",
        "otel.status_description", "command.outcome", "code", "le", "job.result", "failure_reason",
    ],
)  # fmt: skip
def test_what_says_how_it_ended_is_left_out(name: str) -> None:
    told = events(**{name.replace(".", "__"): (texts("a", "b"), "resource")})
    assert reasons(told) == {name: "it says how an event ended"}


@pytest.mark.parametrize("name", ["country_code", "statistics", "terror", "encoder", "region", "http.route", "level"])
def test_what_only_sounds_like_it_stays(name: str) -> None:
    told = events(**{name.replace(".", "__"): (texts("a", "b"), "resource")})
    assert [column.name for column in choose(told).columns] == [name]


def test_what_says_the_same_as_being_bad_is_left_out_wherever_nobody_knows_better() -> None:
    same = ["late" if bad else "fine" for bad in BAD]
    only_then = ["boom" if bad else "" for bad in BAD]
    nearly = ["late" if bad and i % 20 else "fine" for i, bad in enumerate(BAD)]
    told = events(a=(same, "span"), b=(only_then, "span"), c=(nearly, "span"), pod=(same, "resource"))
    assert reasons(told) == dict.fromkeys(("a", "b"), "it says the same as being bad")
    assert {column.name for column in choose(told).columns} == {"c", "pod"}
    software = events(sw=(same, "span"))
    assert [column.name for column in choose(software).columns] == ["sw"]


def test_names_of_single_things_are_no_causes() -> None:
    many = [f"x{i}" for i in range(N)]
    told = events(trace__id=(texts("a", "b"), "span"), vin=(texts("a", "b"), "span"), order=(many, "span"))
    chosen = choose(told)
    assert chosen.columns == ()
    assert {column.name for column in chosen.ids} == {"trace.id", "vin", "order"}
    fifty = [f"x{i % 50}" for i in range(N)]
    assert [column.name for column in choose(events(pod=(fifty, "resource"))).columns] == ["pod"]


def test_of_several_that_divide_alike_one_is_searched() -> None:
    fw = texts("1", "2", "3")
    told = events(
        firmware=([f"fw {value}" for value in fw], "span"), sw=(fw, "fleet"), other=(texts("1", "2", "3"), "span")
    )
    chosen = choose(told)
    assert [column.name for column in chosen.columns] == ["sw", "other"]
    assert chosen.same == {"sw": ("firmware",)}
    assert list(same_values(chosen.same)) == ["sw says the same as firmware"]


def test_absence_is_a_value_where_most_events_have_one() -> None:
    mostly = ["" if i % 5 == 0 else "a" for i in range(N)]
    seldom = ["a" if i % 3 == 0 else "" for i in range(N)]
    known = ["" if i % 7 == 0 else "a" for i in range(N)]
    told = events(mostly=(mostly, "span"), seldom=(seldom, "span"), model=(known, "fleet"))
    columns = {column.name: column.coded for column in choose(told).columns}
    assert list(columns["mostly"].values) == ["a", ABSENT]
    assert int((columns["mostly"].codes == 1).sum()) == N // 5
    assert list(columns["seldom"].values) == ["a"]
    assert list(columns["model"].values) == ["a"]


def test_one_value_for_all_is_nothing_to_search() -> None:
    assert choose(events(service=(["a"] * N, "resource"))).columns == ()
    assert (
        choose(
            Events(BAD, BAD, BAD, BAD.astype(np.int64), (Column("x", Coded(np.full(N, -1, np.int32), []), "span"),))
        ).columns
        == ()
    )
