"""What operators' wishes do to a rollout."""

from __future__ import annotations

from dataclasses import replace

from cdctl.domain.orders.rollout.draft import Draft
from cdctl.domain.orders.rollout.guards import Health
from cdctl.domain.orders.rollout.seen import Control, Wish
from cdctl.domain.orders.rollout.standing import Cause, Pause, Phase


def hear(draft: Draft) -> None:
    """Take every wish in order. After an abort only another abort is heard, and changes nothing."""
    for control in draft.seen.controls:
        if draft.aborting or draft.standing.phase.terminal:
            if control.wish is not Wish.ABORT:
                draft.tell("refused", f"{control.wish}: the rollout is {draft.standing.phase}", control.by)
        else:
            _HEARD[control.wish](draft, control)


def _pause(draft: Draft, control: Control) -> None:
    draft.pause(Cause.OPERATOR, control.by, control.why, control.by)


def _abort(draft: Draft, control: Control) -> None:
    draft.abort(control.why or f"by {control.by}", control.by)


def _approve(draft: Draft, control: Control) -> None:
    standing = draft.standing
    if standing.phase is not Phase.WAITING or control.wave != standing.wave:
        why = f"nothing waits for approval: wave {standing.wave + 1} is {standing.shown}"
        if standing.phase is Phase.WAITING:
            why = f"wave {standing.wave + 1} waits for approval, and wave {control.wave + 1} was meant"
        draft.tell("refused", why, control.by)
    elif control.by == draft.rules.by:
        draft.tell("refused", "who asked for a rollout cannot approve it", control.by)
    elif control.by in standing.approvers:
        draft.tell("refused", "approved this wave already", control.by)
    else:
        draft.standing = replace(standing, approvers=(*standing.approvers, control.by))
        draft.tell("approved", f"wave {standing.wave + 1}", control.by)


def _resume(draft: Draft, control: Control) -> None:
    pauses = draft.standing.pauses
    if not pauses:
        _do_without(draft, control)
    for pause in pauses:
        why = _stands(draft, pause, control)
        if why:
            draft.tell("refused", f"{pause.key}: {why}", control.by)
            continue
        waives = _waives(pause, control)
        if waives:
            draft.waive(pause.key)
        draft.lift(pause, control.by, waived=waives)


def _do_without(draft: Draft, control: Control) -> None:
    """Somebody takes it upon them to go on with too little evidence."""
    thin = [text for text, one in draft.seen.readings.items() if one.health is Health.THIN]
    if not thin or not control.anyway or draft.standing.phase is not Phase.SOAKING:
        draft.tell("refused", "the rollout is not paused", control.by)
        return
    for text in thin:
        draft.waive(text)
    draft.tell("resumed", f"without the evidence of {', '.join(thin)}", control.by)


def _waives(pause: Pause, control: Control) -> bool:
    """A crossed limit stays crossed: an operator who resumes has judged it. A guard is waived only when that was said,
    or it would pause again at once."""
    return pause.cause in {Cause.LIMIT, Cause.DEADLINE} or (control.anyway and pause.cause is not Cause.OPERATOR)


def _stands(draft: Draft, pause: Pause, control: Control) -> str:
    """Why this pause stays, empty when it can go."""
    if pause.cause is Cause.TROUBLE:
        return pause.words
    if control.anyway:
        return ""
    if pause.cause is Cause.GUARD:
        reading = draft.seen.readings.get(pause.key)
        if reading is None or reading.health in {Health.BURNING, Health.NO_DATA}:
            said = reading.words if reading else "not read"
            return f"still {reading.health if reading else Health.NO_DATA}: {said}; --anyway waives it for this wave"
        return ""
    return f"{pause.words}; goes on by itself when that ends" if pause.cause.lifts else ""


_HEARD = {Wish.PAUSE: _pause, Wish.ABORT: _abort, Wish.APPROVE: _approve, Wish.RESUME: _resume}
