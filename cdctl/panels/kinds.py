"""Kinds of panels that ship: names, and where each one is. Listing them imports none."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType

from cdctl.domain.boards.panel import Kind

KINDS: Mapping[str, str] = MappingProxyType(
    {
        "header": "cdctl.panels.header",
        "fleet": "cdctl.panels.fleet",
        "slo": "cdctl.panels.slo",
    }
)


def kind(name: str) -> Kind:
    """The kind of that name, one of KINDS."""
    found = import_module(KINDS[name]).KIND
    assert isinstance(found, Kind)
    return found
