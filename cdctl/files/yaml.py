"""YAML read with the place of every node, fast, and without the features that make a small file a large one.

Events come from libyaml (ruamel.yaml's C parser), 1 us each; the tree is built here, without recursion, so that depth
and size are capped. Aliases, anchors, tags and duplicate keys are refused: 271 bytes of aliases can stand for millions
of values, and of two equal keys one is silently lost.
"""

from __future__ import annotations

from typing import cast

from _ruamel_yaml import CParser  # type: ignore[import-not-found]
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from cdctl.files.faults import Faults
from cdctl.files.nearest import shown
from cdctl.files.nodes import Mapping, Node, Scalar, Sequence

MOST_NODES = 400_000
DEEPEST = 48

_CURES = (
    ("cannot start any token", "indent with spaces, not tabs, and put quotes around text that starts with a mark"),
    ("mapping values are not allowed", "put quotes around text that holds ': ', or check the indentation"),
    ("found unexpected ':'", "inside { } and [ ] put quotes around text that holds a colon"),
    ("expected ',' or", "put quotes around text that starts with { or [, or close the bracket"),
    ("end of stream", "close the quote or the bracket that was opened"),
    ("did not find expected", "check the indentation here and above; text that starts with { or [ needs quotes"),
)


class _Stop(Exception):  # noqa: N818 - not an error of its own: it ends the reading of one file
    """Reading on makes no sense; the fault is recorded."""


def documents(text: str, faults: Faults) -> list[Node]:
    """The root of every document of a YAML text; empty documents are left out.

    What is wrong goes to `faults`. After a syntax error the documents before it are still returned; a document that
    uses an alias is not.
    """
    composer = _Composer(faults)
    try:
        composer.run(CParser(text))
    except _Stop:
        pass
    except MarkedYAMLError as error:
        _syntax(error, faults)
    except YAMLError as error:
        faults.error(None, f"this is not YAML: {shown(str(error))}")
    return composer.roots


def _syntax(error: MarkedYAMLError, faults: Faults) -> None:
    mark = error.problem_mark or error.context_mark
    where = Node(mark.line + 1, mark.column + 1) if mark else None
    reason = " ".join(part for part in (error.context, error.problem) if part)
    cure = next((cure for symptom, cure in _CURES if symptom in reason), "")
    faults.error(where, f"this is not YAML: {reason}", cure)


class _Composer:
    """Builds documents from parser events. `stack` holds the open collections, `names` the key each one waits with."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self.roots: list[Node] = []
        self.stack: list[Mapping | Sequence] = []
        self.names: list[Scalar | None] = []
        self.count = 0
        self.aliased = False

    def run(self, parser: CParser) -> None:
        take = parser.get_event
        while (event := take()) is not None:
            kind = event.__class__
            if kind is ScalarEvent:
                mark = event.start_mark
                if event.anchor or event.ctag:
                    self.refuse(event)
                self.add(Scalar(event.value, mark.line + 1, mark.column + 1, event.style == ""))
            elif kind is MappingStartEvent:
                self.open(event, Mapping(event.start_mark.line + 1, event.start_mark.column + 1))
            elif kind is SequenceStartEvent:
                self.open(event, Sequence(event.start_mark.line + 1, event.start_mark.column + 1))
            elif kind is MappingEndEvent or kind is SequenceEndEvent:
                self.close()
            elif kind is AliasEvent:
                self.alias(event)

    def open(self, event: CollectionStartEvent, node: Mapping | Sequence) -> None:
        if event.anchor or event.ctag:
            self.refuse(event)
        if len(self.stack) >= DEEPEST:
            self.faults.error(node, f"nested deeper than {DEEPEST} levels", "write it flatter")
            raise _Stop
        if self.stack and isinstance(self.stack[-1], Mapping) and self.names[-1] is None:
            self.faults.error(node, "a key must be text, not a list or a mapping", "put quotes around it")
            raise _Stop
        self.stack.append(node)
        self.names.append(None)

    def close(self) -> None:
        node = self.stack.pop()
        self.names.pop()
        self.add(node)

    def add(self, node: Node) -> None:
        self.count += 1
        if self.count > MOST_NODES:
            self.faults.error(node, f"more than {MOST_NODES:,} values in one file", "split the file")
            raise _Stop
        if not self.stack:
            self._root(node)
            return
        top = self.stack[-1]
        if isinstance(top, Sequence):
            top.items.append(node)
        elif (key := self.names[-1]) is None:
            self.names[-1] = cast(Scalar, node)  # open() lets only scalars be keys
        else:
            self.names[-1] = None
            if key.text in top.keys:
                self._duplicate(key, top)
            else:
                top.keys[key.text] = key
                top.values[key.text] = node

    def _root(self, node: Node) -> None:
        if self.aliased:
            self.aliased = False
        elif not (isinstance(node, Scalar) and node.kind == "null"):
            self.roots.append(node)

    def _duplicate(self, key: Scalar, top: Mapping) -> None:
        first = top.keys[key.text].line
        self.faults.error(key, f"key {shown(key.text)} is here twice, first in line {first}", "keep one of them")

    def alias(self, event: AliasEvent) -> None:
        node = Scalar("", event.start_mark.line + 1, event.start_mark.column + 1, plain=True)
        self.faults.error(node, f"alias {shown('*' + event.anchor)} is not supported", "write the value out")
        self.aliased = True
        self.add(node)

    def refuse(self, event: ScalarEvent | CollectionStartEvent) -> None:
        where = Node(event.start_mark.line + 1, event.start_mark.column + 1)
        if event.anchor:
            self.faults.error(where, f"anchor {shown('&' + event.anchor)} is not supported", "delete it")
        if event.ctag:
            self.faults.error(where, f"tag {shown(str(event.ctag))} is not supported", "delete it")
