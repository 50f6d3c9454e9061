"""The rows of a database query, read only and a run at a time. Needs the extra `sql` (SQLAlchemy) and a driver."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

from cdctl.domain.fleet.inventory import Listed, Remarks
from cdctl.domain.ports import API, Plugin
from cdctl.domain.text import safe
from cdctl.errors import CdctlError, UnavailableError, UsageError
from cdctl.inventory.access import Credentials
from cdctl.inventory.entries import NAMES, Entries, Entry

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, CursorResult, Engine

T = TypeVar("T")
RUN = 5_000
"""Rows of a run; a driver with server-side cursors holds no more."""
_READS = re.compile(r"\s*(?:--[^\n]*\n\s*|/\*.*?\*/\s*)*(select|with|values|table)\b", re.IGNORECASE | re.DOTALL)

_MINE = re.compile("syntax|no such (table|column|function)|readonly", re.IGNORECASE)  # SQLite has one error for all


class SqlInventory:
    """Vehicles that a query finds: columns `vin`, and where they are there `region`, `model`, `sw`."""

    def __init__(self, settings: Mapping[str, object]) -> None:
        self._query, self._sql = str(settings.get("query", "")), str(settings.get("sql", ""))
        if not self._sql:
            hint = 'write { sql = "postgresql+psycopg://host/fleet", query = "SELECT vin, region, model, sw FROM ..." }'
            raise UsageError("an inventory needs the URL of a database", subject="inventory.sql", hint=hint)
        if not _READS.match(self._query):
            hint = "write SELECT vin, region, model, sw FROM ..."
            raise UsageError(
                "the query of an inventory must read, and nothing else", subject="inventory.query", hint=hint
            )
        self._who = Credentials(settings, "inventory.sql")
        self._entries = Entries("inventory.query")

    def remarks(self) -> Remarks:
        """What was odd in the last reading; an entry's line is its row."""
        return self._entries.remarks()

    async def vehicles(self) -> AsyncGenerator[Sequence[Listed]]:
        """Every row. Drivers block, so they have a thread, the same one from beginning to end."""
        entries = self._entries = Entries("inventory.query")
        loop, first = asyncio.get_running_loop(), 1
        with ThreadPoolExecutor(1, thread_name_prefix="inventory") as thread:

            async def work(do: Callable[[], T]) -> T:
                return await loop.run_in_executor(thread, do)

            reading = self._rows()
            try:
                while (run := await work(lambda: next(reading, None))) is not None:
                    yield entries.take(run, first)
                    first += len(run)
            finally:
                await asyncio.shield(work(reading.close))

    def _rows(self) -> Generator[list[Entry]]:
        with _named(), self._connected() as connection:
            from sqlalchemy import text

            options = {"stream_results": True, "yield_per": RUN}
            result = connection.execute(text(self._query.replace(":", r"\:")), execution_options=options)
            pick = _picker(result)
            for rows in result.partitions(RUN):
                yield [pick(row) for row in rows]

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        engine = self._engine()
        try:
            with engine.connect() as connection:
                _read_only(connection)
                try:
                    yield connection
                finally:
                    connection.rollback()
        finally:
            engine.dispose()

    def _engine(self) -> Engine:
        from sqlalchemy import create_engine, make_url
        from sqlalchemy.pool import NullPool

        url = make_url(self._sql)
        if url.password or url.username:
            raise UsageError(
                "the URL holds a user or password", subject="inventory.sql", hint="use username and password_file"
            )
        if user := self._who.access.username:
            url = url.set(username=user, password=self._who.secret(self._who.access.password) or None)
        return create_engine(_for_reading(url), poolclass=NullPool, hide_parameters=True)


def _for_reading(url: URL) -> URL:
    """SQLite makes a file that is not there, unless it is told not to."""
    if url.get_backend_name() != "sqlite" or url.database in {None, "", ":memory:"}:
        return url
    return url.set(database=f"file:{quote(str(url.database))}", query={"mode": "ro", "uri": "true"})


_STATEMENTS = {
    "sqlite": "PRAGMA query_only = ON",
    "postgresql": "SET TRANSACTION READ ONLY",
    "mysql": "SET TRANSACTION READ ONLY",
    "mariadb": "SET TRANSACTION READ ONLY",
    "oracle": "SET TRANSACTION READ ONLY",
}


def _read_only(connection: Connection) -> None:
    statement = _STATEMENTS.get(connection.dialect.name)
    if statement:
        connection.exec_driver_sql(statement)


def _picker(result: CursorResult[Any]) -> Callable[[Sequence[Any]], Entry]:
    names = [name.lower() for name in result.keys()]  # noqa: SIM118 - a result is no dict
    places: list[int | None] = [None] * 4
    for at in reversed(range(len(names))):
        if names[at] in NAMES:
            places[NAMES[names[at]]] = at
    if places[0] is None:
        hint = f"name one so: SELECT {safe(names[0], 40) if names else '...'} AS vin"
        raise UsageError("the query gives no column vin", subject="inventory.query", hint=hint)

    def pick(row: Sequence[Any]) -> Entry:
        vin, region, model, sw = ("" if at is None or row[at] is None else str(row[at]) for at in places)
        return vin, region, model, sw

    return pick


@contextmanager
def _named() -> Iterator[None]:
    """What SQLAlchemy and the drivers raise, in our words; what they say may hold the URL, so only parts are shown."""
    try:
        from sqlalchemy import exc
    except ImportError:
        raise UsageError(
            "a database needs SQLAlchemy, which is not installed",
            subject="inventory.sql",
            hint="pip install 'cdctl[sql]', and the driver of the database",
        ) from None
    try:
        yield
    except CdctlError:
        raise
    except exc.ArgumentError as error:
        reason = "the URL of the database cannot be understood"
        hint = "write postgresql+psycopg://host/database, or sqlite:////path/to/file"
        known = isinstance(error, exc.NoSuchModuleError)
        raise UsageError(
            f"{reason}: no such kind of database" if known else reason, subject="inventory.sql", hint=hint
        ) from None
    except ModuleNotFoundError as error:
        name = safe(error.name or "its driver", 60)
        raise UsageError(
            f"the driver {name} is not installed", subject="inventory.sql", hint=f"pip install {name}"
        ) from None
    except exc.DBAPIError as error:
        _raise(error, mine=isinstance(error, exc.ProgrammingError) or bool(_MINE.search(str(error.orig))))
    except exc.SQLAlchemyError as error:
        raise UnavailableError(f"the database failed: {type(error).__name__}", subject="inventory.sql") from None


def _raise(error: Any, *, mine: bool) -> None:
    said = safe(str(error.orig).strip().partition("\n")[0], 200)
    if mine:
        raise UsageError(f"the database refuses the query: {said}", subject="inventory.query") from None
    hint = "is it up, and are the URL, the user and the password right?"
    raise UnavailableError(f"the database cannot be asked: {said}", subject="inventory.sql", hint=hint) from None


PLUGIN = Plugin(
    api=API,
    room="inventory",
    name="sql",
    version="1",
    summary="the rows of a database query (needs the extra sql)",
    make=SqlInventory,
    settings={
        "sql": "URL of the database as SQLAlchemy writes it, without user and password",
        "query": "what lists the vehicles: columns vin, and region, model, sw where they are known",
        "username": "who asks, with password_file, password_env or password_keyring",
    },
)
