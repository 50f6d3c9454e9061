"""History for a server that starts today: series as arrays, written the way each server takes them.

`write_blocks` fills the folder of a Prometheus before it starts, `import_history` a VictoriaMetrics that runs.
"""

from __future__ import annotations

import http.client
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

import numpy as np

from cdctl.domain.slo.series import Floats
from cdctl.domain.text import safe
from cdctl.errors import UnavailableError
from cdctl.lab.child import find_program, tied

_BLOCK = "9600h"
"""One block for everything: promtool reads its input once a block (1 M samples: 2 s in one, 220 s in 2 h blocks)."""


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """One time series. times: [n] epoch seconds, growing, millisecond exact at most. values: [n]; NaN stays NaN."""

    name: str
    labels: Mapping[str, str] = field(default_factory=dict)
    times: Floats = field(default_factory=lambda: np.empty(0))
    values: Floats = field(default_factory=lambda: np.empty(0))

    @property
    def selector(self) -> str:
        """`name{label="value",...}` with values escaped as in the Prometheus text format."""
        pairs = ",".join(f'{key}="{escape(value)}"' for key, value in self.labels.items())
        return f"{self.name}{{{pairs}}}" if pairs else self.name


def escape(value: str) -> str:
    """A label value inside quotes: https://prometheus.io/docs/instrumenting/exposition_formats/."""
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def number(value: float) -> str:
    """A sample's value in the text formats, exact."""
    if np.isnan(value):
        return "NaN"
    if np.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return repr(int(value)) if value == int(value) and abs(value) < 2**53 else repr(float(value))


def _values(series: Series) -> list[str]:
    values = np.asarray(series.values, dtype=np.float64)
    if np.isfinite(values).all() and (values == np.rint(values)).all() and (np.abs(values) < 2**53).all():
        return list(map(str, values.astype(np.int64).tolist()))
    return [number(value) for value in values.tolist()]


def write_openmetrics(series: Iterable[Series], out: IO[str]) -> int:
    """OpenMetrics text with timestamps, `# EOF` at its end; the number of samples written."""
    count = 0
    stamps: list[str] = []
    stamped: Floats | None = None
    for one in series:
        if one.times is not stamped:  # usually all series share their instants
            stamped = one.times
            stamps = [f" {t:.15g}\n" for t in np.round(np.asarray(one.times, dtype=np.float64), 3).tolist()]
        head = one.selector + " "
        out.write("".join([head + value + stamp for value, stamp in zip(_values(one), stamps, strict=True)]))
        count += len(stamps)
    out.write("# EOF\n")
    return count


def write_blocks(series: Iterable[Series], data: Path) -> int:
    """Write series as TSDB blocks into a Prometheus' data folder, with promtool; the number of samples.

    Call it before the server starts. Raises UnavailableError when promtool is missing or refuses.
    """
    data.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=data.parent) as folder:
        text = Path(folder) / "history.om"
        with text.open("w") as out:
            count = write_openmetrics(series, out)
        if count:
            make_blocks(text, data)
    return count


def make_blocks(text: Path, data: Path) -> None:
    """Turn an OpenMetrics file into blocks and delete it. Files whose times do not overlap may be turned at once.

    Raises UnavailableError when promtool is missing or refuses.
    """
    blocks = text.with_suffix(".blocks")
    command = [find_program("promtool", "prometheus"), "tsdb", "create-blocks-from", "openmetrics"]
    done = subprocess.run(  # noqa: S603 - fixed arguments, no shell
        tied([*command, f"--max-block-duration={_BLOCK}", "-q", str(text), str(blocks)]),
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    text.unlink()
    if done.returncode != 0:
        raise UnavailableError(f"promtool refused the history: {safe(done.stderr.strip())}", subject=str(text))
    for block in blocks.iterdir():
        shutil.move(block, data)


def import_history(series: Iterable[Series], url: str, *, seconds: float = 60.0) -> int:
    """Send series to a running VictoriaMetrics at `url` and wait until queries see them; the number of samples.

    https://docs.victoriametrics.com/#how-to-import-data-in-prometheus-exposition-format
    """
    count = 0
    for one in series:
        head = one.selector
        times = np.rint(np.asarray(one.times, dtype=np.float64) * 1000).astype(np.int64).tolist()
        lines = [f"{head} {v} {t}\n" for v, t in zip(_values(one), times, strict=True)]
        post(f"{url}/api/v1/import/prometheus", "".join(lines).encode(), {}, seconds)
        count += len(times)
    post(f"{url}/internal/force_flush", b"", {}, seconds)
    return count


def post(url: str, body: bytes, headers: Mapping[str, str], seconds: float) -> None:
    """POST to one of the lab's own servers. Raises UnavailableError with what the server said."""
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=seconds)
    try:
        connection.request("POST", address.path, body, dict(headers))
        response = connection.getresponse()
        answer = response.read().decode(errors="replace").strip()
    except (OSError, http.client.HTTPException) as error:
        raise UnavailableError(f"no answer: {error}", subject=url) from error
    finally:
        connection.close()
    if response.status >= 300:
        raise UnavailableError(f"answered {response.status}: {safe(answer)}", subject=url)
