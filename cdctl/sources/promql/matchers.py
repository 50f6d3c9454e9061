"""Label matchers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Matcher:
    """One label matcher; `op` is = != =~ or !~."""

    label: str
    op: str
    value: str

    def __str__(self) -> str:
        value = self.value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return f'{self.label}{self.op}"{value}"'

    def holds(self, value: str) -> bool:
        """Whether a label of this value matches; regular expressions are RE2 and anchored, as in PromQL."""
        if self.op in {"=", "!="}:
            return (value == self.value) is (self.op == "=")
        import re2

        return (re2.fullmatch(self.value, value) is not None) is (self.op == "=~")

    def refusal(self) -> str:
        """What RE2 has against the regular expression; empty when nothing, or when there is none."""
        if self.op in {"=", "!="}:
            return ""
        import re2

        options = re2.Options()
        options.log_errors = False
        try:
            re2.compile(self.value, options)
        except re2.error as error:
            return error.args[0].decode(errors="replace") if isinstance(error.args[0], bytes) else str(error)
        return ""
