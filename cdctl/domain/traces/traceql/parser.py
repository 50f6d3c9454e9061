"""Reads a spanset filter. `&&` and `||` bind alike and from the left, as in Tempo; parentheses say otherwise."""

from __future__ import annotations

from cdctl.domain.traces.traceql.comparing import compare
from cdctl.domain.traces.traceql.error import TraceqlError
from cdctl.domain.traces.traceql.lexer import Token, tokens
from cdctl.domain.traces.traceql.names import (
    AGGREGATES,
    ARITHMETIC,
    METRICS,
    NOT_COVERED_SCOPES,
    NOT_COVERED_WORDS,
    SPELLINGS,
    STRUCTURAL,
    WORDS,
    nearest,
)
from cdctl.domain.traces.traceql.tree import (
    Always,
    Both,
    Compare,
    Either,
    Expression,
    Field,
    Literally,
    Operator,
    Scope,
    Spanset,
)

DEEPEST = 32
"""Parentheses within parentheses."""
MOST = 200
"""Comparisons in one filter."""
_OPERATORS: dict[str, Operator] = {
    "=": "=", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">=", "=~": "=~", "!~": "!~",
}  # fmt: skip
_TURNED: dict[Operator, Operator] = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "!=": "!="}
_SCOPES: dict[str, Scope] = {"": "", "span": "span", "resource": "resource"}
_ONE_SPANSET = "cdctl reads one spanset filter: { ... }"


