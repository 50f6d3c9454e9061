"""Cases share a server only when none can see another's series."""

from decimal import Decimal
from pathlib import Path

import pytest

from cdctl.domain.slo.objective import Budgeting, Objective, Query, Ratio, RawRatio, Slo, Threshold
from cdctl.domain.slo.window import Rolling
from cdctl.errors import Place
from cdctl.lab.history import Series
from cdctl.lab.shelves import shelve, trial
from cdctl.lab.spec_test_file import Case


def one(slo: str, query: str, *names: str, kind: str = "threshold"):
    indicator = {
        "threshold": Threshold(Query(query), "lte", 1.0),
        "raw": RawRatio(Query(query)),
        "ratio": Ratio(total=Query("up"), bad=Query(query)),
    }[kind]
    objective = Objective("ok", indicator, Decimal("0.9"))
    promise = Slo(slo, "s", (objective,), Budgeting.OCCURRENCES, Rolling(3600), Place("f"))
    case = Case(Path("f"), "c", slo, 0, tuple(Series(name) for name in names), (), Place("f"), Place("f"))
    return trial(case, promise)


@pytest.mark.parametrize("kind", ["threshold", "raw", "ratio"])
def test_strangers_share(kind):
    trials = [one("a", "x", "x", kind=kind), one("b", "y", "y", kind=kind)]
    assert len(shelve(trials)) == 1


@pytest.mark.parametrize(
    "pair",
    [
        (one("a", "x", "x"), one("a", "y", "y")),
        (one("a", "x", "x"), one("b", "x")),
        (one("a", "x"), one("b", "y", "x")),
        (one("a", "x", "z"), one("b", "y", "z")),
        (one("a", '{__name__=~"x.*"}', "x"), one("b", "y", "y")),
        (one("a", "sum(rate(x[5m]))"), one("b", "y", "x")),
    ],
    ids=["same promise", "asks for it", "brings it", "both bring it", "any name", "inside an expression"],
)
def test_those_who_could_see_each_other_do_not(pair):
    assert len(shelve(pair)) == 2
    assert len(shelve(pair[::-1])) == 2


def test_every_trial_is_on_one_shelf():
    trials = [one("a", "x", "x"), one("a", "x", "x"), one("b", "y", "y")]
    shelves = shelve(trials)
    assert sorted(len(shelf) for shelf in shelves) == [1, 2]
    assert {id(t) for shelf in shelves for t in shelf} == {id(t) for t in trials}
