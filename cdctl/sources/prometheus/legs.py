"""The questions that go over the wire. A leg is one query per step; equal legs of several objectives are asked once."""

from __future__ import annotations

from dataclasses import dataclass

from cdctl.domain.slo.series import LOOKBACK
from cdctl.sources.promql.counters import Counter, Windowed
from cdctl.sources.promql.tokens import WINDOW

SEEN = "cdctl_seen"
"""Label that marks the series which count observations."""
MANY = "cdctl_many"
"""Label that marks the number of series of a query, NaN or not."""
BEYOND = "cdctl_beyond"
"""Label that marks how far from 0.5 the values of a ratio were that are none."""
SLACK = 0.01
"""So far beyond 0..1 a ratio may be: its two metrics are not scraped in one instant."""
INFINITE = 1e300
"""Stands for infinity, which no arithmetic here survives."""
PEAK = "cdctl_peak"
"""Label that marks the peaks before resets."""
RESETS = "cdctl_resets"
"""Label that marks how many resets of a series there were in a bucket and shortly before it."""
BEFORE = 300
"""Seconds before a bucket in which the scrape before its first one is looked for, to see a reset between the two."""
_RECENT = 600
"""Seconds before a bucket in which a number is looked for when the last sample is NaN."""
_RESET = "cdctl_reset"
_FEW = 500
"""Series of a leg at most, for their values to be asked for one by one: 10 MB for a month of hours."""
LOOK = 300
"""Seconds between two looks at a threshold or a raw ratio; finer slices are looked at once each."""


def _bracketed(text: str) -> str:
    """Text of an author's own between brackets, of which a comment at its end swallows none."""
    return f"({text}\n)" if "#" in text else f"({text})"


def _millis(step: int) -> str:
    """A range one millisecond short of the step: servers before Prometheus 3 count a sample on the left edge, too."""
    return f"{step * 1000 - 1}ms"


def _labelled(expression: str, label: str) -> str:
    return f'label_replace({expression}, "{label}", "1", "", "")'


def _resets(expression: str) -> str:
    return _labelled(expression, RESETS)


def _seen(expression: str) -> str:
    return _labelled(expression, SEEN)


@dataclass(frozen=True, slots=True)
class EventLeg:
    """Events of counters per bucket, exact: differences of cumulative values telescope, so nothing between two buckets
    is lost or counted twice, wherever scrapes fall.

    Per series, with M and N the greatest and last value in the bucket and P the last before it:
    M - P, or M when there is no P (a birth) or M < P (a reset between scrapes), plus N where N < M (a reset inside).
    Of several resets in a bucket, or of one after which a counter is past its old value by the bucket's end, this
    tells too little: `doubts` finds those, and restarts.py counts them.
    """

    counter: Counter
    by: tuple[str, ...]
    group_by: tuple[str, ...]
    with_seen: bool

    def expression(self, step: int) -> str:
        """PromQL for buckets of `step` seconds."""
        events = self.events(step)
        return f"{events} or {_seen(self.scrapes(step))}" if self.with_seen else events

    def events(self, step: int) -> str:
        """The events alone."""
        here = self.counter.over(_millis(step))
        top, last = f"max_over_time({here})", f"last_over_time({here})"
        # Where the last sample before is NaN, there is no difference, and the counter's whole life would count.
        recent = f"max_over_time({self.counter.over(f'{max(step, _RECENT)}s', step)})"
        before = f"(last_over_time({self.counter.over(f'{LOOKBACK}s', step)}) >= 0 or {recent})"
        restarted = f'label_replace({last} < {top}, "{_RESET}", "1", "", "")'
        return f"sum by ({','.join(self.by)}) (({top} - {before}) >= 0 or {top} or {restarted})"

    def scrapes(self, step: int) -> str:
        """How often the group's best-observed series was scraped."""
        return f"max by ({','.join(self.group_by)}) (count_over_time({self.counter.over(_millis(step))}))"

    def values(self, step: int) -> str:
        """Last value of every series per bucket, from which telescope.events makes the same; empty when the series are
        too many for that."""
        here = self.counter.over(_millis(step))
        alive = self.counter.over(_millis(step), at_end=True)
        values = f"last_over_time({here}) unless on() (count(count_over_time({alive})) > {_FEW})"
        return f"{values} or {_seen(self.scrapes(step))}" if self.with_seen else values

    def peaks(self, step: int) -> str:
        """Greatest value of the series and buckets in which a counter fell, and with the RESETS label the number of
        resets."""
        here = self.counter.over(_millis(step))
        peaks = f'label_replace(max_over_time({here}) > last_over_time({here}), "{PEAK}", "1", "", "")'
        return f"{peaks} or {_resets(f'{self._resets(step)} > 0')}"

    def resets(self, step: int) -> str:
        """How many series were reset in a bucket or shortly before it: what `doubts` need not be asked without."""
        return _resets(f"count({self._resets(step)} > 0)")

    def doubts(self, step: int) -> str:
        """Resets of the series and buckets for which `expression` may tell too little, those it tells left out."""
        here = self.counter.over(_millis(step))
        return _resets(f"{self._resets(step)} - (last_over_time({here}) < bool max_over_time({here})) > 0")

    def _resets(self, step: int) -> str:
        return f"resets({self.counter.over(_millis(step + BEFORE))})"


