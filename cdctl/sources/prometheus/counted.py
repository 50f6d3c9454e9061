"""Events of an indicator in one bucket, as expressions that a dashboard can ask by itself.

The evaluation adds up here what the legs answer; a dashboard has nobody to add, so the server must. The legs are the
same, and so are the numbers, but for counters that restart several times within one bucket: `restarts` looks at their
samples, which no expression does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from cdctl.domain.slo.series import LOOKBACK
from cdctl.sources.prometheus.legs import EventLeg, Leg, LookLeg, WindowLeg
from cdctl.sources.prometheus.plan import Part, Plan
from cdctl.sources.promql.inert import InertMatcher, inert
from cdctl.sources.promql.matchers import Matcher

_PART = "cdctl_part"
_KEPT = "cdctl_kept"


def added(terms: Sequence[tuple[int, str]], by: str) -> str:
    """Sum of expressions, each 1 or -1 times; one that is absent counts nothing."""
    signed = [text if sign > 0 else f"-1 * ({text})" for sign, text in terms]
    marked = (f'label_replace({text}, "{_PART}", "{i}", "", "")' for i, text in enumerate(signed))
    return f"sum by ({by}) ({' or '.join(marked)})"


@dataclass(frozen=True, slots=True)
class Counted:
    """PromQL for buckets of `step` seconds, one value a group. `blanks`: by label, what stands for the values shown.

    Nothing that an author wrote is filled in by a dashboard: see `inert`.
    """

    todo: Plan
    group_by: tuple[str, ...]
    blanks: Mapping[str, str]

    @property
    def by(self) -> str:
        """The labels of a group, as PromQL lists them."""
        return ",".join(self.group_by)

    @property
    def good(self) -> bool:
        """Whether `part` counts good events, else bad ones."""
        return self._look is not None or bool(self.todo.good)

    def total(self, step: int) -> str:
        """All events; absent where nothing was observed."""
        if self._look is not None:
            return f"sum by ({self.by}) ({self._shown(self._look.looks(step))})"
        return self._aged(self._sum([(part.sign, part) for part in self.todo.total], step), step)

    def part(self, step: int) -> str:
        """The good events, or the bad ones: 0 where there is a total and none of them."""
        if self._look is not None:
            return f"sum by ({self.by}) ({self._shown(self._look.worths(step))})"
        terms = [(part.sign, self._events(part, step)) for part in (*self.todo.good, *self.todo.bad)]
        return self._aged(added([*terms, (1, f"0 * ({self._there(step)})")], self.by), step)

    def bad(self, step: int) -> str:
        """The bad events."""
        if not self.good:
            return self.part(step)
        return f"clamp_min({added([(1, self.total(step)), (-1, self.part(step))], self.by)}, 0)"

    def seen(self, step: int) -> str:
        """Any value where something was observed."""
        return self.total(step) if self._look is not None else self._aged(self._there(step), step)

    @property
    def _look(self) -> LookLeg | None:
        leg = self.todo.total[0].leg
        return replace(leg, text=inert(leg.text)) if isinstance(leg, LookLeg) else None

    def _sum(self, parts: Sequence[tuple[int, Part]], step: int) -> str:
        terms = [(sign, self._events(part, step)) for sign, part in parts]
        if len(terms) == 1:
            return terms[0][1]
        return f"clamp_min({added(terms, self.by)}, 0)"

    def _events(self, part: Part, step: int) -> str:
        leg = self._blanked(part)
        if isinstance(leg, EventLeg):
            return leg.events(step)
        return f"sum by ({self.by}) ({self._shown(leg.expression(step))})"

    def _blanked(self, part: Part) -> Leg:
        """The leg of a part, of the series alone that count for it and are to be shown."""
        leg = part.leg
        if isinstance(leg, WindowLeg):
            return replace(leg, query=replace(leg.query, text=inert(leg.query.text)))
        if isinstance(leg, LookLeg):
            return leg
        own = (*leg.counter.matchers, *part.keep)
        matchers = {InertMatcher(one.label, one.op, one.value) for one in own}
        shown = {Matcher(label, "=~", blank) for label, blank in self.blanks.items()}
        return EventLeg(replace(leg.counter, matchers=frozenset(matchers | shown)), self.group_by, self.group_by, False)

    def _there(self, step: int) -> str:
        """Any value where the total was observed, as cheaply as can be."""
        leg = self._blanked(self._first)
        return leg.scrapes(step) if isinstance(leg, EventLeg) else self._events(self._first, step)

    @property
    def _first(self) -> Part:
        """The part of the total that must be there."""
        must = [part for part in self.todo.total if part.sign > 0 and not part.optional]
        return (must or [part for part in self.todo.total if part.sign > 0] or list(self.todo.total))[0]

    def _aged(self, text: str, step: int) -> str:
        """Without the first two buckets after a silence, in which counters that were not known before hold the events
        of their whole life: as `drop_first_after_silence` does."""
        leg = self._blanked(self._first)
        if not isinstance(leg, EventLeg):
            return text
        before = f"last_over_time({leg.counter.over(f'{LOOKBACK}s', 2 * step)})"
        return f"({text}) and on ({self.by}) count by ({self.by}) ({before})"

    def _shown(self, text: str) -> str:
        """Of the groups that an author's own query tells, those to show. A result has no matchers, but labels."""
        for label, blank in self.blanks.items():
            kept = f'label_replace(({text}), "{_KEPT}", "1", "{label}", "{blank}")'
            text = f'{kept} and on ({_KEPT}) label_replace(vector(1), "{_KEPT}", "1", "", "")'
        return text
