"""A decision in the making: the standing as it becomes, and the actions so far."""

from __future__ import annotations

from dataclasses import replace

from cdctl.domain.orders.rollout.rules import Rules
from cdctl.domain.orders.rollout.seen import Action, Seen, TakeBack, Tell
from cdctl.domain.orders.rollout.standing import Cause, Pause, Phase, Standing


class Draft:
    """One turn. `standing` and `actions` are what it leads to."""

    def __init__(self, rules: Rules, standing: Standing, seen: Seen, now: int) -> None:
        self.rules = rules
        self.standing = standing
        self.seen = seen
        self.now = now
        self.actions: list[Action] = []

    @property
    def aborting(self) -> bool:
        """Nothing is published any more."""
        return self.standing.phase is Phase.ABORTING

    def tell(self, word: str, words: str, by: str = "rollout") -> None:
        """Something that happened."""
        self.actions.append(Tell(word, words, by))

    def turn_to(self, phase: Phase, reason: str = "") -> None:
        """Another phase begins."""
        self.standing = replace(self.standing, phase=phase, since=self.now, reason=reason)

    def pause(self, cause: Cause, key: str, words: str, by: str = "rollout") -> None:
        """One more reason not to go on; told when it is new."""
        if self.standing.paused(cause, key):
            return
        pause = Pause(cause, key, words, self.now)
        self.standing = replace(self.standing, pauses=(*self.standing.pauses, pause))
        self.tell("paused", f"{key}: {words}" if cause is not Cause.OPERATOR else words, by)

    def lift(self, pause: Pause, by: str = "rollout", *, waived: bool = False) -> None:
        """One reason less, or one that no longer counts (waived). When it was the last, a soak begins anew: what was
        paused was not watched in vain, but the time in which it was bad does not count."""
        left = tuple(one for one in self.standing.pauses if one is not pause)
        self.standing = replace(self.standing, pauses=left)
        if left:
            return
        if self.standing.phase is Phase.SOAKING:
            self.standing = replace(self.standing, since=self.now)
        self.tell("resumed", "" if pause.cause is Cause.OPERATOR else _over(pause, waived), by)

    def waive(self, key: str) -> None:
        """No pause by this for the rest of the wave."""
        if key not in self.standing.waived:
            self.standing = replace(self.standing, waived=(*self.standing.waived, key))

    def abort(self, why: str, by: str = "rollout") -> None:
        """Nothing is published from here on."""
        self.standing = replace(self.standing, pauses=())
        self.turn_to(Phase.ABORTING, why)
        self.actions.append(TakeBack(why))
        self.tell("aborting", why, by)

    def enter(self, wave: int) -> None:
        """The first wave from `wave` on that adds anybody begins, or waits for approval; none is left: completed."""
        while wave < len(self.rules.waves) and not self.rules.size(wave):
            wave += 1
        if wave >= len(self.rules.waves):
            self.turn_to(Phase.COMPLETED)
            self.tell("completed", "every wave is over")
            return
        needs = self.rules.waves[wave].approvals
        self.standing = replace(self.standing, wave=wave, began=self.now, approvers=(), waived=())
        self.turn_to(Phase.WAITING if needs else Phase.RUNNING)
        of = f"wave {wave + 1} of {len(self.rules.waves)}, {self.rules.size(wave)} targets"
        if needs:
            self.tell("waiting", f"{of}: {needs} approval{'s' * (needs > 1)} needed")
        else:
            self.tell("started", of)


_OVER = {
    Cause.GUARD: "no longer burns",
    Cause.NO_DATA: "is known again",
    Cause.HOURS: "have begun",
    Cause.TROUBLE: "is there again",
}
"""How a pause that is over is told: what was the matter, and that it is no more."""


def _over(pause: Pause, waived: bool) -> str:
    return f"{pause.key} {'is waived for this wave' if waived else _OVER.get(pause.cause, 'is over')}"
