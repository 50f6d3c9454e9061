"""Causes as selections of vehicles."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdctl.domain.fleet.selection import select
from cdctl.domain.fleet.selection.tree import Term, terms
from cdctl.domain.fleet.view import fields_of
from cdctl.domain.why.explanation import Predicate
from cdctl.domain.why.picking import pick


def picked(**where: str) -> tuple[str, list[str]]:
    text, beyond = pick(tuple(Predicate(name.replace("__", "."), value) for name, value in where.items()))
    return text, [one.attribute for one in beyond]


def test_what_the_fleet_knows_is_said_in_its_words() -> None:
    assert picked(region="eu", sw="23-07.60", model="i4") == ("region:eu sw:23-07.60 model:i4", [])
    assert picked(vehicle__software="23-07.60", cloud__region="eu") == ("sw:23-07.60 region:eu", [])


def test_what_it_does_not_know_is_told_apart() -> None:
    assert picked(service__name="api", region="eu") == ("region:eu", ["service.name"])
    assert picked(cell="7") == ("", ["cell"])
    assert picked(sw="(absent)") == ("", ["sw"])
    assert picked(region="eu", cloud__region="us") == ("region:eu", ["cloud.region"])


@pytest.mark.parametrize("value", ["a b", "a,b", 'say "x"', "(x)", "a|b", "back\\slash", "a*", "*", "[x]*", "-x", "x?"])
def test_odd_values_are_quoted_and_mean_themselves(value: str) -> None:
    assert_exact(value)


@given(st.text(min_size=1, max_size=12))
def test_whatever_the_value_it_is_meant_exactly_or_not_at_all(value: str) -> None:
    assert_exact(value)


def assert_exact(value: str) -> None:
    text, beyond = picked(sw=value)
    if beyond:
        assert not value.isprintable() or value == "(absent)"
        return
    (term,) = terms(select(text, fields_of(())).tree)
    assert isinstance(term, Term)
    assert term.field.name == "sw"
    if "*" in value:
        import re2

        assert term.op == "~"
        assert re2.search(str(term.values[0]), value)
        assert not re2.search(str(term.values[0]), value.replace("*", "x"))
        assert not re2.search(str(term.values[0]), f"{value}x")
    else:
        assert (term.op, term.values) == ("=", (value,))
