"""Variables: which values there are to choose from."""

from __future__ import annotations

from decimal import Decimal

import pytest
from charted import chart_of

from cdctl.domain.slo.objective import Budgeting, Indicator, Objective, Query, Ratio, RawRatio, Slo
from cdctl.domain.slo.window import Rolling
from cdctl.errors import Place
from cdctl.reports.grafana.variables import variables


def slo(indicator: Indicator, *labels: str) -> Slo:
    objectives = (Objective("ok", indicator, Decimal("0.9")),)
    return Slo("s", "x", objectives, Budgeting.OCCURRENCES, Rolling(86_400), Place("t"), group_by=labels)


@pytest.mark.parametrize(
    ("slos", "queries"),
    [
        ([slo(Ratio(Query("a"), bad=Query("b")))], []),
        (
            [slo(Ratio(Query("a"), bad=Query("b")), "x", "y"), slo(Ratio(Query("c:d"), bad=Query("a")), "y")],
            ['label_values({__name__=~"a|b"}, x)', 'label_values({__name__=~"a|b|c:d"}, y)'],
        ),
        ([slo(Ratio(Query('{job="a"}'), bad=Query("b")), "x")], ["label_values(x)"]),
        ([slo(RawRatio(Query("a / on(x) b")), "x")], ['label_values({__name__=~"a|b"}, x)']),
    ],
)
def test_values_are_those_of_the_metrics(slos: list[Slo], queries: list[str]) -> None:
    datasource, *groups = variables([chart_of(one) for one in slos])
    assert (datasource["name"], datasource["type"], datasource["query"]) == ("datasource", "datasource", "prometheus")
    assert [one["definition"] for one in groups] == queries
    assert all((one["multi"], one["includeAll"], one["allValue"]) == (True, True, ".*") for one in groups)
