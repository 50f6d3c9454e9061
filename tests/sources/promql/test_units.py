"""What a result is counted in, and where that cannot be told."""

from __future__ import annotations

import pytest

from cdctl.sources.promql.parsing import parse
from cdctl.sources.promql.refusal import QueryError
from cdctl.sources.promql.units import Unit, unit


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sum(rate(x[5m]))", Unit.RATE),
        ("2 * (sum(irate(x[5m])) + 0)", Unit.RATE),
        ("-deriv(x[5m])", Unit.RATE),
        ("sum(rate(x[5m])) / 60", Unit.RATE),
        ("sum(rate(x[5m])) or vector(0)", Unit.RATE),
        ("vector(0) or sum(rate(x[5m]))", Unit.RATE),
        ("0.01 < sum(rate(x[5m]))", Unit.RATE),
        ("avg_over_time(sum(rate(x[5m]))[1h:1m])", Unit.RATE),
        ("clamp_min(sum(rate(x[5m])), 0)", Unit.RATE),
        ("sum(rate(x[5m])) / sum(rate(y[5m])) * sum(rate(y[5m]))", Unit.RATE),
        ("sum(increase(e[5m])) and on() (sum(rate(t[5m])) > 0.01)", Unit.EVENTS),
        ("sum(increase(e[5m])) unless rate(t[5m]) > 1", Unit.EVENTS),
        ("sum(increase(e[5m])) * on() (sum(rate(t[5m])) > bool 0.01)", Unit.EVENTS),
        ("sum(increase(e[5m])) - sum(increase(f[5m]))", Unit.EVENTS),
        ("count_over_time(sum(rate(x[5m]))[1h:1m])", Unit.EVENTS),
        ("sum_over_time(count(x < 0.75)[1h:])", Unit.EVENTS),
        ("sqrt(increase(x[5m]))", Unit.EVENTS),
        ("count(rate(x[5m]) > 1)", Unit.PLAIN),
        ("sum(rate(x[5m])) / sum(rate(y[5m]))", Unit.PLAIN),
        ("histogram_quantile(0.9, sum by (le) (rate(x[5m])))", Unit.PLAIN),
        ("absent(rate(x[5m]))", Unit.PLAIN),
        ("x", Unit.PLAIN),
        ("x and rate(y[5m])", Unit.PLAIN),
        ("1", Unit.PLAIN),
    ],
)
def test_units(text: str, expected: Unit) -> None:
    assert unit(parse(text), text) is expected


@pytest.mark.parametrize(
    ("text", "said", "place"),
    [
        ("sum(increase(e[5m])) - sum(rate(x[5m]))", "mixes rates", "rate(x"),
        ("sum(increase(e[5m])) or sum(rate(x[5m]))", "mixes rates", "rate(x"),
        ("rate(x[5m]) * increase(y[5m])", "has \\* between", "rate(x"),
        ("increase(y[5m]) / irate(x[5m])", "has / between", "irate(x"),
        ("rate(x[5m]) ^ 2", r"has \^ between", "rate(x"),
        ("sum_over_time(rate(x[5m])[1h:1m])", r"has sum_over_time\( \) of a rate", "rate(x"),
    ],
)
def test_what_is_neither_events_nor_a_rate_is_refused_with_its_place(text: str, said: str, place: str) -> None:
    with pytest.raises(QueryError, match=said) as refused:
        unit(parse(text), text)
    assert refused.value.offset == text.index(place)
    assert "increase" in refused.value.hint
    assert repr(text) not in refused.value.brief
