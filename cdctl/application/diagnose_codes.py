"""The catalogue of trouble codes that ships, read when it is needed."""

from __future__ import annotations

from importlib.resources import files

from cdctl.domain.diagnostics.catalogue import FILE, Catalogue, catalogue


def known_codes() -> Catalogue:
    """What codes mean, where that is known."""
    return catalogue(files("cdctl.domain.diagnostics").joinpath(FILE).read_text(encoding="utf-8"))
