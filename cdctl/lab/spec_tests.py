"""Tests of SLO specs: made-up series in a real Prometheus, judged by the same code as `slo report`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cdctl.application import wiring
from cdctl.application.evaluate import Options
from cdctl.domain.ports import Progress
from cdctl.domain.settings import Context, Settings
from cdctl.domain.slo.objective import Slo
from cdctl.domain.slo.verdict import Row
from cdctl.domain.text import safe
from cdctl.errors import FileError, Place, Problem
from cdctl.files.nearest import suggestion
from cdctl.lab.extra import HOW, lacking
from cdctl.lab.made_spans import stock
from cdctl.lab.remote_write import RECEIVE_FLAGS, remote_write
from cdctl.lab.scratch import scratch
from cdctl.lab.servers import Prometheus
from cdctl.lab.shelves import Trial, shelve, trial
from cdctl.lab.spec_compare import Mismatch, compared
from cdctl.lab.spec_test_file import ENDINGS, Case, below, find, gathered


@dataclass(frozen=True, slots=True)
class CaseResult:
    """How one case went."""

    file: str
    name: str
    slo: str
    place: Place
    mismatches: tuple[Mismatch, ...]

    @property
    def passed(self) -> bool:
        """Whether everything came out as expected."""
        return not self.mismatches


@dataclass(frozen=True, slots=True)
class SpecTestRun:
    """How all cases went, in the order of the files, and the names of promises that no case is about."""

    results: tuple[CaseResult, ...]
    untested: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether every case did."""
        return all(result.passed for result in self.results)


def run(paths: Sequence[Path], *, progress: Progress) -> SpecTestRun:
    """Run the spec tests under these paths: folders, test files, or specs whose tests lie beside them.

    Raises FileError when a file is wrong or a promise unknown, UnavailableError when Prometheus is not installed.
    """
    files = find(paths)
    cases, problems = gathered(files)
    slos: dict[Path, Mapping[str, Slo]] = {}
    for folder in sorted({file.parent for file in files}):
        try:
            slos[folder] = _slos(folder)
        except FileError as error:
            problems += error.problems
    trials = [trial(case, slo) for case, slo in _matched(cases, slos, problems)]
    progress.start("testing specs", len(trials))
    try:
        results = dict(_without_server([one for one in trials if one.spans_alone], progress))
        for shelf in shelve([one for one in trials if not one.spans_alone]):
            results |= _judged(shelf, progress)
    finally:
        progress.stop()
    return SpecTestRun(tuple(results[id(case)] for case in cases), _untested(paths, cases, slos))


def judge(folder: Path, *, sound: bool) -> tuple[Case, ...]:
    """Every case below a folder, read and not run. sound: its specs are, so that what a case names must be there.

    Raises FileError with what is wrong in the test files.
    """
    cases, problems = gathered(below(folder))
    tops = {case.file.parent for case in cases} if sound else set()
    _matched(cases, {top: _slos(top) for top in tops}, problems)
    return cases


def _slos(folder: Path) -> dict[str, Slo]:
    return {slo.name: slo for slo in wiring.read_specs(Settings(), [str(folder)]).slos}


def _matched(
    cases: Iterable[Case], slos: Mapping[Path, Mapping[str, Slo]], problems: Sequence[Problem]
) -> list[tuple[Case, Slo]]:
    """Cases with their promises; of folders whose promises are known. Raises FileError with the problems that there
    are, and with names that no promise has."""
    found, problems = [], [*problems]
    for case in cases:
        known = slos.get(case.file.parent)
        if known is None or not case.slo:
            continue
        if case.slo in known:
            found.append((case, known[case.slo]))
        else:
            message = f"no promise called {case.slo!r} in {case.file.parent}"
            problems.append(Problem(case.slo_place, safe(message), suggestion(case.slo, known)))
    if problems:
        raise FileError(problems)
    return found


