from __future__ import annotations

from cdctl.domain.slo.verdict import SloReport
from cdctl.reports.wide import WideReport


def test_nothing_is_cut_and_everything_is_counted(report: SloReport) -> None:
    lines = WideReport().render(report).splitlines()
    row = next(line for line in lines if "remote-command-availability" in line and "region=eu" in line)
    for text in (
        "Occurrences",
        "last 28d",
        "99.511% to 99.531%",
        "4,815,423",
        "23,151",
        "4,838,574",
        "-378.5%",
        "17.8",
    ):
        assert text in row
    assert "…" not in "\n".join(lines)


def test_a_calendar_window_is_spelt_out(report: SloReport) -> None:
    text = WideReport().render(report)
    assert "2026-10-31 23:00 to 2026-11-30 23:00 UTC, 72% elapsed" in text
