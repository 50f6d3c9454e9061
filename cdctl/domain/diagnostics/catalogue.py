"""What codes mean, where that is known: `codes.tsv` beside this file, which whoever reads files hands over as text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cdctl.domain.diagnostics.dtc import Control, Dtc, parse

FILE = "codes.tsv"
MAKERS = "the manufacturer's own code"
"""What is said of a code that only its manufacturer can explain."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Texts by the number of a code."""

    texts: Mapping[int, str] = field(default_factory=dict)

    def text(self, code: Dtc) -> str:
        """What a code means; that it is the manufacturer's own, where it is; empty when nothing is known of it."""
        known = self.texts.get(code.number, "")
        return known or (MAKERS if code.control is Control.MAKER else "")


def catalogue(lines: str) -> Catalogue:
    """Codes and texts, a line each with a tab between; # begins a comment. Raises ValueError with the line that is
    wrong: no code, a failure type, no text, a code that stands there twice or that ISO and SAE do not control."""
    texts: dict[int, str] = {}
    for number, line in enumerate(lines.splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        word, _, text = line.partition("\t")
        try:
            code = parse(word)
        except ValueError as error:
            raise ValueError(f"line {number}: {error}") from None
        if code.failure is not None or code.control is not Control.STANDARD:
            raise ValueError(f"line {number}: {code} is no code of ISO and SAE")
        if not text.strip() or code.number in texts:
            raise ValueError(f"line {number}: {code} has no text, or stands here twice")
        texts[code.number] = text.strip()
    return Catalogue(texts)
