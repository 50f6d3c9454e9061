"""DuckDB over the Parquet files of a span store. The list of files is a value too: `$files`."""

from __future__ import annotations

from collections.abc import Sequence

from cdctl.domain.traces.attributes import PROMOTED, Attribute, spellings
from cdctl.domain.traces.sql.writing import Value, Writing

FILES = "files"
"""Name of the value that is the list of files; the engine adds it."""
_PROMOTED = frozenset(PROMOTED)
_MAPS = {"span": "span_attributes", "resource": "resource_attributes"}
_TEXTS = {"name": "name", "statusMessage": "message", "instrumentation:name": "scope"}
_IDS = {"trace:id": "trace_id", "span:id": "span_id", "span:parentID": "parent_id"}


class DuckWriting(Writing):
    """Columns as `stores.spans` writes them."""

    spans = f"read_parquet(${FILES}, hive_partitioning = false)"
    end = "end_ns"
    start = "start_ns"
    duration = "duration_ns"
    status = "status"
    kind = "kind"
    trace = "trace_id"
    root = "parent_id IS NULL"
    weight = "weight"
    failed = "failed"

    def placeholder(self, name: str, value: Value) -> str:
        """DuckDB infers what a value is."""
        return f"${name}"

    def within(self, start: int, end: int) -> str:
        """Files and row groups that cannot hold such spans are not read."""
        return f"end_ns > {self.bind(start)} AND end_ns <= {self.bind(end)}"

    def of_trace(self, trace_id: str) -> str:
        """Bytes are compared, so that row groups can be left out."""
        return f"trace_id = unhex({self.bind(trace_id)})"

    def one_attribute(self, scope: str, key: str) -> Sequence[str]:
        """A column, or what the map holds by any of its names."""
        names = spellings(key)
        if Attribute(scope, names[0]) in _PROMOTED:
            return (column(Attribute(scope, names[0])),)
        return tuple(f"{_MAPS[scope]}[{self.bind(name)}]" for name in names)

    def text(self, intrinsic: str) -> str:
        """Ids are lower-case hex."""
        if intrinsic in _IDS:
            return f"coalesce(lower(hex({_IDS[intrinsic]})), '')"
        return f"coalesce({_TEXTS[intrinsic]}, '')"

    def number(self, text: str) -> str:
        """TRY_CAST would take underscores and line ends, which no number has; NaN would be the greatest of them all."""
        for taken in ("'_'", r"E'\t'", r"E'\n'"):
            text = f"replace({text}, {taken}, 'x')"
        return f"nullif(TRY_CAST({text} AS DOUBLE), 'nan'::DOUBLE)"

    def matches(self, text: str, pattern: str) -> str:
        """The same library as in Tempo's tests of ours: RE2."""
        return f"regexp_full_match({text}, {self.bind(f'(?s:{pattern})')})"

    def quotient(self, number: str, by: str) -> str:
        """Whole numbers stay so."""
        return f"({number} // {by})"

    def quantiles(self, number: str, *shares: float) -> str:
        """Interpolated."""
        return f"quantile_cont({number}, [{', '.join(map(str, shares))}])"

    def share(self, places: int) -> str:
        """By the last bytes of the span's id, which are random."""
        return f"(hash(span_id) & {(1 << places) - 1})"


def column(attribute: Attribute) -> str:
    """The quoted column of a promoted attribute."""
    return f'"{attribute}"'
