"""Which promises a run of `slo` is about, over which window, and what has to be said of the choice."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from cdctl.cli import exits
from cdctl.domain.settings import LAB
from cdctl.errors import UsageError

if TYPE_CHECKING:
    from cdctl.cli.options import Run
    from cdctl.domain.settings import Settings
    from cdctl.domain.slo.objective import Slo
    from cdctl.domain.slo.verdict import SloReport
    from cdctl.errors import Problem

_LONGEST = 3660 * 86_400


@dataclass(frozen=True, slots=True)
class Asked:
    """`talk` is for stderr alone, as are `notes`, which warn of nothing; `warnings` change what a report means, so they
    belong into it; of these, `left_out` are said even with --quiet. `services` are descriptions by name."""

    slos: Sequence[Slo]
    talk: Sequence[str] = ()
    warnings: Sequence[str] = ()
    left_out: Sequence[str] = ()
    notes: Sequence[str] = ()
    services: Mapping[str, str] = field(default_factory=dict)

    def within(self, settings: Settings, only: Sequence[str] | None) -> Asked:
        """Without the promises that ask sources which the context does not have (`cdctl.io/only-with`), unless they are
        named (`only`), or no other would be left. Raises UsageError when there is no context."""
        slos, notes = within(self.slos, settings, only or ())
        return replace(self, slos=slos, notes=[*self.notes, *notes])

    def over(self, window: str) -> Asked:
        """The same promises, each over the last `window` (such as `7d`) instead of the window that it names; as they
        are when it is empty. Raises UsageError."""
        if not window:
            return self
        from cdctl.domain.slo.window import Rolling

        seconds = _seconds(window)
        for slo in self.slos:
            if any((objective.slice_seconds or 0) * 2 > seconds for objective in slo.objectives):
                raise _wrong(f"{window} is too short for the time slices of {slo.name}", "name others by --slo")
        said = f"every SLO is judged over the last {window} (--window), whatever window it names"
        slos = [replace(slo, window=Rolling(seconds)) for slo in self.slos]
        return replace(self, slos=slos, warnings=[*self.warnings, said])

    def told(self, run: Run, report: SloReport) -> SloReport:
        """The report with what has to be said of the choice; all of it said on stderr, too."""
        report = replace(report, warnings=(*self.left_out, *self.warnings, *report.warnings))
        for text in self.left_out:
            exits.insist(text)
        for text in self.notes:
            exits.note(run, text)
        for text in dict.fromkeys([*self.talk, *report.warnings[len(self.left_out) :]]):
            exits.warn(run, text)
        return report


def read(settings: Settings, paths: list[str] | None, only: list[str] | None) -> Asked:
    """The promises of the paths, or of the settings' folder, of these names. Raises FileError and UsageError."""
    from cdctl.application import wiring

    specs = wiring.read_specs(settings, paths or ())
    wanted = _matching(only)
    slos = [slo for slo in specs.slos if wanted(slo.name)]
    left_out = {name: problem for name, problem in specs.left_out.items() if wanted(name)}
    if not slos:
        raise _nothing([slo.name for slo in specs.slos], left_out, only)
    known = set(specs.left_out.values())
    talk = [f"{problem.place}: {problem.message}" for problem in specs.warnings if problem not in known]
    said = [f"{name}: {problem.message} ({problem.place})" for name, problem in left_out.items()]
    return Asked(slos, talk, shipped(settings, paths), said, services=specs.services)


def within(slos: Sequence[Slo], settings: Settings, only: Sequence[str] = ()) -> tuple[Sequence[Slo], list[str]]:
    """The promises that this context can be asked about, and a note on each that is left out. See `Asked.within`."""
    needing = [slo for slo in slos if slo.only_with and slo.name not in only]
    if not needing:
        return slos, []
    from cdctl.application.traces_wiring import sources_there

    there = sources_there(settings.context())
    absent = {slo.name: [name for name in slo.only_with if name not in there] for slo in needing}
    absent = {name: sources for name, sources in absent.items() if sources}
    if len(absent) == len(slos):
        return slos, []
    notes = [f"{name} is left out: this context has no {' and no '.join(lacks)}" for name, lacks in absent.items()]
    return [slo for slo in slos if slo.name not in absent], notes


def shipped(settings: Settings, paths: Sequence[str] | None) -> list[str]:
    """That nobody named specs, and those that ship with cdctl are taken. For the lab they are the right ones."""
    ours = settings.origins.get("paths.slo_specs") == "ships with cdctl"
    if paths or not ours or settings.default_context == LAB:
        return []
    return [f"no folder slo_specs here: these are the SLOs that ship with cdctl ({settings.slo_specs})"]


def _matching(only: Iterable[str] | None) -> Callable[[str], bool]:
    from fnmatch import fnmatchcase

    return lambda name: not only or any(fnmatchcase(name, pattern) for pattern in only)


def _nothing(names: Sequence[str], left_out: Mapping[str, Problem], only: list[str] | None) -> UsageError:
    if left_out:
        name, problem = next(iter(left_out.items()))
        return UsageError(f"{name}: {problem.message}", subject=str(problem.place), hint=problem.fix)
    if not only:
        return UsageError("the files promise nothing: there is no SLO in them", hint="name files that hold some")
    from difflib import get_close_matches

    near = get_close_matches(only[0], names, n=3)
    hint = f"nearest: {', '.join(near)}" if near else "cdctl slo ls lists them"
    return UsageError("no SLO of that name", subject=f"--slo {' '.join(only)}", hint=hint)


def _seconds(text: str) -> int:
    from cdctl.domain.duration import seconds
    from cdctl.domain.slo.window import EDGE

    try:
        found = seconds(text)
    except ValueError as error:
        raise _wrong(str(error)) from None
    if found < EDGE or found % EDGE or found > _LONGEST:
        raise _wrong(f"{text} is not a multiple of {EDGE // 60}m, at most ten years")
    return int(found)


def _wrong(message: str, hint: str = "write 7d") -> UsageError:
    return UsageError(message, subject="--window", hint=hint)
