"""The base of all shapes, and the fault that all of them can find: a node of the wrong kind."""

from __future__ import annotations

from cdctl.files.faults import Faults
from cdctl.files.nearest import shown
from cdctl.files.nodes import Mapping, Node, Scalar, Sequence

_SPELLINGS = {"yes": "true", "y": "true", "on": "true", "no": "false", "n": "false", "off": "false"}


class Shape:
    """What a node may be. `doc` is a sentence or two for people; editors show it beside the key.

    `nullable` shapes may be left empty where their key is optional, as in `labels:` with every entry commented out.
    """

    doc: str = ""
    nullable: bool = False

    def accepts(self, node: Node) -> bool:
        """Whether a node is of this kind at all; `check` says whether it is right."""
        raise NotImplementedError

    def check(self, node: Node, name: str, faults: Faults) -> None:
        """Record everything that is wrong with a node; `name` is what messages call it."""
        raise NotImplementedError


class Anything(Shape):
    """Any YAML value."""

    nullable = True

    def __init__(self, doc: str = "") -> None:
        self.doc = doc

    def accepts(self, node: Node) -> bool:
        """Always."""
        return True

    def check(self, node: Node, name: str, faults: Faults) -> None:
        """Nothing can be wrong."""


def wrong_kind(node: Node, name: str, wanted: str, faults: Faults) -> None:
    """Record that a node is not `wanted` ("text", "a number", "true or false", "a list" ...), with the likely cure."""
    if isinstance(node, Mapping):
        faults.error(node, f"{name} is a mapping, not {wanted}")
    elif isinstance(node, Sequence):
        faults.error(node, f"{name} is a list, not {wanted}")
    elif isinstance(node, Scalar) and node.kind == "null":
        faults.error(node, f"{name} is empty", f"write {wanted}")
    elif isinstance(node, Scalar):
        called = {"number": "the number ", "flag": "the truth value "}.get(node.kind, "")
        faults.error(node, f"{name} is {called}{shown(node.text)}, not {wanted}", _cure(node, wanted))


def _cure(node: Scalar, wanted: str) -> str:
    if wanted == "true or false":
        return f"write {_SPELLINGS.get(node.text.lower(), 'true or false')} without quotes"
    if wanted == "a number" and Scalar(node.text, 0, 0, plain=True).kind == "number":
        return "write it without quotes"
    if wanted == "text":
        return f"put it in quotes: {shown(node.text)}"
    return ""