def _untested(paths: Sequence[Path], cases: Iterable[Case], slos: Mapping[Path, Mapping[str, Slo]]) -> tuple[str, ...]:
    tested = {(case.file.parent, case.slo) for case in cases}
    specs = {_spec_stem(case.file) for case in cases}
    folders = [path for path in paths if path.is_dir()]
    names: list[str] = []
    for folder, known in slos.items():
        whole = any(folder == top or top in folder.parents for top in folders)
        wanted = [slo.name for slo in known.values() if whole or _spec_stem(Path(slo.place.file)) in specs]
        names += [name for name in wanted if (folder, name) not in tested]
    return tuple(sorted(names))


def _spec_stem(path: Path) -> Path:
    name = path.name
    for ending in (*ENDINGS, ".yaml", ".yml"):
        if name.endswith(ending):
            return path.with_name(name.removesuffix(ending))
    return path


def _judged(shelf: Sequence[Trial], progress: Progress) -> Iterator[tuple[int, CaseResult]]:
    """One server for the whole shelf; one evaluation for each instant, and one for each case that has spans."""
    with (
        scratch() as folder,
        Prometheus(folder, retention="100y", flags=RECEIVE_FLAGS) as server,
    ):
        remote_write((series for one in shelf for series in one.case.series), server.url)
        sources = {"prometheus": {"url": server.url}}
        plain = [one for one in shelf if not one.case.spans]
        for at in sorted({one.case.at for one in plain}):
            now = [one for one in plain if one.case.at == at]
            yield from _results(now, _rows(now, {**sources, "traces": {"store": str(folder / "none")}}), progress)
        for one in shelf:
            if one.case.spans:
                yield from _with_spans(one, sources, progress)


def _without_server(trials: Iterable[Trial], progress: Progress) -> Iterator[tuple[int, CaseResult]]:
    """Cases that are about spans and nothing else."""
    for one in trials:
        yield from _with_spans(one, {}, progress)


def _with_spans(
    one: Trial, sources: Mapping[str, Mapping[str, object]], progress: Progress
) -> Iterator[tuple[int, CaseResult]]:
    """In a store of its own; a case fails where no spans can be kept, and others go on."""
    if why := lacking():
        progress.step(one.case.name)
        unknown = Mismatch(one.case.place, "the answer", "one by spans", f"unknown: {why} ({HOW})")
        case = one.case
        yield id(case), CaseResult(str(case.file), case.name, case.slo, case.place, (unknown,))
        return
    with scratch() as folder:
        store = folder / "spans"
        if one.case.heard:
            stock(store, one.case.spans, one.case.heard)
        yield from _results([one], _rows([one], {**sources, "traces": {"store": str(store)}}), progress)


def _results(trials: Sequence[Trial], rows: Sequence[Row], progress: Progress) -> Iterator[tuple[int, CaseResult]]:
    for one in trials:
        progress.step(one.case.name)
        yield id(one.case), _result(one.case, [row for row in rows if row.name == one.slo.name])


def _rows(trials: Sequence[Trial], sources: Mapping[str, Mapping[str, object]]) -> Sequence[Row]:
    settings = Settings(contexts={"test": Context("test", sources)}, default_context="test")
    doors = wiring.catalogue(settings, plugins=False)
    options = Options(at=trials[0].case.at, history=False)
    slos = [one.slo for one in trials]
    return wiring.evaluate_slos(slos, settings, doors, progress=Silent(), cache=False, options=options).rows


class Silent:
    """Progress that says nothing."""

    def start(self, what: str, total: int) -> None:
        """Nothing."""

    def step(self, note: str = "") -> None:
        """Nothing."""

    def stop(self) -> None:
        """Nothing."""


def _result(case: Case, rows: Sequence[Row]) -> CaseResult:
    mismatches = tuple(found for expected in case.expected for found in compared(expected, rows))
    return CaseResult(str(case.file), case.name, case.slo, case.place, mismatches)
