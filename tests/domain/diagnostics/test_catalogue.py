"""Texts of codes and of failure types: what is known is said, and nothing is guessed."""

from __future__ import annotations

from importlib.resources import files

import pytest

from cdctl.domain.diagnostics.catalogue import FILE, MAKERS, Catalogue, catalogue
from cdctl.domain.diagnostics.dtc import parse
from cdctl.domain.diagnostics.failure import failure_category, failure_text


@pytest.fixture(scope="module")
def shipped() -> Catalogue:
    return catalogue(files("cdctl.domain.diagnostics").joinpath(FILE).read_text(encoding="utf-8"))


def test_what_ships_is_sound_and_in_order(shipped):
    assert len(shipped.texts) > 100
    assert list(shipped.texts) == sorted(shipped.texts)
    assert all(text.isascii() and text.isprintable() and len(text) <= 70 for text in shipped.texts.values())


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("P0A9B-17", "Hybrid battery temperature sensor A: circuit"),
        ("P0562", "System voltage low"),
        ("U0100-87", "Lost communication with the engine control module A"),
        ("C1095", MAKERS),
        ("B1342-13", MAKERS),
        ("P0FFF", ""),
        ("B3000", ""),
    ],
)
def test_texts_are_given_where_they_are_known(shipped, code, text):
    assert shipped.text(parse(code)) == text


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        ("P0A9B\tone\nnonsense\tx\n", "line 2: 'nonsense' is no trouble code"),
        ("# note\nP0A9B-17\tone\n", "line 2: P0A9B-17 is no code of ISO and SAE"),
        ("P1000\tone\n", "line 1: P1000 is no code of ISO"),
        ("P0A9B\tone\n0A9B\ttwo\n", "line 2: P0A9B has no text, or stands here twice"),
        ("P0A9B\t \n", "line 1: P0A9B has no text"),
        ("P0A9B one\n", "line 1: 'P0A9B one' is no trouble code"),
    ],
)
def test_a_catalogue_that_is_wrong_says_where(lines, fault):
    with pytest.raises(ValueError, match=fault):
        catalogue(lines)


@pytest.mark.parametrize(
    ("failure", "text", "category"),
    [
        (0x17, "circuit voltage too high", "electrical"),
        (0x87, "message missing", "bus message"),
        (0x00, "no further detail", "general"),
        (0x1F, "circuit intermittent", "electrical"),
        (0x10, "", "electrical"),
        (0x8A, "", "bus message"),
        (0xF3, "", "the manufacturer's own"),
        (0xB0, "", ""),
        (None, "", ""),
    ],
)
def test_a_failure_type_has_words_where_they_are_certain(failure, text, category):
    assert (failure_text(failure), failure_category(failure)) == (text, category)


def test_every_text_of_a_failure_type_is_in_a_category():
    told = [number for number in range(256) if failure_text(number)]
    assert len(told) > 80
    assert all(failure_category(number) for number in told)
    assert not any(failure_text(number) for number in range(0xA0, 0x100))
