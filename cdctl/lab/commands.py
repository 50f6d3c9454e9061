"""Remote commands as spans: for every one that the platform counts, a trace that says whose it was and how it ended.

Which vehicles have the bad ones follows from the scenario: an incident of one version is that version's vehicles'.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import SpanKind, Status, StatusCode

from cdctl.domain.slo.series import Floats
from cdctl.lab.model import Outcomes, Scenario, outcome_shares
from cdctl.lab.past import TRACED
from cdctl.lab.span_file import MOST_BYTES, SpanFile
from cdctl.lab.vehicles.columns import Ints
from cdctl.lab.vehicles.population import population

_SCOPE = "cdctl.lab"
_ORDERS = ("climate", "lock", "lights", "charge", "horn")
_BAD = {"failed": "vehicle_error", "timeout": "timeout"}
_TIMEOUT = 30.0
_MOST = 2_000
"""Commands told at once; of more, as many are drawn evenly."""


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


class _Kept(SpanProcessor):
    """Ended spans, until somebody takes them."""

    def __init__(self) -> None:
        self.spans: list[ReadableSpan] = []

    def on_end(self, span: ReadableSpan) -> None:
        self.spans.append(span)


class Commands:
    """Writes what became of remote commands to a file of spans."""

    def __init__(
        self, scenario: Scenario, vehicles: int, seed: int, end: int, path: Path, *, most: int = MOST_BYTES
    ) -> None:
        """most: bytes of a file. end: epoch seconds to which ages are relative."""
        self._scenario = scenario
        self._end = end
        self._who = population(scenario, vehicles, seed)
        self._rng = np.random.default_rng([seed, 18])
        self._file = SpanFile(path, most)
        self._kept = _Kept()
        ids = _Ids(np.random.default_rng([seed, end, 19]))
        self._platform, self._vehicle = (self._tracer(name, ids) for name in ("remote-command", "vehicle"))
        self._metric = next((one for one in scenario.metrics if one.metric == TRACED), None)

    def _tracer(self, service: str, ids: _Ids) -> trace.Tracer:
        provider = TracerProvider(
            sampler=ALWAYS_ON,
            resource=Resource({"service.name": service}),
            shutdown_on_exit=False,
            id_generator=ids,
        )
        provider.add_span_processor(self._kept)
        return provider.get_tracer(_SCOPE)

    def tell(self, region: int, drawn: Floats, ages: Floats) -> None:
        """Spans for commands of one region. drawn: [n_outcomes, n] events; ages: [n + 1] edges of the intervals."""
        if not isinstance(self._metric, Outcomes):
            return
        counts = drawn.astype(np.int64).ravel()
        outcome, step = (np.repeat(axis, counts) for axis in np.indices(drawn.shape).reshape(2, -1))
        if len(outcome) > _MOST:
            chosen = np.sort(self._rng.choice(len(outcome), _MOST, replace=False))
            outcome, step = outcome[chosen], step[chosen]
        when = ages[step] + np.diff(ages)[step] * self._rng.random(len(step)) + self._end
        rows = self._whose(region, outcome, float(ages[-1]))
        names = list(self._metric.shares)
        for at, row, code in zip(when.tolist(), rows.tolist(), outcome.tolist(), strict=True):
            if row >= 0:
                self._trace(at, row, names[code])
        spans, self._kept.spans = self._kept.spans, []
        self._file.export(spans)

    def _whose(self, region: int, outcome: Ints, age: float) -> Ints:
        """A vehicle for each command, [n]: by how often its version ends like this. -1 where nobody is."""
        assert isinstance(self._metric, Outcomes)
        place, versions = self._scenario.regions[region], self._who.versions
        here = np.flatnonzero(self._who.region == region)
        running = [here[self._who.software[here] == code] for code in range(len(versions))]
        ends = np.stack(
            [
                outcome_shares(self._metric, place, self._scenario, np.array([age]), one)[:, 0] * len(rows)
                for one, rows in zip(versions, running, strict=True)
            ]
        )  # [n_versions, n_outcomes]
        found = np.full(len(outcome), -1, dtype=np.int64)
        for code in np.unique(outcome).tolist():
            weights = ends[:, code]
            mine = np.flatnonzero(outcome == code)
            if weights.sum() <= 0:
                continue
            drawn = self._rng.choice(len(versions), len(mine), p=weights / weights.sum())
            found[mine] = [int(self._rng.choice(running[version])) for version in drawn.tolist()]
        return found

    def _trace(self, end: float, row: int, outcome: str) -> None:
        """The platform's span, what it sent, and what the vehicle did: a vehicle that never got it has none."""
        rng = self._rng
        whole = _TIMEOUT if outcome == "timeout" else float(rng.lognormal(0.47, 0.6)) + 0.05
        order = _ORDERS[int(rng.integers(len(_ORDERS)))]
        region = self._scenario.regions[self._who.region[row]].name
        about = {
            "region": region,
            "vehicle.model": self._scenario.models[self._who.model[row]].name,
            "vehicle.software": self._who.versions[self._who.software[row]],
            "command.name": order,
        }
        start, stop = int((end - whole) * 1e9), int(end * 1e9)
        bad = {"error.type": _BAD[outcome]} if outcome in _BAD else {}
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
                self._done(inside, start, stop, about, bad)
        if bad:
            root.set_status(Status(StatusCode.ERROR, outcome))
        root.end(end_time=stop)

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
