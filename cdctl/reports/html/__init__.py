"""`html`: one self-contained page that an engineer forwards to a customer: no network, no script, no fonts."""

from __future__ import annotations

from cdctl.domain.ports import API, Plugin
from cdctl.domain.slo.verdict import SloReport
from cdctl.reports.html.page import page


class HtmlReport:
    """Light, dark and print; readable on a phone and by a screen reader."""

    suffix = ".html"

    def render(self, report: SloReport) -> str:
        """The whole page."""
        return page(report)


PLUGIN = Plugin(
    api=API,
    room="reports",
    name="html",
    version="1",
    summary="one self-contained page with charts and evidence, to forward",
    make=HtmlReport,
)
