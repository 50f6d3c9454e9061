"""What is legal and cannot work as its author thinks."""

from __future__ import annotations

import pytest

from cdctl.domain.slo.objective import Indicator, Query, Ratio, RawRatio, Threshold
from cdctl.files.lints import silence_passes

OR = "sum(x) or vector(0)"
LESS = "lt"
PASSES: dict[str, Indicator] = {
    "plain": Threshold(Query(OR), LESS, 5),
    "as Sloth writes it": Threshold(Query("sum(x)\n  OR on () vector( 0 )"), LESS, 5),
    "inside another": Threshold(Query("max_over_time((count(x > 0) or on() vector(0))[5m:])"), LESS, 5),
    "beside a text": Threshold(Query("""sum(x{a="'"}) or vector(0) # it's"""), LESS, 5),
}
FAILS: dict[str, Indicator] = {
    "a ratio: the series themselves are looked at": Ratio(Query(OR), bad=Query(OR)),
    "a raw ratio, too": RawRatio(Query(OR), success=False),
    "on the other side": Threshold(Query(OR), "gt", 5),
    "inside a text": Threshold(Query("""sum(x{a="or vector(0)", b='or vector(0)', c=`or vector(0)`})"""), LESS, 5),
    "in a remark": Threshold(Query("sum(x) # or vector(0)"), LESS, 5),
    "no number": Threshold(Query("x or vector(1.2.3)"), LESS, 5),
    "another series": Threshold(Query("sum(x) or sum(y)"), LESS, 5),
}


@pytest.mark.parametrize("case", PASSES)
def test_a_constant_that_makes_silence_a_success_is_told(case: str) -> None:
    (fault,) = silence_passes(PASSES[case])
    assert "as if all were well" in fault.reason
    assert fault.query.text[fault.offset :].lower().startswith("or")


@pytest.mark.parametrize("case", FAILS)
def test_one_that_does_no_harm_is_not(case: str) -> None:
    assert list(silence_passes(FAILS[case])) == []
