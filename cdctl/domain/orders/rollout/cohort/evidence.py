"""Evidence that the vehicles which were told do worse, and evidence that they do not: two e-processes.

Harm: against "no worse than the others". By Ville's inequality the chance that it ever reaches 1/alpha while that is
true is at most alpha, however often one looks. Safe: against "worse by the stated rise or more"; it reaches 1/beta with
a chance of at most beta while that is true, so that a rise of that size is promoted at most that often: the stated
power is 1 - beta.

Alternatives are chosen before each block from the blocks before it, which keeps both valid (a plug-in, after Dawid's
prequential principle). Harm is looked for in all strata together and in each alone, half of the stake on each, and at
several sizes of a rise: a mean of e-processes is one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import log

import numpy as np
from numpy.typing import NDArray

from cdctl.domain.orders.rollout.cohort.families import Block, Family, Floats, Rates, Shares, log_e, nearest

SIZES = np.array([0.5, 1.0, 2.0, 4.0])
STAKES = np.array([1, 3, 1, 1]) / 6
"""Rises that harm is looked for at, as multiples of the one that is to be found, and how much is staked on each."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What is to be found. rise: in shares (0.02 is two points) or in events per vehicle-hour. alpha: chance of a
    false stop. beta: chance that a rise of this size is promoted. usual: what is expected before anything is known."""

    rise: float
    alpha: float = 0.01
    beta: float = 0.1
    rates: bool = False
    usual: float = 0.01

    @property
    def family(self) -> Family:
        """How events are counted."""
        return Rates() if self.rates else Shares()


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What is known so far. Leading axes are runs of their own; the last are strata, and sizes of a rise.

    harm: [..., strata, sizes], safe: [..., strata]: logarithms of e-processes. harmful, proved: [...]: whether harm
    ever reached 1/alpha, and safe ever reached 1/beta. seen: everything so far; before: control vehicles' events before
    the rollout, which are no evidence but tell what is usual.
    """

    harm: Floats
    safe: Floats
    harmful: NDArray[np.bool_]
    proved: NDArray[np.bool_]
    seen: Block
    before: Block


def none(shape: tuple[int, ...], before: Block | None = None) -> Evidence:
    """No evidence yet. shape: [..., strata]."""
    zero = np.zeros(shape)
    nothing = Block(zero, zero, zero, zero)
    flags = np.zeros(shape[:-1], np.bool_)
    return Evidence(np.zeros((*shape, len(SIZES))), zero, flags, flags, nothing, before or nothing)


def weigh(trial: Trial, evidence: Evidence, block: Block) -> Evidence:
    """With one more block: everything that was seen since the last look."""
    usual = _usual(trial, evidence)
    family = trial.family
    worse = np.minimum(usual[..., None] + trial.rise * SIZES, family.most)
    wide = Block(block.a_bad[..., None], block.a_size[..., None], block.b_bad[..., None], block.b_size[..., None])
    harm = evidence.harm + log_e(family, wide, worse, usual[..., None], 0.0)
    safe = evidence.safe + log_e(family, block, usual, usual, trial.rise)
    harmful = evidence.harmful | (_stakes(harm) >= log(1 / trial.alpha))
    proved = evidence.proved | (safe.sum(-1) >= log(1 / trial.beta))
    return replace(evidence, harm=harm, safe=safe, harmful=harmful, proved=proved, seen=evidence.seen + block)


def expected(evidence: Evidence) -> Floats:
    """Events that the vehicles which were told would have had at the others' rate; [...]."""
    seen = evidence.seen
    rate = (seen.b_bad + evidence.before.b_bad) / np.maximum(seen.b_size + evidence.before.b_size, 1e-12)
    return np.asarray((rate * seen.a_size).sum(-1))


def missing(trial: Trial, evidence: Evidence) -> float:
    """About how much more of the told vehicles' trials, or hours, it takes until nothing stands against the next wave,
    if they do as well as the others and as many of those are watched with them; 0 when it is proved. For one run;
    infinite when there is nobody to compare with."""
    if bool(evidence.proved.all()):
        return 0.0
    seen, usual = evidence.seen, _usual(trial, evidence)
    told = seen.a_size.sum()
    others = seen.b_size.sum()
    if not others:
        return float("inf")
    weight = seen.a_size / told if told else seen.b_size / others
    ratio = (seen.b_size / np.maximum(seen.a_size, 1e-12)) if told else np.ones_like(usual)
    one, family = np.ones_like(usual), trial.family
    null = nearest(family, usual, usual, one, ratio, trial.rise)
    growth = family.gain(usual, one, usual, null + trial.rise) + ratio * family.gain(usual, one, usual, null)
    gained = float((weight * growth).sum())
    return (log(1 / trial.beta) - float(evidence.safe.sum())) / gained if gained > 0 else float("inf")


def _usual(trial: Trial, evidence: Evidence) -> Floats:
    """The others' rate in each stratum, as far as it was known: of its own events, and a little of everybody's."""
    bad = evidence.seen.b_bad + evidence.before.b_bad
    size = evidence.seen.b_size + evidence.before.b_size
    # A guess is worth one event, whatever it is: a stratum without any would else be taken for a perfect one.
    pooled = (bad.sum(-1, keepdims=True) + 1) / (size.sum(-1, keepdims=True) + 1 / trial.usual)
    return np.asarray(np.clip((bad + 1) / (size + 1 / pooled), 1e-9, trial.family.most - 5 * trial.rise))


def _stakes(harm: Floats) -> Floats:
    """Logarithm of the mean over what was staked on; [...]."""
    sizes = np.log(STAKES)
    together = _log_sum(harm.sum(-2) + sizes)
    strata = harm.shape[-2]
    if strata == 1:
        return together
    alone = _log_sum((harm + sizes).reshape(*harm.shape[:-2], -1)) - log(strata)
    return np.asarray(np.logaddexp(together, alone) - log(2))


def _log_sum(logs: Floats) -> Floats:
    top = logs.max(-1)
    return np.asarray(top + np.log(np.exp(logs - top[..., None]).sum(-1)))
