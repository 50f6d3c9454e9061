"""Which format and kind a YAML document is of, and the shape it must have."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cdctl.files.faults import Faults
from cdctl.files.nearest import nearest, shown, suggestion
from cdctl.files.nodes import Mapping, Node
from cdctl.files.openslo import kinds as openslo
from cdctl.files.shapes.containers import Fields
from cdctl.files.shapes.shape import wrong_kind

if TYPE_CHECKING:
    from cdctl.files.sloth.shapes import Dialect

_START = "start with apiVersion: openslo/v1, or version: prometheus/v1 for Sloth"


class Format(NamedTuple):
    """A kind of document. `dialect` is set for Sloth's."""

    kind: str
    shape: Fields
    dialect: Dialect | None = None


def recognise(root: Node, faults: Faults) -> Format | None:
    """The format of a document, from its version and kind; None with the reason in `faults`."""
    if not isinstance(root, Mapping):
        wrong_kind(root, "the document", "a mapping", faults)
        return None
    if root.text("apiVersion") == openslo.VERSION and "version" not in root.values:
        return _openslo(root, faults)
    if "version" in root.values:
        return _sloth_file(root, faults)
    if "apiVersion" in root.values:
        return _resource(root, faults)
    typo = nearest("apiVersion", root.keys)
    fix = f"did you mean apiVersion instead of {shown(typo)}?" if typo else _START
    faults.error(root, "document has no apiVersion", fix)
    return None


def _openslo(root: Mapping, faults: Faults) -> Format | None:
    kind = root.text("kind")
    if kind in openslo.KINDS:
        return Format(kind, openslo.KINDS[kind])
    _unknown_kind(root, openslo.VERSION, list(openslo.KINDS), faults)
    return None


def _sloth_file(root: Mapping, faults: Faults) -> Format | None:
    from cdctl.files.sloth import shapes as sloth

    version = root.text("version")
    if version == sloth.VERSION:
        return Format("Sloth", sloth.FILE, sloth.PLAIN)
    message = f"version {shown(version)} is not read, only Sloth's {sloth.VERSION}"
    faults.error(root.at("version"), message, _START)
    return None


def _resource(root: Mapping, faults: Faults) -> Format | None:
    from cdctl.files.sloth import shapes as sloth

    version = root.text("apiVersion")
    if version != sloth.API_VERSION:
        message = f"apiVersion {shown(version)} is not read, only {openslo.VERSION} and Sloth's formats"
        faults.error(root.at("apiVersion"), message, _cure_version(version, sloth.API_VERSION))
    elif root.text("kind") == sloth.KIND:
        return Format(sloth.KIND, sloth.RESOURCE, sloth.KUBERNETES)
    else:
        _unknown_kind(root, version, [sloth.KIND], faults)
    return None


def _unknown_kind(root: Mapping, version: str, kinds: list[str], faults: Faults) -> None:
    if "kind" in root.values:
        kind = root.text("kind")
        faults.error(root.at("kind"), f"there is no kind {shown(kind)} in {version}", suggestion(kind, kinds))
    else:
        faults.error(root, "document has no kind", f"add kind: {' or '.join(kinds)}")


def _cure_version(version: str, other: str) -> str:
    if version.lower().startswith("openslo"):
        return f"write the document for {openslo.VERSION}"
    return suggestion(version, [openslo.VERSION, other], otherwise=_START)
