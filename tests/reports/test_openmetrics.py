from __future__ import annotations

import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from cdctl.domain.slo.verdict import SloReport
from cdctl.reports.openmetrics import OpenMetricsReport


def lint(text: str) -> tuple[int, str]:
    """Exit code and words of `promtool check metrics`."""
    done = subprocess.run(
        ["promtool", "check", "metrics"], input=text, capture_output=True, text=True, timeout=30, check=False
    )
    return done.returncode, done.stdout + done.stderr


def parse(text: str, folder: Path) -> tuple[int, str]:
    """What Prometheus' own OpenMetrics parser says: promtool makes blocks of it, which needs a time on every sample."""
    file = folder / "metrics.txt"
    file.write_text(re.sub(r"^(?!#)(.+)$", r"\1 1795363800", text, flags=re.MULTILINE))
    command = ["promtool", "tsdb", "create-blocks-from", "openmetrics", str(file), str(folder / "blocks")]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=30)
    return done.returncode, done.stdout + done.stderr


def samples(text: str) -> list[str]:
    return [line for line in text.splitlines() if not line.startswith("#")]


def test_promtool_finds_nothing_to_say(report: SloReport, empty: SloReport) -> None:
    assert lint(OpenMetricsReport().render(report)) == (0, "")
    assert lint(OpenMetricsReport().render(empty)) == (0, "")


@pytest.mark.parametrize(
    ("good", "bad", "said"),
    [
        ("# HELP cdctl_slo_sli_ratio Good over total in the window, 0 to 1.\n", "", "no help text"),
        ("cdctl_slo_burn_rate", "cdctl_slo_burn_total", "_total"),
        ('slo="near-miss"', 'slo="near"miss"', "error while linting"),
    ],
)
def test_promtool_would_speak_up(report: SloReport, good: str, bad: str, said: str) -> None:
    code, text = lint(OpenMetricsReport().render(report).replace(good, bad))
    assert code != 0
    assert said in text


def test_prometheus_reads_every_sample_as_a_series_of_its_own(report: SloReport, tmp_path: Path) -> None:
    text = OpenMetricsReport().render(report)
    code, said = parse(text, tmp_path)
    assert code == 0, said
    number = len(samples(text))
    assert said.splitlines()[-1].split()[-4:-1] == [str(number)] * 3


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("# EOF\n", ""),
        ("# TYPE cdctl_slo_sli_ratio gauge", "# TYPE cdctl_slo_sli_ratio gauges"),
        ('",service', '" service'),
    ],
)
def test_prometheus_would_refuse(report: SloReport, tmp_path: Path, good: str, bad: str) -> None:
    code, _ = parse(OpenMetricsReport().render(report).replace(good, bad), tmp_path)
    assert code != 0


def test_families_are_whole_and_named_once(report: SloReport) -> None:
    text = OpenMetricsReport().render(report)
    named = [re.split(r"[{ ]", line)[0] for line in samples(text)]
    runs = [name for i, name in enumerate(named) if i == 0 or named[i - 1] != name]
    assert len(runs) == len(set(runs))
    assert re.findall(r"^# TYPE (\S+)", text, re.MULTILINE) == runs
    assert text.endswith("# EOF\n")


def test_one_verdict_of_a_row_is_1(report: SloReport) -> None:
    near = [line for line in samples(OpenMetricsReport().render(report)) if "_verdict{" in line and "near-miss" in line]
    assert [line.rsplit(" ", 1)[1] for line in near] == ["0", "0", "1", "0", "0"]


def test_a_composite_is_there_once(report: SloReport) -> None:
    found = [line for line in samples(OpenMetricsReport().render(report)) if line.startswith("cdctl_slo_composite_sli")]
    assert found == ['cdctl_slo_composite_sli_ratio{slo="customer-journey",service="customer-api"} 0.981']


def test_what_is_not_known_has_no_sample(report: SloReport) -> None:
    text = OpenMetricsReport().render(report)
    assert not [line for line in samples(text) if "file-transfer" in line and "_sli_ratio" in line]
    assert [line for line in samples(text) if "file-transfer" in line and "_target_ratio" in line]


def test_labels_that_are_ours_or_illegal_are_renamed(report: SloReport) -> None:
    group = {"slo": "a", "le": "b", "1st": "c", "my.label": "d", "my-label": "e", "__name__": "f"}
    text = OpenMetricsReport().render(replace(report, rows=(replace(report.rows[0], group=group),)))
    assert 'group_slo="a",group_le="b",group_1st="c",my_label="d",group_my_label="e",group___name__="f"' in text
    assert lint(text) == (0, "")
