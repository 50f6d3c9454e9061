"""All OpenSLO documents that were read, found by kind and name across files."""

from __future__ import annotations

from dataclasses import dataclass

from cdctl.domain.slo.objective import Indicator, Query, Ratio, RawRatio
from cdctl.errors import Place
from cdctl.files.faults import Faults
from cdctl.files.nearest import shown, suggestion
from cdctl.files.nodes import Mapping, Node, Scalar

Measure = Ratio | RawRatio | Query
"""An indicator without its objective: a query is a thresholdMetric, which an objective's op and value complete."""

_LENIENT = frozenset({"DataSource", "AlertNotificationTarget"})


@dataclass(frozen=True, slots=True)
class Document:
    """One document. `sound` is true when its structure is right; one that is not is known by name, but not used."""

    kind: str
    name: str
    root: Mapping
    faults: Faults
    sound: bool

    @property
    def spec(self) -> Mapping:
        """Its spec; empty when it has none."""
        return self.root.mapping("spec") or Mapping(self.root.line, self.root.column)

    @property
    def metadata(self) -> Mapping:
        """Its metadata."""
        return self.root.mapping("metadata") or Mapping(self.root.line, self.root.column)


class Library:
    """Documents by kind and name. `torn` are names in files that could not be read to the end: not known to be missing.

    `blind` is true when a file could not be read at all, so that no name is known to be missing. `measured` is what all
    indicators measure, those inside of promises that are wrong in other ways among them.
    """

    def __init__(self) -> None:
        self.documents: dict[str, dict[str, Document]] = {}
        self.torn: set[str] = set()
        self.blind = False
        self.measured: list[Indicator | Query] = []
        self._cures: dict[str, str] = {}
        self._claims: dict[tuple[str, str], Place] = {}

    def add(self, document: Document, where: Node) -> bool:
        """Keep a document; False, with a fault that names both places, when another has its kind and name."""
        free = self.claim(document.kind, document.name, where, document.faults)
        if free:
            self.documents.setdefault(document.kind, {})[document.name] = document
        return free

    def claim(self, kind: str, name: str, where: Node, faults: Faults) -> bool:
        """Take a name; False, with a fault that names both places, when it is taken."""
        place = faults.place(where)
        first = self._claims.setdefault((kind, name), place)
        if first is not place:
            faults.error(where, f"two {kind}s are called {shown(name)}, the other one at {first}", "rename one of them")
        return first is place

    def find(self, kind: str, reference: Scalar, faults: Faults) -> Document | None:
        """The document a reference names; None with a fault when it is unknown, None when it is itself unsound.

        Data sources and notification targets are often kept elsewhere: a reference to one is only a warning while none
        at all is defined here.
        """
        known = self.documents.get(kind, {})
        found = known.get(reference.text)
        if found:
            return found if found.sound else None
        if self.blind or reference.text in self.torn:
            return None
        message = f"there is no {kind} called {shown(reference.text)}"
        if kind in _LENIENT and not known:
            faults.warn(reference, f"{message} in these files", f"define it, if other tools need it; {_UNUSED[kind]}")
        else:
            otherwise = "define it, or name the file that does as well"
            fix = otherwise if faults.full else suggestion(reference.text, known, otherwise=otherwise)
            faults.error(reference, message, fix)
        return None

    def service(self, name: str, where: Node, faults: Faults) -> None:
        """OpenSLO leaves open whether `service` names a document. Where some do, one that does not is a warning."""
        known = self.documents.get("Service", {})
        if not known or name in known or self.blind or name in self.torn:
            return
        if name not in self._cures:
            self._cures[name] = suggestion(name, known, otherwise="write a Service document, as for the others")
        faults.warn(where, f"there is no Service called {shown(name)}", self._cures[name])


_UNUSED = {
    "DataSource": "cdctl asks the source in its settings",
    "AlertNotificationTarget": "cdctl itself tells nobody",
}