def parse(text: str) -> Spanset:
    """The filter that a text is. Raises TraceqlError with the place, also for TraceQL that is not covered."""
    return Spanset(text, _Parser(text).spanset())


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = tokens(text)
        self._next = 0
        self._deep = 0
        self._count = 0

    def spanset(self) -> Expression:
        if not self._is("{"):
            raise self._no_spanset()
        self._take()
        where: Expression = Always() if self._is("}") else self._either()
        if not self._is("}"):
            raise self._unexpected()
        self._take()
        if self._here.kind != "end":
            raise self._after()
        return where

    def _either(self) -> Expression:
        left = self._term()
        while self._is("&&") or self._is("||"):
            operator = self._take().text
            right = self._term()
            left = Both(left, right) if operator == "&&" else Either(left, right)
        return left

    def _term(self) -> Expression:
        if self._is("("):
            return self._inner()
        if self._is("!"):
            hint = "turn the comparison round: != for =, !~ for =~, < for >="
            raise self._wrong("not covered: `!` before an expression", self._here, hint)
        self._count += 1
        if self._count > MOST:
            raise self._wrong(f"more than {MOST} comparisons", self._here)
        return self._comparison()

    def _inner(self) -> Expression:
        self._deep += 1
        if self._deep > DEEPEST:
            raise self._wrong(f"more than {DEEPEST} parentheses within each other", self._here)
        opening = self._take()
        found = self._either()
        if not self._is(")"):
            if self._here.kind == "end":
                raise self._wrong("this parenthesis is never closed", opening)
            raise self._unexpected()
        self._take()
        self._deep -= 1
        return found

    def _comparison(self) -> Expression:
        first = self._here
        left = self._operand()
        operator = _OPERATORS.get(self._here.text) if self._here.kind == "operator" else None
        if operator is None:
            return self._alone(left, first)
        place = self._take()
        right = self._operand()
        if isinstance(left, Field) and isinstance(right, Literally):
            return compare(left, operator, right, self._text)
        if isinstance(left, Field):
            raise self._wrong("not covered: comparing two attributes of a span", place)
        if isinstance(right, Literally):
            raise self._wrong("two values are compared, and no attribute", place)
        if operator not in _TURNED:
            raise self._wrong("the pattern belongs on the right", place, 'write name =~ "GET.*"')
        return compare(right, _TURNED[operator], left, self._text)

    def _alone(self, left: Field | Literally, token: Token) -> Expression:
        """`{ true }`, and `{ .cached }`: an attribute that is true."""
        if isinstance(left, Literally):
            if left.kind != "bool":
                raise self._wrong("a value without a comparison", token)
            return Always(left.value is True)
        if left.scope == "intrinsic":
            if self._here.kind == "end" or self._is("}") or self._is(")"):
                raise self._wrong("expected a comparison after this", token, f"write {token.text} = ...")
            raise self._unexpected()
        return Compare(left, "=", Literally("bool", True, left.offset))

    def _operand(self) -> Field | Literally:
        token = self._here
        if token.kind == "operator" and token.text == "-":
            return self._negative()
        if token.kind in {"operator", "end"}:
            raise self._unexpected("expected an attribute or a value")
        self._take()
        if token.kind == "attribute":
            return self._attribute(token)
        if token.kind == "word":
            return self._word(token)
        kind = token.kind
        assert kind == "text" or kind == "number" or kind == "duration"  # noqa: PLR1714 - mypy narrows it so
        return Literally(kind, token.value, token.at)

    def _negative(self) -> Literally:
        minus = self._take()
        token = self._here
        if token.kind not in {"number", "duration"} or isinstance(token.value, str):
            raise self._wrong("not covered: arithmetic", minus)
        self._take()
        return Literally("duration" if token.kind == "duration" else "number", -token.value, minus.at)

    def _attribute(self, token: Token) -> Field:
        scope = _SCOPES.get(token.scope)
        if scope is not None:
            return Field(scope, token.text, token.at)
        if token.scope in NOT_COVERED_SCOPES:
            raise self._wrong(f"not covered: attributes of {token.scope}", token)
        hint = nearest(token.scope)
        said = f"did you mean {hint}?" if hint else f"write span.{token.text}, resource.{token.text} or .{token.text}"
        raise self._wrong(f"unknown scope {token.scope[:60]!r}", token, said)

    def _word(self, token: Token) -> Field | Literally:
        if token.text in SPELLINGS:
            return Field("intrinsic", SPELLINGS[token.text], token.at)
        if token.text in WORDS:
            kind, value = WORDS[token.text]
            return Literally(kind, value, token.at)
        if token.text in NOT_COVERED_WORDS:
            raise self._wrong(f"not covered: {token.text}", token)
        if token.text in AGGREGATES | METRICS:
            raise self._wrong(f"not covered: {token.text}()", token, _ONE_SPANSET)
        near = nearest(token.text)
        hint = (
            f"did you mean {near}?" if near else f"an attribute begins with a dot or its scope: span.{token.text[:60]}"
        )
        raise self._wrong(f"unknown name {token.text[:60]!r}", token, hint)

    def _no_spanset(self) -> TraceqlError:
        token = self._here
        if token.kind == "end":
            return self._wrong("there is no filter", token, "{ } are all spans")
        if token.text == "(":
            return self._wrong("not covered: spansets in parentheses", token, _ONE_SPANSET)
        if token.text in AGGREGATES | METRICS:
            return self._wrong(f"not covered: {token.text}()", token, _ONE_SPANSET)
        return self._wrong("a filter begins with {", token, '{ resource.service.name = "api" && status = error }')

    def _after(self) -> TraceqlError:
        token = self._here
        if token.text == "|":
            name = self._tokens[self._next + 1].text
            if name in METRICS:
                return self._wrong(f"not covered: the metrics function {name}()", token, _ONE_SPANSET)
            return self._wrong("not covered: pipelines and their aggregates", token, _ONE_SPANSET)
        if token.text in {"&&", "||"}:
            return self._wrong("not covered: several spansets", token, "join the conditions within one { ... }")
        if token.text in STRUCTURAL:
            return self._wrong(f"not covered: the structural operator {token.text}", token, _ONE_SPANSET)
        if token.text == "with":
            return self._wrong("not covered: query hints (with)", token, _ONE_SPANSET)
        return self._wrong("expected nothing after }", token)

    def _unexpected(self, expected: str = "expected && or || or }") -> TraceqlError:
        token = self._here
        if token.kind == "end":
            return self._wrong("the filter ends too early", token, "close it with }")
        if token.kind == "operator" and token.text in ARITHMETIC:
            return self._wrong("not covered: arithmetic", token)
        if token.text in {"&", "|"}:
            return self._wrong(expected, token, f"write {token.text * 2}")
        if token.text in {"and", "or", "AND", "OR"}:
            return self._wrong(expected, token, "write && for and, || for or")
        if token.text in STRUCTURAL - set(_OPERATORS):
            return self._wrong(f"not covered: the structural operator {token.text}", token)
        return self._wrong(expected, token)

    @property
    def _here(self) -> Token:
        return self._tokens[self._next]

    def _is(self, operator: str) -> bool:
        return self._here.kind == "operator" and self._here.text == operator

    def _take(self) -> Token:
        token = self._tokens[self._next]
        self._next += 1
        return token

    def _wrong(self, what: str, token: Token, hint: str = "") -> TraceqlError:
        return TraceqlError(what, self._text, token.at, hint=hint)
