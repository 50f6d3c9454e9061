"""Remote commands as spans: for every one that the platform counts, a trace that says whose it was and how it ended.

Which vehicles have the bad ones follows from the scenario: an incident of one version is that version's vehicles'.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.sdk.trace.sampling import Decision, Sampler, SamplingResult
from opentelemetry.trace import Link, SpanKind, Status, StatusCode, TraceState
from opentelemetry.util.types import Attributes

from cdctl.domain.slo.series import Floats
from cdctl.lab.model import Outcomes, Scenario
from cdctl.lab.past import TRACED
from cdctl.lab.past_spans import ERRORS, LEAST, MEDIAN, ORDERS, SPREAD, TIMEOUT
from cdctl.lab.vehicles.population import population
from cdctl.lab.whose import NOBODY, Whose

_SCOPE = "cdctl.lab"
_MOST = 2_000
"""Commands told at once; of more, as many are drawn evenly."""
_EVERY = 1 << 56
"""Of a probability's threshold: https://opentelemetry.io/docs/specs/otel/trace/tracestate-probability-sampling/."""


class _Ids(IdGenerator):
    """Trace and span ids by a seed."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng

    def generate_span_id(self) -> int:
        return int.from_bytes(self._rng.bytes(8)) or 1

    def generate_trace_id(self) -> int:
        return int.from_bytes(self._rng.bytes(16)) or 1

    def is_trace_id_random(self) -> bool:
        return True


class _Share(Sampler):
    """Samples everything, and says in the tracestate how much of what happened that is."""

    def __init__(self) -> None:
        self._state = TraceState()
        self.of(1.0)

    def of(self, share: float) -> None:
        """From now on the spans are this share of what happened, 0..1."""
        threshold = f"{round(_EVERY * (1 - share)):014x}".rstrip("0") or "0"
        self._state = TraceState([("ot", f"th:{threshold}")])

    def should_sample(
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        trace_state: TraceState | None = None,
    ) -> SamplingResult:
        return SamplingResult(Decision.RECORD_AND_SAMPLE, attributes, self._state)

    def get_description(self) -> str:
        return "Share"


class _Kept(SpanProcessor):
    """Ended spans, until somebody takes them."""

    def __init__(self) -> None:
        self.spans: list[ReadableSpan] = []

    def on_end(self, span: ReadableSpan) -> None:
        self.spans.append(span)


class Commands:
    """Tells in spans what became of remote commands."""

    def __init__(
        self, scenario: Scenario, vehicles: int, seed: int, end: int, hand: Callable[[Sequence[ReadableSpan]], object]
    ) -> None:
        """end: epoch seconds to which ages are relative. hand: takes spans that have ended."""
        self._scenario = scenario
        self._end = end
        self._who = population(scenario, vehicles, seed)
        self._rng = np.random.default_rng([seed, 18])
        self._hand = hand
        self._kept = _Kept()
        self._share = _Share()
        ids = _Ids(np.random.default_rng([seed, end, 19]))
        self._platform, self._vehicle = (self._tracer(name, ids) for name in ("remote-command", "vehicle"))
        metric = next((one for one in scenario.metrics if one.metric == TRACED), None)
        self._metric = metric if isinstance(metric, Outcomes) else None
        self._whose = Whose(scenario, self._who, self._metric, self._rng) if self._metric else None

    def _tracer(self, service: str, ids: _Ids) -> trace.Tracer:
        provider = TracerProvider(
            sampler=self._share,
            resource=Resource({"service.name": service}),
            shutdown_on_exit=False,
            id_generator=ids,
        )
        provider.add_span_processor(self._kept)
        return provider.get_tracer(_SCOPE)

    def tell(self, region: int, drawn: Floats, ages: Floats) -> None:
        """Spans for commands of one region. drawn: [n_outcomes, n] events; ages: [n + 1] edges of the intervals."""
        if self._metric is None or self._whose is None:
            return
        counts = drawn.astype(np.int64).ravel()
        outcome, step = (np.repeat(axis, counts) for axis in np.indices(drawn.shape).reshape(2, -1))
        self._share.of(min(1.0, _MOST / max(1, len(outcome))))
        if len(outcome) > _MOST:
            chosen = np.sort(self._rng.choice(len(outcome), _MOST, replace=False))
            outcome, step = outcome[chosen], step[chosen]
        when = ages[step] + np.diff(ages)[step] * self._rng.random(len(step)) + self._end
        rows = self._whose.of(region, outcome, float(ages[-1]))
        names = list(self._metric.shares)
        for at, row, code in zip(when.tolist(), rows.tolist(), outcome.tolist(), strict=True):
            if row != NOBODY:
                self._trace(at, row, names[code])
        spans, self._kept.spans = self._kept.spans, []
        self._hand(spans)

    def _trace(self, end: float, row: int, outcome: str) -> None:
        """The platform's span, what it sent, and what the vehicle did: a vehicle that never got it has none."""
        rng = self._rng
        whole = TIMEOUT if outcome == "timeout" else float(rng.lognormal(MEDIAN, SPREAD)) + LEAST
        order = ORDERS[int(rng.integers(len(ORDERS)))]
        region = self._scenario.regions[self._who.region[row]].name
        about = {"region": region, "vehicle.id": self._who.vins[row], "command.name": order}
        start, stop = int((end - whole) * 1e9), int(end * 1e9)
        bad = {"error.type": ERRORS[outcome]} if outcome in ERRORS else {}
        root = self._platform.start_span(
            f"remote_command {order}",
            kind=SpanKind.SERVER,
            start_time=start,
            attributes={**about, "command.outcome": outcome, **bad},
        )
        inside = trace.set_span_in_context(root)
        if outcome != "rejected":
            self._sent(inside, start, about)
            if outcome != "timeout":
                self._done(inside, start, stop, {**about, **self._of_vehicle(row)}, bad)
        if bad:
            root.set_status(Status(StatusCode.ERROR, outcome))
        root.end(end_time=stop)

    def _of_vehicle(self, row: int) -> dict[str, str]:
        """What a vehicle says of itself, and the platform does not know."""
        who = self._who
        return {
            "vehicle.model": self._scenario.models[who.model[row]].name,
            "vehicle.software": who.versions[who.software[row]],
        }

    def _sent(self, inside: Context, start: int, about: dict[str, str]) -> None:
        sent = self._platform.start_span(
            "send cmd",
            context=inside,
            kind=SpanKind.PRODUCER,
            start_time=start + 2_000_000,
            attributes={
                **about,
                "messaging.system": "mqtt",
                "messaging.destination.template": "cd/{region}/{vin}/cmd",
                "messaging.operation.type": "send",
            },
        )
        sent.end(end_time=start + 9_000_000)

    def _done(self, inside: Context, start: int, stop: int, about: dict[str, str], bad: dict[str, str]) -> None:
        lag = min(20_000_000, (stop - start) // 4)
        done = self._vehicle.start_span(
            "process cmd",
            context=inside,
            kind=SpanKind.CONSUMER,
            start_time=start + lag,
            attributes={**about, "messaging.system": "mqtt", "messaging.operation.type": "process", **bad},
        )
        if bad:
            done.set_status(Status(StatusCode.ERROR, bad["error.type"]))
        done.end(end_time=stop - lag // 2)
