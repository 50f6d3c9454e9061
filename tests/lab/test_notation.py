"""The expander says what promtool says, and refuses what promtool refuses."""

import json
import struct
import subprocess

import numpy as np
import pytest

from cdctl.lab.child import find_program
from cdctl.lab.notation import LIMIT, NotationError, expand
from cdctl.lab.remote_write import STALE

GOOD = [
    "1 2 3",
    "0+10x4",
    "100-1x2",
    "-5+2.5x3",
    "5x2",
    "0x10",
    "1 _ 2",
    "1 _x3 2",
    "_x0 7",
    "1e3x1 2.5e-1",
    ".5+.1x20",
    "1 stale 2",
    "0+0.1x100",
    "Inf -Inf 3",
    "+4 -4x1",
    "  1   2  ",
    "inf-1x2",
]
BAD = ["", "x3", "1+2", "1x", "stalex3", "NaNx2", "_5", "1,2", "1 2y", "0X10", "1+x3", "{{count:1}}", "--1", "1x-2"]


def promtool_accepts(tmp_path, cases: list[dict]) -> subprocess.CompletedProcess:
    path = tmp_path / "t.yml"
    path.write_text(json.dumps({"evaluation_interval": "1m", "tests": cases}).replace("Infinity", ".inf"))
    return subprocess.run(
        [find_program("promtool", "prometheus"), "test", "rules", str(path)],
        capture_output=True,
        text=True,
        check=False,
    )


def bits(value: float) -> bytes:
    return struct.pack("<d", value)


def expected_samples(text: str) -> list[float | None]:
    """Value per interval as an instant selector without look-back would see it; None where there is none."""
    found = expand(text)
    line: list[float | None] = [None] * found.length
    for slot, value in zip(found.slots.tolist(), found.values.tolist(), strict=True):
        line[slot] = None if bits(value) == bits(STALE) else value
    return line


def promtool_case(text: str, line: list[float | None]) -> dict:
    """Each interval's own sample, asked with a range that holds just that one."""
    checks = [
        {
            "expr": "last_over_time(m[59s])",
            "eval_time": f"{slot}m",
            "exp_samples": [] if value is None else [{"labels": "m", "value": value}],
        }
        for slot, value in enumerate([*line, None])
    ]
    return {"interval": "1m", "input_series": [{"series": "m", "values": text}], "promql_expr_test": checks}


@pytest.mark.parametrize("text", GOOD)
def test_promtool_expands_it_the_same(tmp_path, text):
    line = expected_samples(text)
    done = promtool_accepts(tmp_path, [promtool_case(text, line)])
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_comparison_can_fail(tmp_path):
    line = expected_samples("1 2 3")
    assert promtool_accepts(tmp_path, [promtool_case("1 2 4", line)]).returncode != 0
    assert promtool_accepts(tmp_path, [promtool_case("1 2 3 4", line)]).returncode != 0


@pytest.mark.parametrize("text", BAD)
def test_both_refuse_it(tmp_path, text):
    with pytest.raises(NotationError):
        expand(text)
    if text:
        assert promtool_accepts(tmp_path, [promtool_case(text, [1.0])]).returncode != 0


def test_stale_keeps_its_bits_and_its_slot():
    found = expand("1 _ stale")
    assert found.slots.tolist() == [0, 2]
    assert bits(found.values[1]) == bits(STALE)
    assert found.length == 3


def test_blanks_at_the_end_count():
    assert expand("1 _x4").length == 5


def test_a_bad_word_is_found():
    with pytest.raises(NotationError, match="'oops' is not a value") as caught:
        expand("1 2 oops")
    assert caught.value.column == 4


@pytest.mark.parametrize("text", [f"1x{LIMIT}", "1x99999999999999999999", f"1x{LIMIT - 2} 1 1", f"_x{LIMIT + 1}"])
def test_too_many_samples_are_refused(text):
    with pytest.raises(NotationError, match="more than"):
        expand(text)


def test_the_most_samples_are_accepted():
    assert len(expand(f"1x{LIMIT - 1}").values) == LIMIT


def test_nan_is_a_number():
    assert np.isnan(expand("NaN").values[0])
