"""The corpus of spec files, and a way to write new ones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from cdctl.domain.slo.specset import SpecSet
from cdctl.errors import FileError
from cdctl.files.specs import read

SLO = """\
apiVersion: openslo/v1
kind: SLO
metadata:
  name: commands
spec:
  service: remote-command
  indicator:
    spec:
      ratioMetric:
        counter: true
        bad: {metricSource: {spec: {query: 'commands_total{outcome!="ok"}'}}}
        total: {metricSource: {spec: {query: commands_total}}}
  timeWindow:
    - duration: 28d
      isRolling: true
  budgetingMethod: Occurrences
  objectives:
    - displayName: ok
      target: 0.999
"""


@pytest.fixture
def slo_text() -> str:
    """The YAML of a sound SLO called `commands`."""
    return SLO


@pytest.fixture
def edited() -> Callable[..., str]:
    """That YAML with pieces replaced: `edited(("28d", "7d"), ...)`; a piece that is not there fails the test."""

    def edit(*changes: tuple[str, str]) -> str:
        text = SLO
        for old, new in changes:
            assert old in text
            text = text.replace(old, new, 1)
        return text

    return edit


@pytest.fixture
def reading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., SpecSet]:
    """Write texts to `1.yaml`, `2.yaml` ... in a folder of their own and read them from there."""
    monkeypatch.chdir(tmp_path)

    def write_and_read(*texts: str | bytes) -> SpecSet:
        paths = [Path(f"{number}.yaml") for number, _ in enumerate(texts, 1)]
        for path, text in zip(paths, texts, strict=True):
            path.write_bytes(text.encode() if isinstance(text, str) else text)
        return read(paths)

    return write_and_read


@pytest.fixture
def problems(reading: Callable[..., SpecSet]) -> Callable[..., list[str]]:
    """The same for texts that are wrong: every problem as text."""

    def collect(*texts: str | bytes) -> list[str]:
        with pytest.raises(FileError) as caught:
            reading(*texts)
        return [str(problem) for problem in caught.value.problems]

    return collect
