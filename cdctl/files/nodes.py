"""What a YAML file holds, every piece with its line and column.

Three kinds of node. A scalar keeps its text as written; what it stands for follows the YAML 1.2 core schema, the one
that editors use, so `yes` and `2020-01-21 12:30:00` are text.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_FLAGS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_FIRST = frozenset("0123456789+-.")
_LONGEST_NUMBER = 1000
_NOT_FINITE = frozenset(sign + word for sign in ("", "+", "-") for word in (".inf", ".Inf", ".INF")) | {
    ".nan",
    ".NaN",
    ".NAN",
}

Plain = None | bool | int | float | str | list["Plain"] | dict[str, "Plain"]


class Node:
    """A piece of a YAML document. `line` and `column` count from 1."""

    __slots__ = ("column", "line")

    def __init__(self, line: int, column: int) -> None:
        self.line = line
        self.column = column


class Scalar(Node):
    """A single value as text. `plain` is true when it was written without quotes or block marks."""

    __slots__ = ("plain", "text")

    def __init__(self, text: str, line: int, column: int, plain: bool) -> None:
        self.text = text
        self.line = line
        self.column = column
        self.plain = plain

    @property
    def kind(self) -> str:
        """`text`, `number`, `flag` or `null`."""
        text = self.text
        if not self.plain:
            return "text"
        if text in _NULLS:
            return "null"
        if text in _FLAGS:
            return "flag"
        if text[0] in _FIRST and (_exact(text) is not None or text in _NOT_FINITE):
            return "number"
        return "text"

    @property
    def flag(self) -> bool | None:
        """True or false, or None when it is something else."""
        return _FLAGS.get(self.text) if self.plain else None

    @property
    def decimal(self) -> Decimal | None:
        """The exact number, or None when it is not a finite one."""
        return _exact(self.text) if self.plain and self.text[:1] in _FIRST else None


def _exact(text: str) -> Decimal | None:
    """The finite number that a text is in YAML; Python's own spellings (1_000, -inf) are none."""
    if "_" in text or len(text) > _LONGEST_NUMBER or not text.isascii():
        return None
    try:
        if text[:2] in ("0x", "0o"):
            return Decimal(int(text, 0))
        value = Decimal(text)
    except (InvalidOperation, ValueError):
        return None
    return value if value.is_finite() else None


class Sequence(Node):
    """A list."""

    __slots__ = ("items",)

    def __init__(self, line: int, column: int) -> None:
        super().__init__(line, column)
        self.items: list[Node] = []


class Mapping(Node):
    """Keys and values in the order written; `keys` holds where each key stands.

    The readers below give an empty answer for a key that is absent, null or of another kind.
    """

    __slots__ = ("keys", "values")

    def __init__(self, line: int, column: int) -> None:
        super().__init__(line, column)
        self.keys: dict[str, Scalar] = {}
        self.values: dict[str, Node] = {}

    def get(self, key: str) -> Node | None:
        """The value of a key, None when absent or null."""
        node = self.values.get(key)
        return None if isinstance(node, Scalar) and node.kind == "null" else node

    def scalar(self, key: str) -> Scalar | None:
        """The scalar of a key."""
        node = self.get(key)
        return node if isinstance(node, Scalar) else None

    def text(self, key: str, default: str = "") -> str:
        """The text of a key."""
        node = self.scalar(key)
        return node.text if node else default

    def flag(self, key: str) -> bool | None:
        """The truth value of a key."""
        node = self.scalar(key)
        return node.flag if node else None

    def decimal(self, key: str) -> Decimal | None:
        """The exact number of a key."""
        node = self.scalar(key)
        return node.decimal if node else None

    def mapping(self, key: str) -> Mapping | None:
        """The mapping of a key."""
        node = self.values.get(key)
        return node if isinstance(node, Mapping) else None

    def items(self, key: str) -> list[Node]:
        """The elements of the list of a key."""
        node = self.values.get(key)
        return node.items if isinstance(node, Sequence) else []

    def at(self, key: str) -> Node:
        """Where to point when this key is meant: its value, else the key itself, else the whole mapping."""
        return self.get(key) or self.keys.get(key) or self


def plain(node: Node) -> Plain:
    """The same data as JSON has it: dicts, lists, strings, numbers, truth values and None."""
    if isinstance(node, Mapping):
        return {key: plain(value) for key, value in node.values.items()}
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    if not isinstance(node, Scalar):
        raise TypeError(f"{type(node).__name__} is not a node of a document")
    kind = node.kind
    if kind == "number":
        return _number(node)
    return {"text": node.text, "flag": node.flag, "null": None}[kind]


def _number(node: Scalar) -> int | float:
    exact = node.decimal
    if exact is None:
        return float(node.text.replace(".", "", 1))
    return int(exact) if node.text.lstrip("+-").isalnum() and "e" not in node.text.lower() else float(exact)
