"""Composes what answers about orders: the journal of this host, and the operators' topics of the context."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from cdctl.domain.boards.ordering import Sent, TargetsOf
from cdctl.domain.orders.command import Command, Risk
from cdctl.errors import CdctlError

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from cdctl.application.rollout_ops import Looking
    from cdctl.application.top.lookout import Answering
    from cdctl.application.top.lookout_wiring import Means
    from cdctl.application.top.orders import Book
    from cdctl.domain.boards.asking import Ask
    from cdctl.domain.orders.plan import Plan
    from cdctl.domain.orders.rollout.engine import Job
    from cdctl.domain.settings import Settings


def answering(means: Means) -> Mapping[type[Ask], Answering]:
    """Who answers about orders; nothing is opened before it is asked."""
    from cdctl.application.top.operators import Listening
    from cdctl.application.top.orders import OrderAnswers

    def opened(warn: Callable[[str], None]) -> AbstractAsyncContextManager[Looking]:
        from cdctl.application import rolling

        return rolling.opened_ops(means.settings, warn)

    operators = Listening(opened)
    means.closing.push_async_callback(operators.aclose)
    answers = OrderAnswers(_shelf(means), operators)
    return {Sent: answers.sent, TargetsOf: answers.targets}


def _shelf(means: Means) -> Callable[[], Book | None]:
    """The book of the journal, opened when there is one."""
    found: list[Book] = []

    def book() -> Book | None:
        from cdctl.application.orders_wiring import journal_path

        if not found and means.settings.journal and journal_path(means.settings).exists():
            found.append(book_of(means.settings, means.closing.callback, plugins=means.plugins))
        return found[0] if found else None

    return book


def book_of(settings: Settings, closing: Callable[[Callable[[], None]], object], *, plugins: bool = True) -> Book:
    """The book of the journal in the settings. closing: is told how what was opened is closed."""
    from cdctl.application.orders_wiring import journal_path
    from cdctl.application.planning import texts
    from cdctl.application.top.orders import Book
    from cdctl.application.top.rollouts import Rollouts
    from cdctl.application.wiring import catalogue
    from cdctl.stores.journal import read_journal
    from cdctl.stores.journal_counts import Counts

    path = journal_path(settings)
    journal, counts, doors = read_journal(path), Counts(path), catalogue(settings, plugins=plugins)

    def said(name: str, arguments: Mapping[str, object]) -> Mapping[str, str]:
        try:
            return texts(doors.command(name), arguments)
        except CdctlError:  # nobody brings it any more
            return texts(Command(name, name, Risk.CONFIRM), arguments)

    closing(counts.close)
    closing(journal.close)
    return Book(journal, counts, Rollouts(journal, _resolved), said)


def _resolved(plan: Plan) -> Job:
    """A rollout's plan, as `rolling.pictures` resolves it."""
    from cdctl.application.rolling import job_of
    from cdctl.application.rollout_wiring import wanted_of

    return job_of(plan, wanted_of(plan), Command(plan.command, plan.command, Risk.DANGEROUS))
