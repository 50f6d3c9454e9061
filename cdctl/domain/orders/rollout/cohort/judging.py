"""What the evidence says, as a guard's reading with numbers and words."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, isfinite

from cdctl.domain.orders.rollout.cohort.evidence import Evidence, Trial, expected, missing
from cdctl.domain.orders.rollout.cohort.means import Capital, Scale
from cdctl.domain.orders.rollout.cohort.means import missing as missing_pairs
from cdctl.domain.orders.rollout.guards import Health, Reading


@dataclass(frozen=True, slots=True)
class Toll:
    """What it cost. bad: events of the vehicles that were told; excess: those beyond what the others' rate explains,
    never negative."""

    bad: float
    excess: float


def toll(evidence: Evidence) -> Toll:
    """How much harm there was, of one run."""
    bad = float(evidence.seen.a_bad.sum())
    return Toll(bad, max(0.0, bad - float(expected(evidence))))


def of_evidence(guard: str, trial: Trial, evidence: Evidence, unit: str, at: int, unmatched: int = 0) -> Reading:
    """The reading of events. unit: what sizes are counted in, such as "commands" or "vehicle-hours"."""
    words = _counts(evidence, unit) + (f"; {unmatched} vehicles have nobody to be compared with" if unmatched else "")
    cost = toll(evidence)
    if bool(evidence.harmful.all()):
        why = f"worse than the others (alpha {trial.alpha:g}): {words}; about {ceil(cost.excess)} harmed"
        return Reading(guard, Health.BURNING, at, why, cost.excess)
    if bool(evidence.proved.all()):
        why = f"a rise of {_rise(trial)} is ruled out (power {1 - trial.beta:g}): {words}"
        return Reading(guard, Health.HEALTHY, at, why, cost.excess)
    needs = missing(trial, evidence)
    if isfinite(needs):
        return Reading(guard, Health.THIN, at, f"needs {_many(needs)} more {unit}: {words}", cost.excess)
    if evidence.seen.a_size.sum():
        return Reading(guard, Health.NO_DATA, at, f"nobody to compare with: {words}", cost.excess)
    return Reading(guard, Health.THIN, at, f"nothing was seen yet: {words}", cost.excess)


def of_capital(guard: str, scale: Scale, capital: Capital, at: int, unit: str = "") -> Reading:
    """The reading of a signal's means, of one run."""
    pairs = int(capital.pairs)
    worse = float(capital.sum) / pairs * (scale.most - scale.least) if pairs else 0.0
    words = f"{worse:+.3g}{unit} worse on average over {pairs} pairs of vehicles"
    if bool(capital.harmful):
        return Reading(guard, Health.BURNING, at, f"worse than the others (alpha {scale.alpha:g}): {words}", worse)
    if bool(capital.proved):
        why = f"a rise of {scale.rise:g}{unit} is ruled out (power {1 - scale.beta:g}): {words}"
        return Reading(guard, Health.HEALTHY, at, why, worse)
    needs = missing_pairs(scale, capital)
    return Reading(guard, Health.THIN, at, f"needs {_many(needs)} more pairs of vehicles: {words}", worse)


def _counts(evidence: Evidence, unit: str) -> str:
    seen = evidence.seen
    parts = (seen.a_bad.sum(), seen.a_size.sum(), seen.b_bad.sum(), seen.b_size.sum())
    bad, size, others_bad, others = (f"{float(part):,.0f}" for part in parts)
    return f"{bad} bad in {size} {unit} of vehicles that were told, {others_bad} in {others} of the others"


def _rise(trial: Trial) -> str:
    return f"{trial.rise:g} an hour" if trial.rates else f"{trial.rise * 100:g} points"


def _many(count: float) -> str:
    """Rounded up to two digits: it is an estimate."""
    if not isfinite(count) or count > 1e15:
        return "very many"
    whole = ceil(count)
    unit = 10 ** max(0, len(str(whole)) - 2)
    return f"{-(-whole // unit) * unit:,}"
