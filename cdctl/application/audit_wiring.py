"""The journal for looking only, from the settings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cdctl.domain.settings import Settings
    from cdctl.stores.journal import SqliteJournal


@contextmanager
def journal_to_read(settings: Settings, *, seals: bool = False) -> Iterator[SqliteJournal]:
    """The journal that orders are written into; nothing is made. Raises UnavailableError when something is read and
    there is none.

    seals: `verify` looks at the seals of checkpoints, by the trust file of the context in use; without such a file they
    count for nothing. Raises FileError and UnavailableError when it cannot be read.
    """
    from cdctl.stores.journal import read_journal

    context = settings.contexts.get(settings.default_context)
    trust = None
    if seals and context is not None and context.trust:
        from cdctl.application.security_wiring import trust_of

        trust = trust_of(context)
    journal = read_journal(Path(settings.journal).expanduser(), trust=trust)
    try:
        yield journal
    finally:
        journal.close()
