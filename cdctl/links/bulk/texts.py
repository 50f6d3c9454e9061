"""Whether the texts in a packet are UTF-8: the library that decodes packets breaks on those that are not.

It looks for nothing else: a packet whose structure is broken is left to the library, which says so.
"""

from __future__ import annotations

# Where the properties of a packet start in its body (MQTT 5.0, sections 3.2 to 3.15), by packet type.
_PROPERTIES_AT = {2: 2, 4: 3, 5: 3, 6: 3, 7: 3, 9: 2, 11: 2, 14: 1, 15: 1}
# Properties by how their value is stored (MQTT 5.0, table 2-4): so many bytes, or so many texts.
_BYTES = {
    **dict.fromkeys((0x01, 0x17, 0x19, 0x24, 0x25, 0x28, 0x29, 0x2A), 1),
    **dict.fromkeys((0x13, 0x21, 0x22, 0x23), 2),
    **dict.fromkeys((0x02, 0x11, 0x18, 0x27), 4),
}
_TEXTS = {**dict.fromkeys((0x03, 0x08, 0x12, 0x15, 0x1A, 0x1C, 0x1F), 1), 0x26: 2}
_BINARY = frozenset((0x09, 0x16))
_VARIABLE = 0x0B


def length_at(data: bytes | bytearray, at: int, end: int) -> tuple[int, int]:
    """A variable byte integer and where it ends; (-1, `at`) when it has no end before `end`."""
    value = shift = 0
    for index in range(at, min(at + 4, end)):
        digit = data[index]
        value |= (digit & 127) << shift
        if digit < 128:
            return value, index + 1
        shift += 7
    return -1, at


def only_lengths(data: memoryview) -> bool:
    """Whether all bytes above 127 are lengths of packets of 128 to 16,383 bytes, the first of which begins here and
    follows the other: then every text is ASCII. Looks at a fleet's telemetry at once; false tells nothing."""
    if data[0] & 6:  # packet ids have such bytes, too
        return False
    import numpy as np  # not before: only whoever hears much needs it

    octets = np.frombuffer(data, np.uint8)
    high = np.flatnonzero(octets > 127)
    if not len(high) or high[0] != 1 or len(high) * 128 > len(octets) + 128 or high[-1] + 1 == len(octets):
        return False
    ends = high + 2 + (octets[high] & 0x7F) + octets[high + 1].astype(np.int64) * 128
    return bool((ends[:-1] + 1 == high[1:]).all())


def are_utf8(data: bytes | bytearray, at: int, end: int) -> bool:
    """Whether every text of the packet from `at` to `end` is UTF-8, as far as the packet can be followed."""
    first = data[at]
    at = length_at(data, at + 1, end)[1]
    if first >> 4 == 3:
        topic = at + 2
        at = topic + (data[at] << 8 | data[at + 1]) if topic <= end else end
        if not _is_utf8(data[topic:at]):
            return False
        at += 2 if first & 6 else 0
    else:
        at += _PROPERTIES_AT.get(first >> 4, end)
    return at >= end or not data[at] or _in_properties(data, at, end)


def _in_properties(data: bytes | bytearray, at: int, end: int) -> bool:
    length, at = length_at(data, at, end)
    end = min(end, at + max(length, 0))
    while at < end:
        kind = data[at]
        at += 1
        if kind in _BYTES:
            at += _BYTES[kind]
        elif kind == _VARIABLE:
            at = length_at(data, at, end)[1]
        elif kind in _BINARY or kind in _TEXTS:
            for _ in range(_TEXTS.get(kind, 1)):
                text = at + 2
                at = text + int.from_bytes(data[at:text], "big")
                if kind in _TEXTS and not _is_utf8(data[text : min(at, end)]):
                    return False
        else:
            return True
    return True


def _is_utf8(text: bytes | bytearray) -> bool:
    if text.isascii():
        return True
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True
