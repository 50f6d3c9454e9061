"""Trouble codes: bytes to text and back, for every code there is, and for texts that are none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdctl.domain.diagnostics.dtc import Control, Dtc, System, parse, unpacked, unpacked_all

codes = st.builds(Dtc, st.integers(1, 0xFFFF), st.none() | st.integers(0, 0xFF))


@pytest.mark.parametrize(
    ("digits", "text"),
    [
        ("0A9B17", "P0A9B-17"),
        ("4123", "C0123"),
        ("8003", "B0003"),
        ("C10087", "U0100-87"),
        ("0001", "P0001"),
        ("3FFF", "P3FFF"),
        ("FFFFFF", "U3FFF-FF"),
        ("0A9B00", "P0A9B-00"),
    ],
)
def test_bytes_and_text_are_the_same_code(digits, text):
    code = unpacked(bytes.fromhex(digits))
    assert code is not None
    assert str(code) == text
    assert parse(text) == code == parse(digits) == parse(digits.lower()) == parse(f"0x{digits}") == parse(text.lower())
    assert code.packed() == bytes.fromhex(digits)


@pytest.mark.parametrize("packed", [b"\0\0", b"\0\0\0"])
def test_padding_is_no_code(packed):
    assert unpacked(packed) is None
    with pytest.raises(ValueError, match="padding"):
        parse(packed.hex())


def test_a_failure_type_alone_is_told_apart_from_none():
    assert parse("P0A9B") != parse("P0A9B-00")
    assert parse("P0A9B").failure is None
    assert parse("P0A9B17") == parse("P0A9B-17")


def test_padding_is_left_out_of_a_run():
    run = bytes.fromhex("0A9B17000000C10087000000")
    assert [str(one) for one in unpacked_all(run)] == ["P0A9B-17", "U0100-87"]
    assert [str(one) for one in unpacked_all(bytes.fromhex("412300008003"), 2)] == ["C0123", "B0003"]
    assert unpacked_all(b"") == []


@pytest.mark.parametrize(("packed", "size"), [(b"\x0a\x9b", 3), (b"\x0a\x9b\x17\0", 3), (b"\x0a", 2), (b"\x0a", 1)])
def test_a_run_with_a_part_left_over_is_refused(packed, size):
    with pytest.raises(ValueError, match="bytes"):
        unpacked_all(packed, size)


@pytest.mark.parametrize("packed", [b"", b"\x0a", b"\x0a\x9b\x17\x00"])
def test_another_length_is_refused(packed):
    with pytest.raises(ValueError, match="2 or 3 bytes"):
        unpacked(packed)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "P",
        "P0A9",
        "P4A9B",  # the first digit has two bits
        "X0A9B",
        "P0A9G",
        "P0A9B-",
        "P0A9B-1",
        "P0A9B-177",
        "P0A9B--17",
        " P0A9B",
        "P0A9B\n",
        "٠A9B",  # digits of another script
        "P０A9B",
        "0A9B1",
        "0x",
        "0A9B1700",
        "\x1b[2J0A9B",
        "\u202eP0A9B",
        "9" * 10_000,
    ],
)
def test_what_is_no_code_is_refused_and_never_shown_as_it_came(text):
    with pytest.raises(ValueError, match="is no trouble code") as error:
        parse(text)
    assert str(error.value).isprintable()
    assert len(str(error.value)) < 200


@pytest.mark.parametrize(("number", "failure"), [(-1, None), (0x10000, None), (1, -1), (1, 0x100), (0, 0), (0, None)])
def test_what_does_not_fit_is_refused(number, failure):
    with pytest.raises(ValueError, match=r"two bytes|padding"):
        Dtc(number, failure)


@given(codes)
def test_every_code_survives_its_text_and_its_bytes(code):
    assert parse(str(code)) == code
    assert unpacked(code.packed()) == code
    assert parse(code.packed().hex()) == code


@given(st.lists(codes.filter(lambda code: code.failure is not None)))
def test_every_run_of_codes_survives(some):
    assert unpacked_all(b"".join(code.packed() for code in some)) == some


@given(st.text(max_size=12))
def test_any_text_is_a_code_or_refused(text):
    try:
        code = parse(text)
    except ValueError:
        return
    assert text.upper().removeprefix("0X").replace("-", "") in (
        code.packed().hex().upper(),
        str(code).replace("-", ""),
    )


@pytest.mark.parametrize(
    ("text", "system", "control"),
    [
        ("P0A9B", System.POWERTRAIN, Control.STANDARD),
        ("P1000", System.POWERTRAIN, Control.MAKER),
        ("P2000", System.POWERTRAIN, Control.STANDARD),
        ("P3000", System.POWERTRAIN, Control.MAKER),
        ("P33FF", System.POWERTRAIN, Control.MAKER),
        ("P3400", System.POWERTRAIN, Control.STANDARD),
        ("C0123", System.CHASSIS, Control.STANDARD),
        ("C1095", System.CHASSIS, Control.MAKER),
        ("C2000", System.CHASSIS, Control.MAKER),
        ("C3000", System.CHASSIS, Control.RESERVED),
        ("B0003", System.BODY, Control.STANDARD),
        ("B1342", System.BODY, Control.MAKER),
        ("B2000", System.BODY, Control.MAKER),
        ("B3000", System.BODY, Control.RESERVED),
        ("U0100", System.NETWORK, Control.STANDARD),
        ("U1000", System.NETWORK, Control.MAKER),
        ("U2000", System.NETWORK, Control.MAKER),
        ("U3000", System.NETWORK, Control.STANDARD),
    ],
)
def test_who_says_what_a_code_means(text, system, control):
    code = parse(text)
    assert (code.system, code.control) == (system, control)
