"""Queries inside spec files: which of them cannot be used, and where in the file that is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from cdctl.domain.slo.objective import Indicator, Query, QueryFault, Ratio, RawRatio, Slo
from cdctl.errors import Place, Problem

if TYPE_CHECKING:
    from cdctl.domain.ports import Grammar

_LONGEST_ESCAPE = 12
"""Characters of a file that may stand for nothing in the text: a YAML escape has at most ten, `{{- .window` a few."""


def problems(
    slos: Iterable[Slo],
    measures: Iterable[Indicator | Query],
    grammars: Mapping[str, Grammar],
    texts: Mapping[str, str],
) -> list[Problem]:
    """What is wrong with the queries of promises, and of indicators that no promise may use, each fault once.

    texts: what the files hold, by name.
    """
    found: dict[Place, Problem] = {}
    for indicator, group_by in _questions(slos, measures):
        for fault in _judged(indicator, group_by, grammars):
            place = _place(fault, texts)
            found.setdefault(place, Problem(place, fault.reason, fault.hint))
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
) -> Iterable[QueryFault]:
    """Only an indicator that is asked of one source has a grammar."""
    sources = {query.source for query in queries(indicator)}
    judge = grammars.get(sources.pop()) if len(sources) == 1 else None
    return judge(indicator, group_by) if judge else ()


def queries(indicator: Indicator) -> list[Query]:
    """Every query of an indicator."""
    if isinstance(indicator, Ratio):
        return [query for query in (indicator.total, indicator.good, indicator.bad) if query]
    return [indicator.raw if isinstance(indicator, RawRatio) else indicator.metric]


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
