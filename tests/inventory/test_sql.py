"""A database that lists vehicles: SQLite, as a file, through SQLAlchemy."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cdctl.domain.fleet.inventory import Listed
from cdctl.domain.settings import Access
from cdctl.errors import UnavailableError, UsageError
from cdctl.inventory.sql import RUN, SqlInventory

Read = Callable[..., list[Listed]]
QUERY = "SELECT vin, region, model, version AS sw FROM vehicles ORDER BY vin"


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "fleet 1.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE vehicles (vin, region, model, version)")
        rows = [("A1", "eu", "i4", "1.2"), ("A2", None, "Model 3", None), ("a b", "us", "", ""), ("A2", "us", "", "")]
        connection.executemany("INSERT INTO vehicles VALUES (?, ?, ?, ?)", rows)
    connection.close()
    return path


def inventory(database: Path | str, query: str = QUERY, **settings: object) -> SqlInventory:
    url = f"sqlite:///{database}" if isinstance(database, Path) else database
    return SqlInventory({"sql": url, "query": query, **settings})


def test_rows_are_vehicles(database: Path, listed: Read) -> None:
    found = inventory(database)
    assert listed(found) == [Listed("A1", "eu", "i4", "1.2"), Listed("A2", "", "Model 3"), Listed("A2", "us")]
    assert (found.remarks().wrong, found.remarks().duplicates) == (1, 1)
    assert "'a b' is no vehicle's id" in str(found.remarks().problems[0])


def test_only_a_column_vin_is_needed(database: Path, listed: Read) -> None:
    query = "/* all */ WITH x AS (SELECT 'A:1' AS VIN, 5 AS n) SELECT n, VIN FROM x"
    assert listed(inventory(database, query)) == [Listed("A:1")]
    with pytest.raises(UsageError, match="the query gives no column vin") as caught:
        listed(inventory(database, "SELECT region FROM vehicles"))
    assert caught.value.hint == "name one so: SELECT region AS vin"


def test_many_rows_come_in_runs(database: Path) -> None:
    query = (
        "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 12499) SELECT 'A' || i AS vin FROM n"
    )

    async def run() -> list[int]:
        return [len(part) async for part in inventory(database, query).vehicles()]

    assert asyncio.run(run()) == [RUN, RUN, 2500]


def test_one_may_stop_reading(database: Path) -> None:
    async def run() -> int:
        reading = inventory(database).vehicles()
        first = await anext(reading)
        await reading.aclose()
        return len(first)

    assert asyncio.run(run()) == 3
    database.rename(database.with_name("moved.db"))


@pytest.mark.parametrize("query", ["DELETE FROM vehicles", "PRAGMA user_version", "", "INSERT INTO x SELECT 1"])
def test_a_query_that_does_more_than_read_is_refused(database: Path, query: str) -> None:
    with pytest.raises(UsageError, match="must read, and nothing else"):
        inventory(database, query)


def test_a_database_is_not_changed_by_what_begins_as_reading(database: Path, listed: Read) -> None:
    sly = "WITH x AS (SELECT 1) DELETE FROM vehicles RETURNING vin"
    with pytest.raises(UsageError, match="readonly"):
        listed(inventory(database, sly))
    assert len(listed(inventory(database))) == 3


@pytest.mark.parametrize(
    ("url", "error", "said"),
    [
        ("not a url", UsageError, "cannot be understood"),
        ("nosql://host/db", UsageError, "no such kind of database"),
        ("postgresql+psycopg://u:secret@host/db", UsageError, "holds a user or password"),
        ("sqlite:////nowhere/fleet.db", UnavailableError, "unable to open database file"),
    ],
)
def test_databases_that_cannot_be_asked(listed: Read, url: str, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said) as caught:
        listed(inventory(url))
    assert "secret" not in str(caught.value)


def test_a_driver_that_is_missing_is_named(listed: Read) -> None:
    with pytest.raises(UsageError, match="the driver oracledb is not installed"):
        listed(inventory("oracle+oracledb://host/db", access=Access(username="me")))


def test_a_query_that_the_database_refuses(database: Path, listed: Read) -> None:
    with pytest.raises(UsageError, match="no such table: cars"):
        listed(inventory(database, "SELECT vin FROM cars"))


def test_a_url_is_needed() -> None:
    with pytest.raises(UsageError, match="needs the URL of a database"):
        SqlInventory({"query": QUERY})


def test_a_file_is_not_made_by_looking_for_it(tmp_path: Path, listed: Read) -> None:
    with pytest.raises(UnavailableError):
        listed(inventory(tmp_path / "none.db"))
    assert not (tmp_path / "none.db").exists()


def test_without_the_extra_the_cure_is_told(database: Path) -> None:
    code = (
        "import asyncio, sys; sys.modules['sqlalchemy'] = None\n"
        "from cdctl.inventory.sql import SqlInventory\n"
        f"made = SqlInventory({{'sql': 'sqlite:///{database}', 'query': 'SELECT vin FROM vehicles'}})\n"
        "asyncio.run(anext(made.vehicles()))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert "pip install 'cdctl[sql]'" in done.stderr
