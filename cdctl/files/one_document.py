"""A YAML file that holds one thing: a profile, an API, a rollout."""

from __future__ import annotations

from cdctl.files.faults import Faults
from cdctl.files.nodes import Mapping
from cdctl.files.shapes.shape import Shape, wrong_kind
from cdctl.files.yaml import documents


def only(text: str | None, faults: Faults, shape: Shape, thing: str) -> Mapping | None:
    """The one mapping of a text, judged by its shape; None when anything is wrong with it, which then is in `faults`.
    text: None when the file could not be read. thing: what messages call it."""
    roots = documents(text, faults) if text is not None else []
    if faults.errors:
        return None
    if len(roots) != 1:
        said = "holds more than one document" if roots else "is empty"
        faults.error(roots[1] if roots else None, f"the {thing} {said}", f"write one {thing} in a file")
        return None
    (root,) = roots
    if not isinstance(root, Mapping):
        wrong_kind(root, f"the {thing}", "a mapping", faults)
        return None
    shape.check(root, thing, faults)
    return None if faults.errors else root
