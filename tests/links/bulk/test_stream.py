"""Bytes cut anywhere give the same packets, and no bytes break it."""

from __future__ import annotations

import itertools
import random

import mqtt5
from hypothesis import example, given
from hypothesis import strategies as st

from cdctl.links.bulk.stream import Stream
from cdctl.links.bulk.texts import are_utf8, only_lengths

QOS = (mqtt5.QoS.AT_MOST_ONCE, mqtt5.QoS.AT_LEAST_ONCE, mqtt5.QoS.EXACTLY_ONCE)


class Seen:
    """What a stream told."""

    def __init__(self, maximum_packet=1 << 20):
        self.maximum_packet = maximum_packet
        self.run, self.taken, self.broken, self.others, self.faults = [], [], [], [], []
        self.size = 0

    def connected(self, transport):
        pass

    def chunk(self, run, size, taken, broken, *, qos):
        self.run += run
        self.taken += taken
        self.broken += broken
        self.size += size

    def packet(self, packet):
        self.others.append(packet)

    def malformed(self, first, reason):
        self.faults.append(reason)

    def flowing(self, flows):
        pass

    def gone(self, error):
        pass


def fed(data, cuts=(), maximum_packet=1 << 20):
    seen = Seen(maximum_packet)
    stream = Stream(seen)
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    for start, end in itertools.pairwise(edges):
        at = start
        while at < end:
            room = stream.get_buffer(-1)
            count = min(len(room), end - at)
            room[:count] = data[at : at + count]
            stream.buffer_updated(count)
            at += count
    return seen


def publish(number, payload, qos):
    return mqtt5.PublishPacket(
        f"t/{number}", payload, qos=QOS[qos], packet_id=number + 1 if qos else None, user_properties=[("k", "ü" * 3)]
    )


messages = st.lists(st.tuples(st.binary(max_size=400), st.integers(0, 2)), max_size=12)


