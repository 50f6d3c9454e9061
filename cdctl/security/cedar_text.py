"""Where things stand in the text of a Cedar policy: its parser tells what is wrong, but not where."""

from __future__ import annotations

import re
from collections.abc import Iterator

_TOKEN = re.compile(r'//[^\n]*|"(?:\\.|[^"\\\n])*"|;|[^/";]+|.', re.DOTALL)


def statements(text: str) -> Iterator[tuple[int, str]]:
    """Every policy of the text with the line where it begins, counted from 1; comments before it left out. The last
    may lack its semicolon."""
    start, line = 0, 0
    for token in _TOKEN.finditer(text):
        said = token.group()
        if said.strip() and not said.startswith("//") and not line:
            start = token.start() + len(said) - len(said.lstrip())
            line = text.count("\n", 0, start) + 1
        if said == ";" and line:
            yield line, text[start : token.end()]
            line = 0
    if line:
        yield line, text[start:]
