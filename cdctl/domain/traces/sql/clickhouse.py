"""ClickHouse over the table of the Collector's exporter (`otel_traces`).

https://github.com/open-telemetry/opentelemetry-collector-contrib/tree/main/exporter/clickhouseexporter. What a store
keeps ready (weights, failures) is worked out here by the same rules: `domain.traces.sampling`, `domain.traces.failing`.
"""

from __future__ import annotations

from collections.abc import Sequence

from cdctl.domain.traces.attributes import spellings
from cdctl.domain.traces.failing import GRPC, GRPC_SERVER
from cdctl.domain.traces.sampling import COUNTS, PRIORITY
from cdctl.domain.traces.sql.writing import Value, Writing

LONGEST = 24 * 3600 * 1_000_000_000
"""Nanoseconds. The table is sorted by start: spans that took longer than this are not found by their end."""
_MAPS = {"span": "SpanAttributes", "resource": "ResourceAttributes"}
_TEXTS = {
    "name": "SpanName", "statusMessage": "StatusMessage", "instrumentation:name": "ScopeName",
    "trace:id": "lower(TraceId)", "span:id": "lower(SpanId)", "span:parentID": "lower(ParentSpanId)",
}  # fmt: skip
_TYPES = {str: "String", int: "Int64", float: "Float64"}
_STATUS = "multiIf(StatusCode IN ('Error', 'STATUS_CODE_ERROR'), 2, StatusCode IN ('Ok', 'STATUS_CODE_OK'), 1, 0)"
_KINDS = ("Internal", "Server", "Client", "Producer", "Consumer")
_KIND = (
    "multiIf("
    + "".join(f"SpanKind IN ('{one}', 'SPAN_KIND_{one.upper()}'), {n}, " for n, one in enumerate(_KINDS, 1))
    + "0)"
)


def _of(scope: str, key: str) -> str:
    """An attribute by a name of ours (never one that somebody wrote), NULL where there is none."""
    found = [f"if(mapContains({_MAPS[scope]}, '{name}'), {_MAPS[scope]}['{name}'], NULL)" for name in spellings(key)]
    return found[0] if len(found) == 1 else f"coalesce({', '.join(found)})"


def _number(text: str) -> str:
    """NaN is no number: it would be unequal to every one."""
    number = f"toFloat64OrNull(trim({text}))"
    return f"if(isNaN({number}), NULL, {number})"


def _weight() -> str:
    """See `domain.traces.sampling`: the threshold, the power that it replaced, then attributes that count."""
    said = "extract(TraceState, '(?:^|,)[ \\\\t]*ot=([^,]*?)[ \\\\t]*(?:,|$)')"
    threshold = f"extract({said}, '(?:.*;|^)th(?::([^;]*)|$|;)')"
    power = f"extract({said}, '(?:.*;|^)p:([^;]*)')"
    cut = f"reinterpretAsUInt64(reverse(unhex(rightPad({threshold}, 14, '0'))))"
    by_threshold = (
        f"if(match({threshold}, '^[0-9a-f]{{1,14}}$'), 72057594037927936 / (72057594037927936 - {cut}), NULL)"
    )
    by_power = (
        f"if(match({power}, '^[0-9]{{1,2}}$') AND toUInt8OrZero({power}) <= 62, exp2(toUInt8OrZero({power})), NULL)"
    )
    by_state = f"if(match({said}, '(?:^|;)th(?:[:;]|$)'), {by_threshold}, {by_power})"
    rates = []
    for key in COUNTS:
        rate = f"toFloat64OrNull(trim({_of('span', key)}))"
        rates.append(f"if({rate} BETWEEN 1 AND 1e12, {rate}, NULL)")
    forced = f"ifNull(toFloat64OrNull(trim({_of('span', PRIORITY)})) > 0, 0)"
    return f"coalesce({by_state}, if({forced}, NULL, coalesce({', '.join(rates)})))"


