"""What is known of the jobs of an API, from its answers and its calls; and what of that is told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from cdctl.domain.orders.api import ApiProfile, Call
from cdctl.domain.orders.executing import Said
from cdctl.domain.orders.order import TERMINAL, Heard, Order, State, Word
from cdctl.domain.wire import Receipt
from cdctl.protocols.http import judging
from cdctl.protocols.http.asking import Asking
from cdctl.protocols.http.jobs import Job, Jobs
from cdctl.protocols.http.reaching import Answer
from cdctl.protocols.http.teller import Teller
from cdctl.protocols.http.templates import MISSING

REMOTE = "remote"
"""Key of a word's result that holds the API's id of the job: the journal keeps it over a crash."""
_MOST_ENDED = 4_096
"""Jobs that ended and are still known by the API's id: it may call about them once more."""


class Knowledge:
    """Of one session. rarely: see `Jobs`. now: epoch milliseconds."""

    def __init__(
        self, profile: ApiProfile, asking: Asking, teller: Teller, now: Callable[[], int], rarely: float
    ) -> None:
        self._profile, self._asking, self._teller, self._now = profile, asking, teller, now
        self.jobs = Jobs(profile.pace, self._look, now, rarely)
        self.doubtful: dict[str, float] = {}
        """Orders that the API may or may not have, and when that was so last (the loop's clock)."""
        self.leaving: set[asyncio.Future[None]] = set()
        """Submits that have not been answered."""
        self._ended: dict[str, str] = {}

    def order_of(self, remote: str) -> str:
        """The id of the order that a job belongs to; empty when we know of none."""
        job = self.jobs.by_remote.get(remote)
        return job.order.id if job is not None else self._ended.get(remote, "")

    @contextmanager
    def under_way(self) -> Iterator[None]:
        """While a submit is: the API may call about its job before we know that job."""
        answered: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.leaving.add(answered)
        try:
            yield
        finally:
            self.leaving.discard(answered)
            answered.set_result(None)

    def taken(self, order: Order, answer: Answer, call: Call, *, doubt: bool) -> Receipt:
        """What the answer to a submit means for its order; what it says of the job is told."""
        found = judging.receipt(answer, call, self._profile, doubt=doubt)
        if found.code == 0:
            document = judging.job(answer, call)
            if id_ := judging.remote(document, self._profile):
                self.found(order, id_, document)
                return found
            heard, _ = judging.heard(document, self._profile)
            if heard is not None and State(heard.value) in TERMINAL:
                self.say(order, heard, document, self._profile)
                return found
            found = Receipt(None, "it was taken, but the answer names no job")
        if found.code is None:
            self.doubtful[order.id] = asyncio.get_running_loop().time()
        return found

    def found(self, order: Order, remote: str, document: object, profile: ApiProfile | None = None) -> None:
        """The API has a job for an order, of which a document tells. What is known to have ended stays so."""
        self.doubtful.pop(order.id, None)
        if self._ended.get(remote) == order.id:
            return
        job = self.jobs.by_order.get(order.id)
        if job is None or job.remote != remote:
            job = self.jobs.add(order, remote)
        self.learn(job, document, profile or self._profile)

    def learn(self, job: Job, document: object, profile: ApiProfile) -> None:
        """Tell what is new in what is said of a job. profile: where things are in the document."""
        heard, state = judging.heard(document, profile)
        if heard is None:
            self.wonder(state)
            heard = Heard.ACKED
        if heard is job.told:
            return
        job.told = heard
        self.jobs.changed(job)
        if heard is Heard.RUNNING:
            job.began = job.began or job.changed
        self.say(job.order, heard, document, profile, job)
        if State(heard.value) in TERMINAL:
            self._ended[job.remote] = job.order.id
            if len(self._ended) > _MOST_ENDED:
                del self._ended[next(iter(self._ended))]
            self.jobs.drop(job)

    def say(self, order: Order, heard: Heard, document: object, profile: ApiProfile, job: Job | None = None) -> None:
        """Tell the hearer."""
        now, took, result = self._now(), 0, _named(job)
        if State(heard.value) in TERMINAL:
            result = judging.result(document, profile, order.command, success=heard is Heard.SUCCEEDED)
            took = now - job.began if job is not None and job.began else 0
        why = "" if heard is Heard.SUCCEEDED else judging.reason(document, profile)
        word = Word(order.id, order.vin, heard, at=now, took=took, reason=why, result=result)
        self._teller.say(Said(order.region, order.vin, now, word=word))

    def unheld(self, order: Order) -> None:
        """Tell that it may be sent once more."""
        reason, now = "no answer came to it; it is done once by its key", self._now()
        word = Word(order.id, order.vin, Heard.UNHELD, at=now, reason=reason)
        self._teller.say(Said(order.region, order.vin, now, word=word))

    def wonder(self, state: str) -> None:
        """The profile does not know a state."""
        if state:
            self._asking.say(f"{self._profile.name} says {state!r}, a state that its profile does not know")

    async def _look(self, job: Job) -> None:
        """Ask what became of a job, and tell what is new. Whatever one job says, others are looked after."""
        call = self._profile.poll or self._profile.find
        if call is None:
            return  # nobody can be asked: the API calls, or it is never known
        try:
            answer = await self._asking.ask(call, job.order, job.remote)
            document = judging.job(answer, call)
            if document is not MISSING:
                self.learn(job, document, self._profile)
        except Exception as error:
            self._asking.say(f"{self._profile.name} said what could not be taken in ({type(error).__name__})")


def _named(job: Job | None) -> Mapping[str, object]:
    return {REMOTE: job.remote} if job is not None else {}
