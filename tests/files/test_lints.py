"""What is legal and cannot work as its author thinks."""

from __future__ import annotations

import pytest

from cdctl.domain.slo.objective import Indicator, Query, Ratio, RawRatio, Threshold
from cdctl.files.lints import silence_passes

OR = "sum(x) or vector(0)"
PASSES: dict[str, Indicator] = {
    "a total": Ratio(Query(OR), bad=Query("b")),
    "a total, as Sloth writes it": Ratio(Query("sum(x)\n  OR on () vector( 0 )"), bad=Query("b")),
    "a total inside another": Ratio(
        Query("sum_over_time((count(x > 0) or on() vector(0))[{{window}}:])"), bad=Query("b")
    ),
    "a raw ratio of failures": RawRatio(Query(OR), success=False),
    "a raw ratio of successes": RawRatio(Query("x or vector(1)")),
    "a threshold": Threshold(Query(OR), "lt", 5),
    "beside a text": RawRatio(Query("""sum(x{a="'"}) or vector(0) # it's"""), success=False),
}
FAILS: dict[str, Indicator] = {
    "absent bad events are none anyway": Ratio(Query("sum(x)"), bad=Query(OR)),
    "absent good events, too": Ratio(Query("sum(x)"), good=Query(OR)),
    "a raw ratio that stands for failure": RawRatio(Query("x or vector(1)"), success=False),
    "a raw ratio without success": RawRatio(Query(OR)),
    "a threshold on the other side": Threshold(Query(OR), "gt", 5),
    "inside a text": RawRatio(Query("""sum(x{a="or vector(0)", b='or vector(0)', c=`or vector(0)`})"""), success=False),
    "in a remark": RawRatio(Query("sum(x) # or vector(0)"), success=False),
    "no number": RawRatio(Query("x or vector(1.2.3)"), success=False),
    "another series": Ratio(Query("sum(x) or sum(y)"), bad=Query("b")),
}


@pytest.mark.parametrize("case", PASSES)
def test_a_constant_that_makes_silence_a_success_is_told(case: str) -> None:
    (fault,) = silence_passes(PASSES[case])
    assert "as if all were well" in fault.reason
    assert ("other readers" in fault.hint) != isinstance(PASSES[case], Threshold)
    assert fault.query.text[fault.offset :].lower().startswith("or")


@pytest.mark.parametrize("case", FAILS)
def test_one_that_does_no_harm_is_not(case: str) -> None:
    assert list(silence_passes(FAILS[case])) == []


def test_it_is_a_warning_with_its_place(reading, edited) -> None:
    found = reading(edited(("query: commands_total}", "query: sum(commands_total) or vector(0)}")))
    assert [str(warning) for warning in found.warnings] == [
        "1.yaml:12:66: warning: `or vector(0)` answers for series that are gone, or misspelt, as if all "
        "were well (delete it; cdctl takes such time for not covered, other readers of the query do not)"
    ]
    assert reading(edited(("query: 'commands_total{", "query: 'commands_total or vector(0){"))).warnings == ()
