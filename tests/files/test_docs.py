"""docs/specs.md cannot drift from what the reader does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cdctl.domain.slo.objective import halves
from cdctl.files import reading as files_reading
from cdctl.files import yaml
from cdctl.files.openslo.kinds import KINDS
from cdctl.files.openslo.metadata import PREFIX, metadata_shape
from cdctl.files.shapes.containers import Bag
from cdctl.sources.traceql.grammar import judge


@pytest.fixture(scope="module")
def page(root):
    return (root / "docs" / "specs.md").read_text()


def test_the_example_is_sound(page, reading):
    example, *_ = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    found = reading(example)
    assert [slo.name for slo in found.slos] == ["remote-command-availability"]
    assert found.warnings == ()


def test_other_indicators_are_sound(page, reading):
    example, *indicators = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    assert len(indicators) == 2
    for indicator in indicators:
        before, _, rest = example.partition("  indicator:\n")
        found = reading(before + indicator + "".join(rest.partition("  timeWindow")[1:]))
        assert found.warnings == ()
        asked = found.slos[0].objectives[0].indicator
        for part in halves(asked) or (asked,):
            if part.total.source == "traces":
                assert list(judge(part, found.slos[0].group_by)) == []


def test_the_schema_is_where_the_page_says(page, root):
    (path,) = set(re.findall(r"`(cdctl/\S+\.json)`", page))
    assert (root / path).is_file()
    assert Path(path).name in page.split("$schema=")[1].splitlines()[0]


def test_every_annotation_is_explained(page):
    annotations = metadata_shape("m", "n", promise=True).keys["annotations"]
    assert isinstance(annotations, Bag)
    assert sorted(re.findall(rf"^\| `({PREFIX}[\w-]+)`", page, re.MULTILINE)) == sorted(annotations.known)


def test_every_kind_is_explained(page):
    (table,) = re.findall(r"\| kind \|.*?\n\n", page, re.DOTALL)
    assert set(re.findall(r"`([A-Z]\w+)`", table)) >= set(KINDS)


def test_limits_are_as_said(page):
    said = " ".join(page.split())
    assert f"more than {files_reading.MOST_BYTES // 1024 // 1024} MiB or {yaml.MOST_NODES:,} values" in said
    assert f"more than {yaml.DEEPEST} levels" in said
