"""The whole story in one run: a lab of its own, the shipped promises, and the one that is being broken."""

from __future__ import annotations

import json
import urllib.parse
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from cdctl.application import wiring
from cdctl.application.evaluate import Options
from cdctl.domain.ports import Progress
from cdctl.domain.settings import LAB, Settings
from cdctl.domain.slo.verdict import SloReport, Verdict
from cdctl.files.settings import lab
from cdctl.files.shipped import shipped
from cdctl.lab.scenarios import scenario
from cdctl.lab.scratch import scratch
from cdctl.lab.servers import get
from cdctl.lab.stage import Making, Stage

CONTEXT = "demo"
"""Name of the context in `Demo.settings_file`."""
TITLE = "Demo: a simulated platform"
_BAD = 'sum by (region) (rate(remote_command_total{outcome=~"failed|timeout"}[1m]))'
_ALL = "sum by (region) (rate(remote_command_total[1m]))"


class Demo:
    """A lab that runs, and what is promised on it."""

    def __init__(self, stage: Stage, folder: Path) -> None:
        """`folder` is where the ledger and a settings file may be, for processes that read their own."""
        self._stage = stage
        self.settings_file = folder / "cdctl.toml"
        self.settings_file.write_text(settings_text(stage.context))
        self.specs = str(shipped("slo_specs"))
        found = lab.found(stage.context)
        self._settings = Settings(
            contexts={LAB: replace(found.context, sources=found.sources)},
            default_context=LAB,
            cache_dir=str(folder / "cache"),
            fleet_columns=found.columns,
        )
        self._slos = wiring.read_specs(self._settings, [self.specs]).slos
        self._doors = wiring.catalogue(self._settings, plugins=False)

    def judge(self, progress: Progress) -> SloReport:
        """The verdict now; the second look and later ones ask only for what is new."""
        return wiring.evaluate_slos(
            self._slos, self._settings, self._doors, progress=progress, options=Options(title=TITLE)
        )

    def planned(self, report: SloReport) -> bool:
        """Whether what was to break is found broken."""
        return found(report, scenario(self._stage.making.scenario).planned)

    def bad_share(self) -> Mapping[str, float]:
        """Share of remote commands that failed in the last minute, by region, straight from the server; those without
        an answer are left out. For a pulse on the screen, not for a verdict."""
        query = urllib.parse.urlencode({"query": f"{_BAD} / {_ALL}"})
        address = urllib.parse.urlsplit(self._stage.urls["prometheus"])
        status, body = get(address.port or 0, f"{address.path}/api/v1/query?{query}")
        if status != 200:
            return {}
        found = {one["metric"]["region"]: float(one["value"][1]) for one in json.loads(body)["data"]["result"]}
        return {region: share for region, share in found.items() if share == share}  # noqa: PLR0124 - drops NaN


def settings_text(context: Mapping[str, Any]) -> str:
    """What `cdctl lab up` would print, as a settings file with the context `demo`."""
    lines = [f"[contexts.{CONTEXT}]", f"prometheus = {{ url = {json.dumps(context['prometheus']['url'])} }}"]
    lines += [f"[contexts.{CONTEXT}.brokers]"]
    lines += [f"{region} = {{ url = {json.dumps(one['url'])} }}" for region, one in context["brokers"].items()]
    lines += ["[fleet.columns]"]
    lines += [f"{json.dumps(name)} = {json.dumps(path)}" for name, path in context["fleet"]["columns"].items()]
    return "\n".join(lines) + "\n"


def found(report: SloReport, planned: tuple[str, str] | None) -> bool:
    """Whether this promise, in this region, is breached in the report; nothing planned is never found."""
    return any(
        (row.name, row.group.get("region")) == planned and row.verdict is Verdict.BREACHED for row in report.rows
    )


@contextmanager
def demo(making: Making, progress: Progress) -> Iterator[Demo]:
    """Everything started, and surely stopped at the end.

    Raises UnavailableError when a server is not installed or does not come up.
    """
    with scratch() as folder, Stage(folder, making, progress) as stage:
        yield Demo(stage, folder)
