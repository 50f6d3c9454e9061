"""Spec files read: OpenSLO v1 documents and Sloth's files become promises, and everything wrong is said at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Mapping as Map
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from cdctl.domain.slo.objective import AlertPolicy, Indicator, Query, Slo
from cdctl.domain.slo.objective import queries as queries_of
from cdctl.domain.slo.specset import SpecSet
from cdctl.errors import FileError
from cdctl.files import queries
from cdctl.files.faults import Faults
from cdctl.files.formats import recognise
from cdctl.files.nodes import Mapping, Node
from cdctl.files.openslo.alerts import of_document
from cdctl.files.openslo.indicators import measure
from cdctl.files.openslo.library import Document, Library
from cdctl.files.openslo.slos import slo
from cdctl.files.reading import read_text
from cdctl.files.spec_files import find
from cdctl.files.yaml import documents

if TYPE_CHECKING:
    from cdctl.domain.ports import Grammar
    from cdctl.files.sloth.shapes import Dialect

_NAMES = r"""\bname["']?[ \t]*:[ \t]*["']?([\w.-]+)"""


def read(
    paths: Sequence[Path],
    grammars: Map[str, Grammar] = MappingProxyType({}),
    sources: Callable[[], set[str]] | None = None,
) -> SpecSet:
    """Every promise in some files and folders; a folder is read with all folders below it.

    grammars: by the name of a source; the queries asked of it are judged, too. sources: gives the names of all sources
    that there are; one that is none of them, and has no grammar, is an error.

    Raises FileError with all problems of all files, warnings among them, when anything is an error.
    """
    found = find(paths)
    reader = _Reader()
    for path in found.files:
        reader.take(path)
    slos = tuple(reader.slos())
    policies = reader.policies()
    problems = [*found.problems, *(problem for faults in reader.faults for problem in faults.close())]
    measures = reader.indicators() if grammars or sources else []
    if grammars:
        problems += queries.problems(slos, measures, grammars, reader.texts, reader.groupless)
    if sources:
        problems += queries.unknown(slos, measures, grammars, sources)
    problems += queries.doubts(slos, reader.texts)
    if any(not problem.warning for problem in problems):
        raise FileError(problems)
    return SpecSet(
        slos,
        tuple(faults.file for faults in reader.faults),
        tuple(sorted(problems)),
        reader.kinds,
        reader.services(),
        policies,
        {name: problem for faults in reader.faults for name, problem in faults.left_out.items()},
    )


class _Level(NamedTuple):
    """The part of a well-formed Sloth document that holds its SLOs."""

    node: Mapping
    dialect: Dialect
    faults: Faults


class _Reader:
    """What was read so far. All files are taken before references between them are followed."""

    def __init__(self) -> None:
        self.faults: list[Faults] = []
        self.library = Library()
        self.kinds: dict[str, int] = {}
        self.pending: list[Document | _Level] = []
        self.unsound: list[Document | _Level] = []
        self.texts: dict[str, str] = {}
        self.groupless: list[Query] = []

    def take(self, path: Path) -> None:
        """Read one file and check the structure of its documents."""
        faults = Faults(str(path))
        self.faults.append(faults)
        text = read_text(path, faults)
        if text is None:
            self.library.blind = True
            return
        self.texts[faults.file] = text
        roots = documents(text, faults)
        if not roots and not faults.errors:
            faults.error(None, "holds no document", "write one, or delete the file")
        for root in roots:
            self._document(root, faults)
        if faults.errors:
            self.library.torn.update(re.findall(_NAMES, text))

    def _document(self, root: Node, faults: Faults) -> None:
        form = recognise(root, faults)
        if not form or not isinstance(root, Mapping):
            return
        before = faults.errors
        form.shape.check(root, form.kind, faults)
        sound = faults.errors == before
        self.kinds[form.kind] = self.kinds.get(form.kind, 0) + 1
        if form.dialect:
            level = _Level(root.mapping("spec") or root, form.dialect, faults)
            (self.pending if sound else self.unsound).append(level)
            return
        metadata = root.mapping("metadata")
        name = metadata.scalar("name") if metadata else None
        if name:
            document = Document(form.kind, name.text, root, faults, sound)
            if self.library.add(document, name) and form.kind == "SLO":
                (self.pending if sound else self.unsound).append(document)

    def slos(self) -> Iterator[Slo]:
        """Every promise, in file order."""
        measures = {doc.name: measure(doc.spec, doc.faults, self.library) for doc in self._sound("SLI")}
        for item in self.pending:
            if isinstance(item, Document):
                promise = slo(item, self.library, measures)
                if promise:
                    yield promise
            else:
                yield from self._sloth(item)

    def _sloth(self, level: _Level) -> Iterator[Slo]:
        from cdctl.files.sloth.promises import promises

        for promise, where in promises(level.node, level.dialect, level.faults):
            for objective in promise.objectives:
                self.groupless += queries_of(objective.indicator)
            if self.library.claim("SLO", promise.name, where, level.faults):
                yield promise

    def indicators(self) -> list[Indicator | Query]:
        """What is measured, by promises that are wrong in other ways, too; thresholds are queries. After `slos`."""
        for item in self.unsound:
            told = Faults(item.faults.file)  # what else is wrong has been said
            if isinstance(item, _Level):
                from cdctl.files.sloth.promises import indicators

                self.library.measured += indicators(item.node, item.dialect, told)
                continue
            owners = [item.spec, *(one for one in item.spec.items("objectives") if isinstance(one, Mapping))]
            for indicator in filter(None, (owner.mapping("indicator") for owner in owners)):
                measure(indicator.mapping("spec") or indicator, told, self.library)
        return self.library.measured

    def policies(self) -> Map[str, AlertPolicy]:
        """Every AlertPolicy document by name."""
        return {doc.name: of_document(doc, doc.faults, self.library) for doc in self._sound("AlertPolicy")}

    def services(self) -> Map[str, str]:
        """The description of every Service document by name."""
        return {doc.name: doc.spec.text("description").strip() for doc in self._sound("Service")}

    def _sound(self, kind: str) -> list[Document]:
        return [document for document in self.library.documents.get(kind, {}).values() if document.sound]
