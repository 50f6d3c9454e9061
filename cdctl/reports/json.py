"""`json`: the whole report as one document, schema `cdctl.report/v1` (report.schema.json beside this file)."""

from __future__ import annotations

from cdctl.domain.ports import API, Plugin
from cdctl.domain.slo.verdict import SloReport
from cdctl.reports.document import document, dumps


class JsonReport:
    """For scripts and other tools; names and shapes are promises."""

    suffix = ".json"

    def render(self, report: SloReport) -> str:
        """One indented document."""
        return dumps(document(report), indent=2) + "\n"


PLUGIN = Plugin(
    api=API,
    room="reports",
    name="json",
    version="1",
    summary="one document for scripts, with a published schema",
    make=JsonReport,
)