@dataclass(frozen=True, slots=True)
class WindowLeg:
    """A query of the author's own, its window filled in with the bucket."""

    query: Windowed
    by: tuple[str, ...]

    def expression(self, step: int) -> str:
        """PromQL for buckets of `step` seconds; rates become events."""
        text = self.query.filled(f"{step}s")
        return f"{_bracketed(text)} * {step}" if self.query.per_second else text


@dataclass(frozen=True, slots=True)
class LookLeg:
    """Looks at a value, every few minutes: `worth` is PromQL for what one look is worth, 0..1, of the value `{x}`. A
    look at a `ratio` that is none is no look, and told with the BEYOND label."""

    text: str
    worth: str
    by: tuple[str, ...]
    ratio: bool = False

    def expression(self, step: int) -> str:
        """PromQL for buckets of `step` seconds: worth of all looks, with the SEEN label their number, with the MANY
        label how many series there are."""
        look, value, _ = self._looked(step)
        asked = [self.worths(step), _seen(self.looks(step)), _labelled(f"count {self._by} ({value})", MANY)]
        if self.ratio:
            # One look at the value instead of two, above and below; and infinity is a number that can be told.
            beyond = f"(clamp_max(abs({value} - 0.5), {INFINITE:.0e}) > 0.5 + {SLACK})"
            asked.append(_labelled(f"max {self._by} (max_over_time({beyond}[{_millis(step)}:{look}s]))", BEYOND))
        return " or ".join(asked)

    def worths(self, step: int) -> str:
        """What all looks are worth alone."""
        look, value, there = self._looked(step)
        worth = self.worth.replace("{x}", there if self.ratio else value)
        return f"sum {self._by} (sum_over_time(({worth})[{_millis(step)}:{look}s]))"

    def looks(self, step: int) -> str:
        """The number of looks alone."""
        look, _, there = self._looked(step)
        return f"sum {self._by} (count_over_time({there}[{_millis(step)}:{look}s]))"

    @property
    def _by(self) -> str:
        return f"by ({','.join(self.by)})"

    def _looked(self, step: int) -> tuple[int, str, str]:
        """Seconds between two looks, the value that they see, and the same where it is an observation."""
        look = min(LOOK, step)
        value = WINDOW.sub(f"{look}s", _bracketed(self.text))
        # A NaN is no observation: it is above nothing. Compared with itself, a sum would lose looks on servers that add
        # in any order: the two differ in the last digit.
        there = f"(({value} >= -{SLACK}) <= 1 + {SLACK})" if self.ratio else f"({value} >= -Inf)"
        return look, value, there


Leg = EventLeg | WindowLeg | LookLeg
