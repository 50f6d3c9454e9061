"""`why`: exact on planted faults, silent on calm cases, and quick on a million events.

Baselines: the plain scan (the same search without slices of time, vehicles as witnesses, correction for the search, or
slack) and the lift of single attributes, which is what most tools show.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from cdctl.domain.traces.attributes import Attribute
from cdctl.domain.traces.batch import Coded
from cdctl.domain.traces.ports import Observations, Window
from cdctl.domain.why.events import observed
from cdctl.domain.why.explain import Question, explain
from cdctl.domain.why.peeling import peel
from cdctl.domain.why.rows import Rows
from cdctl.domain.why.scan import search
from tests.support.why_cases import Case, Truth, calm, planted

CASES = 200
EVENTS = 1_000_000
SIZES = (5, 12, 8, 5, 30, 4, 3, 20, 6, 10, 40)
Answer = Callable[[Rows], Truth]


@dataclass
class Score:
    """Right, wrong and missed causes; calm cases in which something was named; seconds."""

    right: int = 0
    wrong: int = 0
    missed: int = 0
    exact: int = 0
    alarms: int = 0
    took: list[float] = field(default_factory=list)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall of causes."""
        return 2 * self.right / max(1, 2 * self.right + self.wrong + self.missed)


def ours(rows: Rows) -> Truth:
    """What `slo why` names."""
    return frozenset(frozenset(zip(one.cell.attributes, one.cell.values, strict=True)) for one in peel(rows).causes)


def plain(rows: Rows) -> Truth:
    """The scan and peeling alone: at most six cells, each with a fiftieth of what is left."""
    found: list[frozenset[tuple[int, int]]] = []
    left, all_bad = rows, rows.bad.sum()
    while len(found) < 6 and all_bad and left.bad.sum() > 0.02 * all_bad and left.bad.sum() < left.total.sum():
        cells = search(left, 0.02 * float(left.bad.sum()), most=len(left)).found
        if not cells:
            break
        best = [cell for cell in cells if cell.gain >= 0.98 * cells[0].gain]
        cell = min(best, key=lambda one: (len(one.attributes), -one.gain))
        found.append(frozenset(zip(cell.attributes, cell.values, strict=True)))
        left = left.take(~left.inside(cell.attributes, cell.values))
    return frozenset(found)


def lift(rows: Rows) -> Truth:
    """The value of a single attribute with the highest rate over the average, of those with a fifth of bad events;
    twice the average at least."""
    best, score = None, 2.0
    rate = rows.bad.sum() / rows.total.sum()
    for number, (codes, size) in enumerate(zip(rows.codes, rows.sizes, strict=True)):
        bad = np.bincount(codes, weights=rows.bad, minlength=size)
        total = np.bincount(codes, weights=rows.total, minlength=size)
        lifts = np.where(bad >= 0.2 * rows.bad.sum(), bad / np.maximum(total, 1) / max(rate, 1e-12), 0)
        if lifts.max() > score:
            score, best = float(lifts.max()), (number, int(lifts.argmax()))
    return frozenset([frozenset([best])]) if best else frozenset()


def judged(answer: Answer, cases: Sequence[Case], quiet: Sequence[Case]) -> Score:
    """Run it on all cases."""
    score = Score()
    for case in cases:
        began = time.perf_counter()
        found = answer(case.rows)
        score.took.append(time.perf_counter() - began)
        score.right += len(found & case.truth)
        score.wrong += len(found - case.truth)
        score.missed += len(case.truth - found)
        score.exact += found == case.truth
    score.alarms = sum(bool(answer(case.rows)) for case in quiet)
    return score


def million(faults: int, seed: int = 3) -> tuple[float, float, float, bool]:
    """Seconds for a million events, of the processor for it, of the plain scan, and whether every fault
    was named exactly."""
    rng = np.random.default_rng(seed)
    codes = [rng.integers(0, size, EVENTS).astype(np.int32) for size in SIZES]
    where = [((0, 1), (1, 7)), ((3, 2), (7, 4), (8, 1))][:faults]
    chance = np.full(EVENTS, 0.002)
    for one, rate in zip(where, (0.3, 0.4), strict=False):
        chance[np.logical_and.reduce([codes[number] == value for number, value in one])] = rate
    bad = rng.random(EVENTS) < chance
    texts = [[f"v{value}" for value in range(size)] for size in SIZES]
    columns = {Attribute("span", f"a{n}"): Coded(codes[n], texts[n]) for n in range(len(SIZES))}
    vehicle = rng.integers(0, 20_000, EVENTS).astype(np.int32)
    columns[Attribute("span", "vehicle.id")] = Coded(vehicle, [f"V{n}" for n in range(20_000)])
    end = np.sort(rng.integers(0, 3600, EVENTS)) * 1_000_000_000 + 1
    events = Observations(bad, np.ones(EVENTS), end, np.zeros((EVENTS, 16), np.uint8), columns)
    question = Question("bench", 0.999, "spans", Window(0, 3600))
    began, spent = time.perf_counter(), time.process_time()
    told = explain(observed(events), None, question)
    took, spent = time.perf_counter() - began, time.process_time() - spent
    found = {frozenset((one.attribute, one.value) for one in cause.where) for cause in told.causes}
    wanted = {frozenset((f"a{number}", f"v{value}") for number, value in one) for one in where}
    rows = Rows(tuple(codes), SIZES, bad.astype(float), np.ones(EVENTS), np.zeros(EVENTS, np.int32), vehicle)
    began = time.perf_counter()
    plain(rows)
    return took, spent, time.perf_counter() - began, found == wanted


def main() -> None:
    """Print everything."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else CASES
    cases, quiet = [planted(seed) for seed in range(count)], [calm(seed) for seed in range(count)]
    asked = {"why": "asked: 0.97, 2 %", "plain scan": "", "lift of one attribute": ""}
    for name, answer in zip(asked, (ours, plain, lift), strict=True):
        score = judged(answer, cases, quiet)
        print(
            f"{name:24} F1 {score.f1:.3f}, exact {score.exact}/{count}, wrong {score.wrong}, missed {score.missed}; "
            f"named something in {score.alarms / count:.1%} of calm; median {np.median(score.took) * 1000:.0f} ms  "
            f"{asked[name]}",
            flush=True,
        )
    for faults, most in ((1, 4), (2, 6)):
        took, spent, plainly, exact = million(faults)
        title = f"why, {EVENTS // 1000:,} k events, 11 attributes, {faults} fault{'s' * (faults > 1)}"
        print(
            f"{title:58} {took / plainly:6.2f}x   {took:7.3f} s ({spent:.2f} s of processor) / {plainly:7.3f} s "
            f"(plain scan)   exact: {exact}   asked: {most} s",
            flush=True,
        )


if __name__ == "__main__":
    main()
