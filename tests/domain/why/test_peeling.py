"""Several causes, one after another; and none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from why_cases import CALM, PLANTED, Case, calm, planted

from cdctl.domain.why.peeling import RULES, Peeled, Rules, peel
from cdctl.domain.why.rows import NONE, Rows


def found(case: Case, rules: Rules = RULES) -> frozenset[frozenset[tuple[int, int]]]:
    return frozenset(
        frozenset(zip(one.cell.attributes, one.cell.values, strict=True)) for one in peel(case.rows, rules).causes
    )


@pytest.mark.parametrize("kind", sorted(set(PLANTED)))
def test_planted_faults_are_named_exactly(kind: str) -> None:
    case = planted(501, kind, 20_000)
    assert case.truth
    assert found(case) == case.truth


@pytest.mark.parametrize("kind", CALM)
def test_calm_cases_have_no_cause(kind: str) -> None:
    case = calm(601, kind, 20_000)
    assert case.rows.bad.sum() > 5
    assert found(case) == frozenset()


def test_without_its_corrections_the_search_names_the_innocent() -> None:
    """The bad twins of the calm cases: each correction is needed."""

    def named(cases: list[Rows], level: float = RULES.level) -> int:
        return sum(bool(peel(rows, Rules(most=1, level=level)).causes) for rows in cases)

    crowd = [calm(seed, kind, 20_000).rows for kind in ("retries", "vehicles") for seed in range(2)]
    assert named(crowd) == 0
    assert named([replace(rows, unit=np.full(len(rows), NONE, np.int32)) for rows in crowd]) >= 1
    mixed = [calm(seed, "mixed", 20_000).rows for seed in range(4)]
    assert named(mixed) == 0
    assert named([replace(rows, stratum=np.zeros(len(rows), np.int32)) for rows in mixed]) >= 1
    plain = [calm(seed, "plain", 20_000).rows for seed in range(2)]
    assert named(plain, level=1e9) >= 1


def small(inside: int, inside_bad: int, outside: int, outside_bad: int, units: int) -> Rows:
    """Two values of one attribute; the vehicles of value 1 fail in turn."""
    n = inside + outside
    codes = np.array([1] * inside + [0] * outside, np.int32)
    bad = np.zeros(n)
    bad[:inside_bad] = 1
    bad[inside : inside + outside_bad] = 1
    unit = np.concatenate([np.arange(inside) % units, units + np.arange(outside) % 997]).astype(np.int32)
    return Rows((codes,), (2,), bad, np.ones(n), np.arange(n, dtype=np.int32) % 7, unit)


def reasons(peeled: Peeled) -> list[str]:
    return [reason for _, reason in peeled.near]


def test_a_cause_needs_several_vehicles() -> None:
    assert len(peel(small(300, 60, 20_000, 40, units=40)).causes) == 1
    assert reasons(peel(small(300, 60, 20_000, 40, units=1))) == ["it is one vehicle"]
    assert reasons(peel(small(300, 60, 20_000, 40, units=2))) == ["it is a few vehicles"]


def test_a_cause_is_more_than_a_little_worse() -> None:
    assert reasons(peel(small(200_000, 26_000, 200_000, 20_000, units=5_000))) == ["the rate is hardly higher inside"]
    assert len(peel(small(200_000, 34_000, 200_000, 20_000, units=5_000)).causes) == 1


def test_few_bad_events_explain_nothing() -> None:
    assert peel(small(300, 4, 20_000, 0, units=40)).causes == ()
    assert reasons(peel(small(300, 5, 2_000, 20, units=40))) in (["may be chance"], [])


def test_everything_bad_or_nothing_bad_has_no_cause() -> None:
    rows = small(300, 60, 2_000, 40, units=40)
    assert peel(replace(rows, bad=np.ones(len(rows)))).causes == ()
    assert peel(replace(rows, bad=np.zeros(len(rows)))).causes == ()


def test_two_that_say_the_same_are_equals() -> None:
    rows = small(300, 60, 20_000, 40, units=40)
    twice = replace(rows, codes=(rows.codes[0], rows.codes[0]), sizes=(2, 2))
    (cause,) = peel(twice).causes
    assert [cell.attributes for cell in cause.equals] == [(1,)]
    assert cause.cell.attributes == (0,)


def test_the_peeled_are_not_counted_twice() -> None:
    case = planted(505, "pair", 20_000)
    peeled = peel(case.rows)
    assert sum(one.cell.bad for one in peeled.causes) <= case.rows.bad.sum()
    assert len(peel(case.rows, Rules(most=1)).causes) == 1
