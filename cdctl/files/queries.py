"""Queries inside spec files: which of them cannot be used, and where in the file that is."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from cdctl.domain.slo.objective import Indicator, Query, QueryFault, RawRatio, Slo, halves, queries
from cdctl.errors import Place, Problem
from cdctl.files.lints import silence_passes
from cdctl.files.nearest import shown, suggestion
from cdctl.files.openslo.metadata import GROUP_BY

if TYPE_CHECKING:
    from cdctl.domain.ports import Grammar

_LONGEST_ESCAPE = 12
"""Characters of a file that may stand for nothing in the text: a YAML escape has at most ten, `{{- .window` a few."""


def problems(
    slos: Iterable[Slo],
    measures: Iterable[Indicator | Query],
    grammars: Mapping[str, Grammar],
    texts: Mapping[str, str],
    groupless: Collection[Query] = (),
) -> list[Problem]:
    """What is wrong with the queries of promises, and of indicators that no promise may use, each fault once.

    texts: what the files hold, by name. groupless: queries of files that have no place for our annotations.
    """
    found: dict[Place, Problem] = {}
    for indicator, group_by in _questions(slos, measures):
        for fault in _judged(indicator, group_by, grammars):
            place = _place(fault, texts)
            hint = fault.hint
            if GROUP_BY in hint and any(fault.query is query for query in groupless):
                hint = _OPENSLO
            if place not in found or (found[place].warning and not fault.warning):
                found[place] = Problem(place, fault.reason, hint, warning=fault.warning)
    return list(found.values())


_OPENSLO = f"write it without groups; Sloth's files know none: for a verdict each, write OpenSLO with {GROUP_BY}"


def doubts(slos: Iterable[Slo], texts: Mapping[str, str]) -> list[Problem]:
    """Warnings of queries that can be asked and may not say what their author thinks."""
    found: dict[Place, Problem] = {}
    for slo in slos:
        for objective in slo.objectives:
            for fault in silence_passes(objective.indicator):
                place = _place(fault, texts)
                found.setdefault(place, Problem(place, fault.reason, fault.hint, warning=True))
    return list(found.values())


def unknown(
    slos: Iterable[Slo], measures: Iterable[Indicator | Query], usual: Collection[str], names: Callable[[], set[str]]
) -> list[Problem]:
    """Queries of sources that nobody has.

    usual: sources that are always there; `names` gives all that there are, and is asked only when one is not usual.
    """
    found: dict[Place, Problem] = {}
    known: set[str] = set()
    for indicator, _ in _questions(slos, measures):
        for query in queries(indicator):
            known = known or (set() if query.source in usual else names() | {*usual})
            if query.source in usual or query.source in known:
                continue
            place, listed = query.place or Place("query"), f"sources: {', '.join(sorted(known))}"
            near = suggestion(query.source, known, otherwise=listed)
            fix = near if near == listed else f"{near} {listed}"
            found.setdefault(place, Problem(place, f"there is no source {shown(query.source)}", fix))
    return list(found.values())


def _questions(
    slos: Iterable[Slo], measures: Iterable[Indicator | Query]
) -> Iterator[tuple[Indicator, tuple[str, ...] | None]]:
    for slo in slos:
        for objective in slo.objectives:
            yield objective.indicator, slo.group_by
    for measure in measures:
        yield (RawRatio(measure) if isinstance(measure, Query) else measure), None


def _judged(
    indicator: Indicator, group_by: tuple[str, ...] | None, grammars: Mapping[str, Grammar]
) -> Iterator[QueryFault]:
    """Each source's grammar judges what that source is asked."""
    for part in halves(indicator) or (indicator,):
        judge = grammars.get(queries(part)[0].source)
        if judge:
            yield from judge(part, group_by)


def _place(fault: QueryFault, texts: Mapping[str, str]) -> Place:
    place = fault.query.place or Place("query")
    text = texts.get(place.file)
    return inside(text, place, fault.query.text, fault.offset) if text and place.line else place


def inside(file: str, start: Place, text: str, offset: int) -> Place:
    """Where in a file the character `offset` of a text stands whose YAML scalar begins at `start`.

    YAML folds lines, indents blocks and writes escapes; so the two are compared character by character, spaces left
    out. Where they cannot be matched it is `start`.
    """
    lines = file.split("\n")
    line, column = start.line - 1, start.column - 1
    if line < len(lines) and lines[line][column : column + 1] in {"|", ">"}:
        line, column = line + 1, 0
    wanted = [char for char in text[: offset + 1] if not char.isspace()]
    if offset >= len(text) or text[offset].isspace():
        wanted.append("")
    skipped = matched = 0
    for at in range(line, len(lines)):
        for position in range(column if at == line else 0, len(lines[at])):
            char = lines[at][position]
            if char.isspace():
                continue
            if matched == len(wanted) - 1 and wanted[-1] in {"", char}:
                return Place(start.file, at + 1, position + 1)
            if char == wanted[matched]:
                matched, skipped = matched + 1, 0
            elif (skipped := skipped + 1) > _LONGEST_ESCAPE:
                return start
    return start
