"""A file of vehicles: what is read, in which pieces, and every line that cannot be."""

from __future__ import annotations

import asyncio
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from cdctl.domain.fleet.inventory import Listed, is_id
from cdctl.errors import FileError, UnavailableError, UsageError
from cdctl.inventory.csv import CsvInventory


@pytest.fixture
def of(tmp_path: Path) -> Callable[..., CsvInventory]:
    """The inventory of a file with this content."""

    def make(content: str | bytes) -> CsvInventory:
        path = tmp_path / "fleet.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return CsvInventory({"file": str(path)})

    return make


Of = Callable[..., CsvInventory]
Read = Callable[..., list[Listed]]
GOOD = [Listed("A1", "eu", "i4", "23-07.55"), Listed("A2", "us", "", ""), Listed("jane/phone")]


@pytest.mark.parametrize(
    "content",
    [
        "vin,region,model,sw\nA1,eu,i4,23-07.55\nA2,us,,\njane/phone,,,\n",
        "\ufeffvin,region,model,sw\r\nA1,eu,i4,23-07.55\r\nA2,us,,\r\njane/phone,,,",
        "Software; VIN ;Region;Model;colour\n23-07.55;A1;eu;i4;red\n;A2;us;;\n;jane/phone;;;\n\n",
        'id\tregion\tmodel\tsw\nA1\teu\t"i4"\t23-07.55\n A2 \tus\t\t\njane/phone\t\t\t\n',
    ],
)
def test_headers_marks_and_spaces(of: Of, listed: Read, content: str) -> None:
    inventory = of(content)
    assert listed(inventory) == GOOD
    assert (inventory.remarks().listed, inventory.remarks().wrong, inventory.remarks().note()) == (3, 0, "")


def test_only_ids_and_model_names_with_spaces(of: Of, listed: Read) -> None:
    assert listed(of("vin\nA1\nA2\n")) == [Listed("A1"), Listed("A2")]
    assert listed(of("vin,model\nA1,Model 3\n")) == [Listed("A1", model="Model 3")]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("A 1,eu", "3:1: error: 'A 1' is no vehicle's id (1 to 40 printable ASCII"),
        ("A+1,eu", "3:1: error: 'A+1' is no vehicle's id"),
        ("A#,eu", "3:1: error: 'A#' is no vehicle's id"),
        ("Ä1,eu", "3:1: error: 'Ä1' is no vehicle's id"),
        ("A\x1b[2J,eu", "3:1: error: 'A\\x1b[2J' is no vehicle's id"),
        (f"{'A' * 41},eu", "3:1: error: 'AAAA"),
        (",eu", "3:1: error: there is no id"),
        ("A1", "3:1: error: 1 columns, the header has 2"),
        ("A1,eu,x", "3:1: error: 3 columns, the header has 2"),
        ("A1,\x07", "3:1: error: region '\\x07' holds control characters"),
        (f"A1,{'e' * 101}", "3:1: error: region has 101 characters, 100 are allowed"),
        ('"A1,eu', "3:1: error: 1 columns, the header has 2"),
        ('A1,"' + "x" * 60_000, "3:1: error: region has 60000 characters"),
    ],
)
def test_a_wrong_line_is_told_with_its_place_and_left_out(of: Of, listed: Read, line: str, reason: str) -> None:
    inventory = of(f"vin,region\nA1,eu\n{line}\nA2,us\n")
    assert listed(inventory) == [Listed("A1", "eu"), Listed("A2", "us")]
    remarks = inventory.remarks()
    (problem,) = remarks.problems
    assert str(problem).endswith("(the entry is left out)")
    assert f"fleet.csv:{reason}" in str(problem)
    assert remarks.note().startswith("inventory: entries that are wrong and left out: 1, the first: ")


def test_bytes_that_are_no_text(of: Of, listed: Read) -> None:
    inventory = of(b"vin,region\nA1,eu\nA2,\xff\nA3,eu\n")
    assert [vehicle.vin for vehicle in listed(inventory)] == ["A1", "A3"]
    assert "fleet.csv:3:1: error: byte 0xff is not UTF-8" in str(inventory.remarks().problems[0])


def test_duplicates_are_counted(of: Of, listed: Read) -> None:
    inventory = of("vin,region\nA1,eu\nA2,eu\nA1,us\nA1,eu\n")
    assert len(listed(inventory)) == 4
    assert inventory.remarks().duplicates == 2
    assert inventory.remarks().note() == "inventory: entries of vehicles that are there already: 2"


def test_a_hundred_wrong_lines_are_told_and_all_are_counted(of: Of, listed: Read) -> None:
    inventory = of("vin\n" + "a b\n" * 250 + "A1\n")
    assert listed(inventory) == [Listed("A1")]
    assert (inventory.remarks().wrong, len(inventory.remarks().problems)) == (250, 100)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "fleet.csv: error: it lists no vehicle"),
        ("vin\n", "fleet.csv: error: it lists no vehicle"),
        ("name,region\nA1,eu\n", "fleet.csv:1:1: error: the header has no column vin"),
        ("vin\na b\n", "fleet.csv:2:1: error: 'a b' is no vehicle's id"),
        ("vin\nA1\n" + "x" * 300_000, "fleet.csv:3:1: error: a line of more than 64 KiB"),
    ],
)
def test_what_is_no_list_at_all(of: Of, listed: Read, content: str, reason: str) -> None:
    with pytest.raises(FileError) as caught:
        listed(of(content))
    assert reason in str(caught.value)


def test_a_file_that_is_not_there(tmp_path: Path, listed: Read) -> None:
    with pytest.raises(UnavailableError, match=r"cannot read .*no such file"):
        listed(CsvInventory({"file": str(tmp_path / "none.csv")}))
    with pytest.raises(UsageError, match="needs a file"):
        CsvInventory({})


def test_a_long_list_comes_in_runs_and_is_never_held(of: Of) -> None:
    lines = 60_000
    inventory = of("vin,region,model,sw\n" + "".join(f"WBA{i:014d},eu,i4,23-07.55\n" for i in range(lines)))

    async def run() -> tuple[int, int]:
        count = most = 0
        async for part in inventory.vehicles():
            count, most = count + len(part), max(most, len(part))
        return count, most

    tracemalloc.start()
    try:
        assert asyncio.run(run()) == (lines, pytest.approx(4000, abs=400))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8_000_000  # as objects they would take 20 MB


def test_it_can_be_read_again(of: Of, listed: Read) -> None:
    inventory = of("vin\nA1\n")
    assert listed(inventory) == listed(inventory) == [Listed("A1")]
    assert inventory.remarks().duplicates == 0


@pytest.mark.parametrize("text", ["A", "jane/phone", "WBA12345678901234", "!" * 40])
def test_ids(text: str) -> None:
    assert is_id(text)


@pytest.mark.parametrize("text", ["", "a b", "a+", "#", "é", "a\n", "x" * 41, "\x7f"])
def test_what_is_no_id(text: str) -> None:
    assert not is_id(text)
