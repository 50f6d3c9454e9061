"""What `cdctl broker` shows, from made-up facts: percentiles, bars, figures of $SYS, bounded lists, hostile topics."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from cdctl.application.broker import Facts, Pings
from cdctl.application.broker_top import Heard, Weights, count, label
from cdctl.cli.broker_rows import amount, fact, pinged, spark, untold
from cdctl.cli.broker_tops import notes, tops
from cdctl.domain.heavy import Heavy


def test_percentiles_are_by_nearest_rank_and_losses_are_none():
    row = pinged(Pings("eu", "mqtt://b", 1, [second / 1000 for second in range(1, 101)] + [None] * 25))
    assert (row["p50_ms"], row["p90_ms"], row["p99_ms"], row["max_ms"]) == (50, 90, 99, 100)
    assert (row["sent"], row["received"], row["loss"]) == (125, 100, 0.2)
    none = pinged(Pings("eu", "mqtt://b", 0, [None]))
    assert (none["p50_ms"], none["loss"], none["history"]) == (None, 1.0, "x")
    assert pinged(Pings("eu", "mqtt://b", 0, error="gone"))["loss"] is None


@pytest.mark.parametrize(
    ("values", "drawn"),
    [([], ""), ([0.1, 0.2, None, 0.4], "▃▅x█"), ([0.0, 0.0], "▁▁"), ([1.0] * 79 + [None], "█" * 39 + "x")],
)
def test_bars(values, drawn):
    assert spark(values) == drawn


def sys(**told: str) -> Facts:
    topics = {f"$SYS/broker/{name.replace('__', '/')}": text for name, text in told.items()}
    return Facts("eu", "mqtt://b", sys=topics)


def test_figures_of_sys():
    row = fact(sys(version="mosquitto version 2.0.11", uptime="90 seconds", load__publish__received__1min="120.6"))
    assert (row["version"], row["uptime_s"], row["received_per_s"]) == ("mosquitto version 2.0.11", 90, 2.0)
    emqx = Facts(
        "eu", "mqtt://b", sys={"$SYS/brokers/emqx@h/version": "5.8.0", "$SYS/brokers/emqx@h/uptime": "1 hours"}
    )
    assert (fact(emqx)["version"], fact(emqx)["uptime_s"]) == ("5.8.0", None)


@pytest.mark.parametrize("hostile", ["nan", "inf", "0x10", "1e999", "-", "1.2.3", "٣", "", "\x1b[2J"])
def test_what_is_no_number_is_none(hostile):
    row = fact(sys(clients__connected=hostile, uptime=hostile, load__publish__sent__1min=hostile))
    assert row["clients"] == hostile
    assert row["uptime_s"] is None
    assert row["sent_per_s"] is None


def test_what_a_mosquitto_did_not_tell():
    assert untold(sys(load__messages="1", clients__connected="3")) == "subscriptions, stored, retained"
    assert untold(Facts("eu", "mqtt://b")) == ""


@pytest.mark.parametrize(
    ("size", "said"),
    [(0, "0 B"), (999, "999 B"), (1200, "1.2 kB"), (3_450_000, "3.5 MB"), (2e12, "2,000.0 GB"), (None, "")],
)
def test_bytes_for_people(size, said):
    assert amount(size) == said


def message(topic: str, payload: bytes = b"", retain: bool = False) -> SimpleNamespace:
    return SimpleNamespace(topic=topic, payload=payload, retain=retain)


def test_topics_by_level():
    assert label("cd/eu/VIN/tele", frozenset({1, 2, 4})) == "cd/eu/+/tele"
    assert label("a", frozenset({2})) == "+"
    assert len(label("/".join("abcdefghijklmnopqrstuvwxyz"), frozenset())) < 40


def test_memory_is_bounded_and_the_error_is_told():
    heard = Heard("eu", "mqtt://b", seconds=1.0, vehicle_level=3)
    heard.topics = Weights(Heavy(10), Heavy(10))
    heard.vehicles = Weights(Heavy(10), Heavy(10))
    for number in range(500):
        run = [message(f"cd/eu/V{number}/t{number}", b"x"), message("cd/eu/LOUD/tele", b"x" * 9)]
        count(heard, run, frozenset({4}), "cd/eu/")
    assert max(len(w.weights) for w in (heard.topics.messages, heard.vehicles.bytes)) <= 20
    document = json.loads(tops([heard], 3, "json", None))
    assert document["noisiest"][0]["name"] == "LOUD"
    assert document["noisiest"][0]["messages"] + document["noisiest"][0]["at_most_more"] >= 500
    said = "\n".join(notes([heard]))
    assert "more topics than are counted one by one: each figure may be too low by up to" in said
    assert "more vehicles" in said


def test_few_are_counted_exactly_and_nothing_is_said_of_errors():
    heard = Heard("eu", "mqtt://b", seconds=2.0)
    count(
        heard, [message("cd/eu/V/tele", b"xx"), message("cd/eu/V/birth", b"xx", retain=True)], frozenset({4}), "cd/eu/"
    )
    assert (heard.count, heard.kept, heard.longest) == (1, 1, (2, "cd/eu/V/tele"))
    assert list(notes([heard])) == [
        "region eu: 1 messages (0.5/s), 2 B in 2s; the largest message had 2 B; 1 retained ones are not counted"
    ]


@pytest.mark.parametrize("form", ["table", "wide", "json", "jsonl", "csv"])
def test_hostile_topics_act_on_nothing(form):
    hostile = "\x1b]52;c;aGk=\x07\x9b2J\u202e"
    heard = Heard("eu", "mqtt://b", seconds=1.0, vehicle_level=3)
    count(heard, [message(f"cd/eu/{hostile}/{hostile}")], frozenset({3, 4}), "cd/eu/")
    for hide in (False, True):
        assert not set(tops([heard], 5, form, 80, hide=hide)) & set("\x1b\x07\x9b\u202e")
