"""What vehicles say, believed only when it is signed by the vehicle itself and about an order of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from cdctl.application.issuing import Means
from cdctl.domain.orders.executing import Said
from cdctl.domain.orders.keeping import Note
from cdctl.domain.orders.order import Word
from cdctl.domain.orders.telling import REPLY
from cdctl.domain.text import safe
from cdctl.errors import RefusedError

_EXAMPLES = 5
_EVERY_MS = 1_000
_REASONS = 20


class Hearing:
    """Opens envelopes. Whatever cannot be believed is counted, and told in few notes however much of it comes."""

    def __init__(self, means: Means, actor: str) -> None:
        self._open, self._word = means.trust.open, means.telling.word
        self._actor = actor
        self._signed = means.executor.promises.signed_replies
        self._reasons: Counter[str] = Counter()
        self._examples: list[dict[str, object]] = []
        self._noted_at = 0
        self.forged = 0

    def understand(self, said: Said) -> tuple[Word, str] | None:
        """The word, and the fingerprint of the key that verified (empty where nobody signs); None when it is nobody's
        word."""
        if said.doubt:
            self.doubt(said, said.doubt)
            return None
        try:
            word, by = (said.word, said.word.by) if said.word is not None else self._opened(said)
        except RefusedError as error:
            self.doubt(said, error.message)
            return None
        except ValueError as error:
            self.doubt(said, str(error))
            return None
        except Exception as error:  # a protocol may be a stranger's code: what it stumbles over is nobody's word
            self.doubt(said, f"it cannot be read ({type(error).__name__})")
            return None
        if word.vin == said.vin and (by or not self._signed):
            return word, by
        self.doubt(said, "another vehicle's" if word.vin != said.vin else "not signed")
        return None

    def _opened(self, said: Said) -> tuple[Word, str]:
        opened = self._open(said.envelope, REPLY, vehicle=said.vin)
        return self._word(opened.payload), opened.by[0].fingerprint

    def notes(self, now: int, *, last: bool = False) -> Sequence[Note]:
        """What is to be written down of it: at once when it begins, then once a second, and at the end (`last`)."""
        if not self._reasons or (now - self._noted_at < _EVERY_MS and not last):
            return ()
        body = {"count": sum(self._reasons.values()), "reasons": dict(self._reasons), "examples": self._examples}
        subject = str(self._examples[0]["vin"])
        self._reasons, self._examples, self._noted_at = Counter(), [], now
        return (Note("forged", subject, self._actor, now, body),)

    def doubt(self, said: Said, reason: str) -> None:
        """It is not to be believed."""
        self.forged += 1
        told = safe(reason, 100)
        self._reasons[told if told in self._reasons or len(self._reasons) < _REASONS else "other"] += 1
        if len(self._examples) < _EXAMPLES:
            self._examples.append(
                {"vin": safe(said.vin, 40), "region": safe(said.region, 64), "reason": told, "at": said.at}
            )
