"""What a terminal sends is not always text: a byte that is none (noise on the line, a paste in another encoding) is
left out, where the library would end."""

from __future__ import annotations

from codecs import IncrementalDecoder, getincrementaldecoder
from collections.abc import Callable
from functools import partial

from textual.drivers import linux_driver


def lenient() -> None:
    """From now on, in this process."""
    linux_driver.getincrementaldecoder = _decoder  # type: ignore[assignment,attr-defined]


def _decoder(encoding: str) -> Callable[[], IncrementalDecoder]:
    return partial(getincrementaldecoder(encoding), errors="ignore")
