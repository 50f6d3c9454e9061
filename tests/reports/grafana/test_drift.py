"""Why a file is not what would be written now."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from cdctl.reports.grafana.drift import ours, why

NEW: dict[str, Any] = {
    "panels": [{"id": 1, "title": "Budget", "targets": [{"expr": "x"}, {"expr": "y"}]}, {"id": 2, "title": "SLI"}],
    "tags": ["cdctl-slo"],
    "title": "T",
}


def text(value: object) -> str:
    return json.dumps(value, indent=2) + "\n"


def changed(change: Callable[[Any], object]) -> str:
    old = json.loads(text(NEW))
    change(old)
    return why(text(old), text(NEW))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: None, ""),
        (lambda d: d["panels"][0]["targets"][1].update(expr="z"), "panel 1 (Budget): targets[1].expr differs"),
        (lambda d: d["panels"][0]["targets"].pop(), "panel 1 (Budget): targets[1] differs"),
        (lambda d: d["panels"][1].pop("title"), "panel 2 (SLI): title differs"),
        (lambda d: d["panels"].pop(), "panel 2 (SLI) is missing"),
        (lambda d: d["panels"].append({"id": 3, "title": "Mine"}), "panel 3 (Mine) is of no promise"),
        (lambda d: d["panels"].reverse(), "panels are in another order"),
        (lambda d: d["panels"][0].update(id=True), "panel 1 (Budget) is missing"),
        (lambda d: d.update(version=3), "version differs"),
        (lambda d: d.pop("title"), "title differs"),
        (lambda d: d.update(panels=7), "panel 1 (Budget) is missing"),
    ],
)
def test_the_first_difference_is_told(change: Callable[[Any], object], said: str) -> None:
    assert changed(change) == said


def test_files_that_are_no_dashboard() -> None:
    assert why("{", text(NEW)).startswith("is not JSON: ")
    assert why("[]", text(NEW)) == "is no dashboard"
    assert why(text(NEW).replace("\n", "\r\n"), text(NEW)) == "says the same, written otherwise"


def test_what_is_ours_is_known() -> None:
    assert ours(text(NEW))
    assert not any(map(ours, ("{", "[]", "{}", '{"tags": 7}', '{"tags": ["mine"]}')))