@given(messages, st.lists(st.integers(0, 100_000), max_size=8))
def test_wherever_bytes_are_cut_the_packets_are_the_same(wanted, cuts):
    packets = [publish(number, payload, qos) for number, (payload, qos) in enumerate(wanted)]
    data = b""
    for number, packet in enumerate(packets):
        data += packet.write() + mqtt5.PubAckPacket(number + 1).write()
        if number % 3 == 0:
            data += mqtt5.PingRespPacket().write()
    seen = fed(data, cuts)
    assert seen.run == packets and seen.taken == list(range(1, len(packets) + 1))
    assert seen.size == sum(len(packet.write()) for packet in packets)
    assert (len(seen.others), seen.faults, seen.broken) == (-(-len(packets) // 3), [], [])


def test_packets_larger_than_the_buffer():
    packets = [publish(n, bytes([n]) * 700_000, 1) for n in range(4)]
    data = b"".join(packet.write() for packet in packets)
    assert fed(data, range(0, len(data), 65_537)).run == packets


def test_an_acknowledgement_with_a_reason_is_told_as_a_packet():
    data = mqtt5.PubAckPacket(7, reason_code=mqtt5.PubAckReasonCode.NOT_AUTHORIZED, reason_str="no").write()
    (packet,) = fed(b"\x40\x02\x00\x05" + data).others
    assert (packet.packet_id, int(packet.reason_code), packet.reason_str) == (7, 0x87, "no")


def test_too_large_whole_or_not_yet_here():
    data = publish(1, bytes(1000), 0).write()
    for cuts in ([], [10]):
        (fault,) = fed(data, cuts, maximum_packet=500).faults
        assert "more than the 500" in fault
    assert fed(data, maximum_packet=len(data)).faults == []


def test_nothing_is_told_after_a_fault():
    seen = fed(b"\xf0\x00" + publish(1, b"x", 0).write(), [2])
    assert len(seen.faults) == 1 and seen.run == []


def test_a_length_without_an_end():
    assert fed(b"\x30\xff\xff\xff\xff\x01").faults
    assert fed(b"\x30\xff").faults == []


SOUND = [
    publish(1, b"\xff\x80", 1).write(),
    mqtt5.PublishPacket(
        "ü", b"", correlation_data=b"\xff", response_topic="ö", message_expiry_interval=0xFFFFFFFF
    ).write(),
    mqtt5.ConnAckPacket(
        reason_str="ä", user_properties=[("k", "ü")], receive_max=65_535, max_packet_size=2**31
    ).write(),
    mqtt5.SubAckPacket(9, [mqtt5.SubAckReasonCode.NOT_AUTHORIZED], reason_str="ß").write(),
    mqtt5.DisconnectPacket(reason_code=mqtt5.DisconnectReasonCode.SERVER_BUSY, reason_str="ü").write(),
    mqtt5.PublishPacket("t", b"", content_type="ü", subscription_ids=[200]).write(),
]


def test_texts_that_are_utf8_pass():
    for data in SOUND:
        assert are_utf8(data, 0, len(data)), data


def test_texts_that_are_not_are_found():
    for data in SOUND[1:5]:
        for text in "üöäß":
            spoilt = data.replace(text.encode(), b"\xff\xfe")
            assert spoilt == data or not are_utf8(spoilt, 0, len(spoilt)), data


def test_a_text_among_few_properties_is_looked_at_whatever_the_topic_is():
    one = mqtt5.PublishPacket("t", b"{}", qos=QOS[1], packet_id=60_000, response_topic="ü", correlation_data=b"o1")
    sound = one.write()
    assert [len(fed(sound).run), fed(sound).broken] == [1, []]
    spoilt = sound.replace("ü".encode(), b"\xff\xfe")
    assert [len(fed(spoilt).run), fed(spoilt).broken] == [0, [60_000]]


@given(st.sampled_from(SOUND), st.lists(st.tuples(st.integers(0, 200), st.integers(0, 255)), min_size=1, max_size=4))
@example(SOUND[0], [(4, 255)])
def test_spoilt_packets_are_never_more_than_a_fault(data, changes):
    spoilt = bytearray(data)
    for at, value in changes:
        spoilt[at % len(spoilt)] = value
    fed(bytes(spoilt) + SOUND[0])


@given(st.binary(max_size=300))
def test_no_bytes_break_it(data):
    fed(data)


def test_spoilt_texts_say_nothing_on_the_terminal(capfd):
    dice, found = random.Random(1), 0
    for _ in range(3000):
        spoilt = bytearray(dice.choice(SOUND))
        for _ in range(3):
            spoilt[dice.randrange(len(spoilt))] = dice.randrange(128, 256)
        seen = fed(bytes(spoilt))
        found += len(seen.broken) + ("a text that is not UTF-8" in seen.faults)
    assert found > 100 and capfd.readouterr() == ("", "")


def telemetry(count, size, topic=b"cd/eu/V/tele"):
    """Packets as vehicles send them by thousands: QoS 0, no properties."""
    body = len(topic).to_bytes(2, "big") + topic + b"\0" + b"x" * size
    length = bytes([len(body)]) if len(body) < 128 else bytes([len(body) & 127 | 128, len(body) >> 7])
    return (b"0" + length + body) * count


def test_a_read_of_whole_packets_is_seen_to_be_ascii_at_once():
    for size in (113, 114, 200, 300, 16_000):
        data = telemetry(60, size)
        assert only_lengths(memoryview(data)), size
        assert only_lengths(memoryview(data + data[:50])), "the last may go on"
        assert only_lengths(memoryview(data + telemetry(3, 5)))
        assert len(fed(data).run) == 60


def test_a_byte_that_is_no_length_is_looked_at():
    data = telemetry(60, 200)
    for at in range(len(data)):
        spoilt = data[:at] + b"\xff" + data[at + 1 :]
        if data[at] < 128:
            assert not only_lengths(memoryview(spoilt)), at
    for other in (telemetry(60, 5), b"0", telemetry(1, 5) + data, data[1:], telemetry(9, 20_000), b"2" + data[1:]):
        assert not only_lengths(memoryview(other))


def test_one_bad_topic_in_a_full_read_is_broken_and_the_others_are_not():
    data = telemetry(60, 200) + telemetry(1, 200, b"cd/\xff/V") + telemetry(60, 200)
    seen = fed(data)
    assert len(seen.run) == 120
    assert (seen.broken, seen.faults) == ([0], [])
