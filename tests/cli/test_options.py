"""Shared options in front, whatever the order on the line."""

from __future__ import annotations

import pytest

from cdctl.cli.options import shared_first


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("slo report", "slo report"),
        ("slo report --quiet", "--quiet slo report"),
        ("slo report -q a -v", "-q -v slo report a"),
        ("slo report --context lab a", "--context lab slo report a"),
        ("slo report --context=lab a", "--context=lab slo report a"),
        ("--debug slo --config x report", "--debug --config x slo report"),
        ("slo report -- --quiet", "slo report -- --quiet"),
        ("slo report --context", "--context slo report"),
        ("slo report --contexts lab", "slo report --contexts lab"),
        ("slo report --quietly=1", "slo report --quietly=1"),
    ],
)
def test_shared_first(line, expected):
    assert shared_first(line.split()) == expected.split()
