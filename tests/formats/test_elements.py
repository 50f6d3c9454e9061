"""Elements of one long JSON list, read part by part."""

from __future__ import annotations

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdctl.formats import limits
from cdctl.formats.elements import Elements


class _Drip(io.BytesIO):
    """Gives little at a time."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(min(size or 0, 3))


@pytest.mark.parametrize(
    ("text", "depth", "wanted"),
    [
        (b"[]", 1, []),
        (b"", 1, []),
        (b' [ {"a":1} , {"b":[{}]} ] ', 1, [b'{"a":1}', b'{"b":[{}]}']),
        (b'[[{"a":1}],[]]', 1, [b'[{"a":1}]', b"[]"]),
        (b'{"data":[{"a":"]}"}],"total":0,"errors":null}', 2, [b'{"a":"]}"}']),
        (b'{"data":[{"a":"\\""},{"b":"\\\\"}]}', 2, [b'{"a":"\\""}', b'{"b":"\\\\"}']),
        (b'{"a":1}\n{"b":2}', 0, [b'{"a":1}', b'{"b":2}']),
        (b'{"result":{"s":[{"a":1}]}}\n{"result":{"s":[{"a":2}]}}', 3, [b'{"a":1}', b'{"a":2}']),
        (b'[{"a":1},{"b":', 1, [b'{"a":1}', None]),
        (b'[{"a":"x', 1, [None]),
        (b"]]}}[{}]", 1, [b"{}"]),
    ],
)
@pytest.mark.parametrize("stream", [io.BytesIO, _Drip])
def test_elements(text, depth, wanted, stream):
    found = list(Elements(stream(text), depth))
    assert [one.text for one in found] == wanted
    for one in found:
        assert one.half == (one.text is None)
        assert one.text is None or text[one.end - len(one.text) : one.end] == one.text


_json = st.recursive(
    st.one_of(st.none(), st.integers(), st.text()),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(), inner)),
    max_leaves=8,
)


_element = st.one_of(st.lists(_json, max_size=4), st.dictionaries(st.text(), _json, max_size=4))


@given(st.lists(_element, max_size=10))
def test_any_list_comes_apart(values):
    found = list(Elements(_Drip(json.dumps(values).encode()), 1))
    assert [json.loads(one.text or b"null") for one in found] == values


@given(st.binary())
def test_anything_ends(text):
    for depth in range(4):
        assert sum(len(one.text or b"") for one in Elements(_Drip(text), depth)) <= len(text)


def test_what_is_too_long_is_told(monkeypatch):
    monkeypatch.setattr(limits, "MESSAGE", 1000)
    long = b'{"a":"' + b"x" * 1100 + b'"}'
    assert [one.text for one in Elements(io.BytesIO(b"[{}," + long + b",{}]"), 1)] == [b"{}", None, b"{}"]
