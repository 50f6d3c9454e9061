"""`jsonl`: one row a line, each complete in itself (schema, instant), for log pipelines and `jq`."""

from __future__ import annotations

from cdctl.domain.ports import API, Plugin
from cdctl.domain.slo.verdict import SloReport
from cdctl.reports.document import SCHEMA, dumps, row_values
from cdctl.reports.words import rfc3339


class JsonlReport:
    """`$defs/line` of report.schema.json describes a line."""

    suffix = ".jsonl"

    def render(self, report: SloReport) -> str:
        """A line a row; nothing at all when there is no row."""
        head = {"schema": SCHEMA, "generated_at": rfc3339(report.generated_at), "at": rfc3339(report.at)}
        return "".join(dumps({**head, **row_values(row)}) + "\n" for row in report.rows)


PLUGIN = Plugin(
    api=API,
    room="reports",
    name="jsonl",
    version="1",
    summary="one row a line, each complete in itself",
    make=JsonlReport,
)
