"""Lists of attributes that are cut without a parser are cut as a parser cuts them, or not at all."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from otlp_json import request, span
from span_texts import read

from cdctl.formats.otlp_attributes import cut, cut_quickly, read_pairs
from cdctl.formats.otlp_json import OtlpJson

_TRICKS = (
    '}},{"key":"', '}}]', '[{"key":"', '"', "\\", '\\"', "{", "}}", '","value":{"stringValue":"', "a", "", "\n",
)  # fmt: skip
_text = st.lists(st.sampled_from(_TRICKS), max_size=4).map("".join)
_value = st.recursive(
    st.one_of(
        st.builds(lambda text: {"stringValue": text}, _text),
        st.just({"intValue": "7"}),
        st.just({}),
    ),
    lambda inner: st.one_of(
        st.builds(lambda some: {"arrayValue": {"values": some}}, st.lists(inner, max_size=3)),
        st.builds(
            lambda some: {"kvlistValue": {"values": [{"key": key, "value": value} for key, value in some]}},
            st.lists(st.tuples(_text, inner), max_size=3),
        ),
    ),
    max_leaves=5,
)
_lists = st.lists(
    st.lists(st.builds(lambda key, value: {"key": key, "value": value}, _text, _value), max_size=4),
    min_size=1,
    max_size=4,
)


@given(_lists)
def test_the_quick_way_is_the_parsers_way_or_is_seen_to_fail(lists):
    raw = [msgspec.Raw(json.dumps(one, separators=(",", ":"), ensure_ascii=False).encode()) for one in lists]
    slow = [read_pairs(pairs) if pairs else None for pairs in map(cut, map(bytes, raw))]
    assert [len(one.keys) if one else 0 for one in slow] == list(map(len, lists))
    quick = cut_quickly(raw)
    if quick is None or not quick.different:
        return
    read_ = read_pairs(quick.different)
    if read_.bad:
        return  # it is seen, and the parser is asked
    keys = [read_.keys[code] for code in quick.codes]
    values = [read_.values[code] for code in quick.codes]
    assert quick.counts.tolist() == list(map(len, lists))
    assert keys == [key for one in slow if one for key in one.keys]
    assert values == [value for one in slow if one for value in one.values]


@given(_lists)
def test_a_reader_says_the_same_of_lists_with_and_without_spaces(lists):
    spans = [span(number, attributes=one) for number, one in enumerate(lists)]
    wide = request(*spans)
    tight = json.dumps(json.loads(wide), separators=(",", ":")).encode()
    assert read(OtlpJson(), wide) == read(OtlpJson(), tight)


@pytest.mark.parametrize(
    "text",
    [b"[]", b"", b"null"],
)
def test_empty_lists(text):
    filled = b'[{"key":"a","value":{"stringValue":"b"}}]'
    quick = cut_quickly([msgspec.Raw(text), msgspec.Raw(filled), msgspec.Raw(text)])
    assert quick is not None
    assert quick.counts.tolist() == [0, 1, 0]


@pytest.mark.parametrize(
    "text",
    [b"[ ]", b'[{ "key":"a"}]', b'[{"key":"a"}]', b'[{"value":{},"key":"a"}]', b"[1]", b'{"key":"a","value":{}}',
     b'[{"key":"}}]', b'"[{\\"key\\":"'],
)  # fmt: skip
def test_what_is_written_in_another_way_is_left_to_the_parser(text):
    quick = cut_quickly([msgspec.Raw(text)])
    assert quick is None or read_pairs(quick.different).bad


def test_a_pair_that_was_cut_wrongly_once_does_not_pass_the_second_time():
    tricky = {"kvlistValue": {"values": [{"key": "x", "value": {"stringValue": "1"}}, {"key": "y", "value": {}}]}}
    body = request(span(1, attributes=[{"key": "a", "value": tricky}]))
    body = json.dumps(json.loads(body), separators=(",", ":")).encode()
    reader = OtlpJson()
    found, rejected = read(reader, body, body.replace(b"1795998000", b"1795998001"))
    assert [one["attributes"]["span.a"] for one in found] == ['{"x":"1","y":null}'] * 2
    assert rejected.counts == {}
