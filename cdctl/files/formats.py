"""Which format and kind a YAML document is of, and the shape it must have."""

from __future__ import annotations

from typing import NamedTuple

from cdctl.files.faults import Faults
from cdctl.files.nearest import nearest, shown, suggestion
from cdctl.files.nodes import Mapping, Node
from cdctl.files.openslo import kinds as openslo
from cdctl.files.shapes.containers import Fields
from cdctl.files.shapes.shape import wrong_kind
from cdctl.files.sloth import shapes as sloth

_START = "start with apiVersion: openslo/v1, or version: prometheus/v1 for Sloth"


class Format(NamedTuple):
    """A kind of document. `dialect` is set for Sloth's."""

    kind: str
    shape: Fields
    dialect: sloth.Dialect | None = None


def recognise(root: Node, faults: Faults) -> Format | None:
    """The format of a document, from its version and kind; None with the reason in `faults`."""
    if not isinstance(root, Mapping):
        wrong_kind(root, "the document", "a mapping", faults)
    elif "version" in root.values:
        if root.text("version") == sloth.VERSION:
            return Format("Sloth", sloth.FILE, sloth.PLAIN)
        message = f"version {shown(root.text('version'))} is not read, only Sloth's {sloth.VERSION}"
        faults.error(root.at("version"), message, _START)
    elif "apiVersion" not in root.values:
        typo = nearest("apiVersion", root.keys)
        fix = f"did you mean apiVersion instead of {shown(typo)}?" if typo else _START
        faults.error(root, "document has no apiVersion", fix)
    else:
        return _versioned(root, faults)
    return None


def _versioned(root: Mapping, faults: Faults) -> Format | None:
    version, kind = root.text("apiVersion"), root.text("kind")
    if version not in (openslo.VERSION, sloth.API_VERSION):
        faults.error(
            root.at("apiVersion"),
            f"apiVersion {shown(version)} is not read, only {openslo.VERSION} and Sloth's formats",
            _cure_version(version),
        )
        return None
    kinds = list(openslo.KINDS) if version == openslo.VERSION else [sloth.KIND]
    if kind in kinds:
        if version == openslo.VERSION:
            return Format(kind, openslo.KINDS[kind])
        return Format(kind, sloth.RESOURCE, sloth.KUBERNETES)
    if "kind" in root.values:
        faults.error(root.at("kind"), f"there is no kind {shown(kind)} in {version}", suggestion(kind, kinds))
    else:
        faults.error(root, "document has no kind", f"add kind: {' or '.join(kinds)}")
    return None


def _cure_version(version: str) -> str:
    if version.startswith(("openslo", "OpenSLO")):
        return f"write the document for {openslo.VERSION}"
    return suggestion(version, [openslo.VERSION, sloth.API_VERSION], otherwise=_START)