def _failed() -> str:
    """See `domain.traces.failing`."""
    code = f"toInt64OrNull(toString(trunc(toFloat64OrNull(trim({_of('span', 'http.response.status_code')})))))"
    servers = f"ifNull({code} BETWEEN 500 AND 599, 0)"
    callers = f"ifNull({code} BETWEEN 400 AND 499, 0)"
    text = f"upper(trim(ifNull({_of('span', 'rpc.response.status_code')}, '')))"
    name = f"replaceOne({text}, 'CANCELED', 'CANCELLED')"

    def among(names: Sequence[str]) -> str:
        words = ", ".join(f"'{one}'" for one in names)
        codes = ", ".join(str(GRPC.index(one)) for one in names)
        number = f"match({name}, '^[0-9]{{1,4}}$') AND toUInt16OrZero({name}) IN ({codes})"
        return f"({name} IN ({words}) OR ({number}))"

    servers = f"({servers} OR {among(sorted(GRPC_SERVER))})"
    callers = f"({callers} OR {among([one for one in GRPC[1:] if one not in GRPC_SERVER])})"
    typed = f"ifNull({_of('span', 'error.type')}, '') != ''"
    unset = f"({servers} OR ({callers} AND {_KIND} = 3) OR ({typed} AND NOT {callers}))"
    return f"({_STATUS} = 2 OR ({_STATUS} != 1 AND {unset}))"


class ClickHouseWriting(Writing):
    """Columns as the exporter writes them; `table` is a database and a table, checked by the settings."""

    end = "(toUnixTimestamp64Nano(Timestamp) + toInt64(Duration))"
    start = "toUnixTimestamp64Nano(Timestamp)"
    duration = "toInt64(Duration)"
    status = _STATUS
    kind = _KIND
    trace = "TraceId"
    root = "ParentSpanId IN ('', '0000000000000000')"
    weight = _weight()
    failed = _failed()

    def __init__(self, database: str = "default", table: str = "otel_traces") -> None:
        super().__init__()
        self.spans = f"`{database}`.`{table}`"

    def placeholder(self, name: str, value: Value) -> str:
        """A parameter that the server puts in."""
        return f"{{{name}:{_TYPES[type(value)]}}}"

    def within(self, start: int, end: int) -> str:
        """By start as well: that is what the table is sorted by."""
        first, last = self.bind(start - LONGEST), self.bind(end + LONGEST)
        return (
            f"Timestamp > fromUnixTimestamp64Nano({first}) AND Timestamp <= fromUnixTimestamp64Nano({last})"
            f" AND {self.end} > {self.bind(start)} AND {self.end} <= {self.bind(end)}"
        )

    def of_trace(self, trace_id: str) -> str:
        """The table has an index for ids."""
        return f"TraceId = {self.bind(trace_id)}"

    def exact(self, scope: str, key: str) -> str:
        """The table is sorted by its column of services."""
        return "ServiceName" if (scope, key) == ("resource", "service.name") else self.attribute(scope, key)

    def one_attribute(self, scope: str, key: str) -> Sequence[str]:
        """What the map holds by any of its names; a service also has a column, by which the table is sorted."""
        if (scope, key) == ("resource", "service.name"):
            return ("nullIf(ServiceName, '')",)
        found = []
        for name in spellings(key):
            place = self.bind(name)
            found.append(f"if(mapContains({_MAPS[scope]}, {place}), {_MAPS[scope]}[{place}], NULL)")
        return found

    def text(self, intrinsic: str) -> str:
        """Empty where there is none, as they are."""
        return _TEXTS[intrinsic]

    def number(self, text: str) -> str:
        """See `_number`."""
        return _number(text)

    def matches(self, text: str, pattern: str) -> str:
        """RE2; the ends are told, as ClickHouse looks anywhere in a text."""
        return f"match({text}, {self.bind(f'^(?s:{pattern})$')})"

    def quotient(self, number: str, by: str) -> str:
        """Whole numbers stay so."""
        return f"intDiv({number}, {by})"

    def quantiles(self, number: str, *shares: float) -> str:
        """Interpolated, as DuckDB's quantile_cont."""
        return f"quantilesExactInclusive({', '.join(map(str, shares))})({number})"

    def share(self, places: int) -> str:
        """By the span's id, which is random."""
        return f"bitAnd(cityHash64(SpanId), {(1 << places) - 1})"
