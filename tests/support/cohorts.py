"""Many simulated rollouts at once, watched by the cohort guard."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cdctl.domain.orders.rollout.cohort.evidence import Trial, none, weigh
from cdctl.domain.orders.rollout.cohort.families import Block


@dataclass(frozen=True)
class Outcome:
    """Shares of runs: stopped at any look; passed: proved good before it was stopped, if ever. harmed: bad events of
    vehicles that were told, median over the runs that were stopped, until they were; at: outcomes until then."""

    stopped: float
    passed: float
    harmed: float
    at: float


def simulate(
    trial: Trial, usual: float, told: float, *, runs: int = 1000, looks: int = 60, strata: int = 5, each: int = 25,
    others: int = 100, seed: int = 7,
) -> Outcome:  # fmt: skip
    """Bad outcomes happen with `usual` to the others and `told` to those that were told. each, others: outcomes between
    two looks, of all strata together."""
    chance = np.random.default_rng(seed)
    zero = np.zeros((runs, strata))

    def block() -> Block:
        ours, theirs = each / strata, others / strata
        if trial.rates:
            a, b = chance.poisson(told * ours, zero.shape), chance.poisson(usual * theirs, zero.shape)
        else:
            a, b = chance.binomial(int(ours), told, zero.shape), chance.binomial(int(theirs), usual, zero.shape)
        return Block(a.astype(float), zero + ours, b.astype(float), zero + theirs)

    evidence = none(zero.shape)
    when, harmed, passed = np.full(runs, np.nan), np.full(runs, np.nan), np.zeros(runs, bool)
    for look in range(1, looks + 1):
        evidence = weigh(trial, evidence, block())
        passed |= evidence.proved & np.isnan(when) & ~evidence.harmful
        new = evidence.harmful & np.isnan(when)
        when[new] = look * each
        harmed[new] = evidence.seen.a_bad.sum(-1)[new]
    stopped = ~np.isnan(when)
    middle = (np.median(harmed[stopped]), np.median(when[stopped])) if stopped.any() else (np.nan, np.nan)
    return Outcome(float(stopped.mean()), float(passed.mean()), float(middle[0]), float(middle[1]))
