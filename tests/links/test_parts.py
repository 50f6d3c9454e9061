"""The parts that know no broker: URLs, topics, sizes, caps, waiting, words."""

from __future__ import annotations

import mqtt5
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdctl.domain.wire import Address, Publish
from cdctl.errors import UsageError
from cdctl.links.backoff import FIRST_SECONDS, MOST_SECONDS, STEADY_SECONDS, Backoff
from cdctl.links.bulk import packets
from cdctl.links.endpoint import endpoint
from cdctl.links.limiter import Bucket, Limiter
from cdctl.links.outbox import size_of
from cdctl.links.reasons import words
from cdctl.links.topics import is_filter, is_topic


@pytest.mark.parametrize(
    ("url", "shown", "tls", "websocket"),
    [
        ("mqtt://127.0.0.1", "mqtt://127.0.0.1:1883", False, False),
        ("mqtt://localhost:99", "mqtt://localhost:99", False, False),
        ("mqtt://[::1]", "mqtt://[::1]:1883", False, False),
        ("mqtts://eu.example", "mqtts://eu.example:8883", True, False),
        ("ws://127.9.9.9:80/x", "ws://127.9.9.9:80/x", False, True),
        ("wss://eu.example", "wss://eu.example:443/mqtt", True, True),
    ],
)
def test_endpoints(url, shown, tls, websocket):
    end = endpoint(Address(url))
    assert (str(end), end.tls, end.websocket) == (shown, tls, websocket)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://127.0.0.1", "not the URL"),
        ("mqtt://", "not the URL"),
        ("127.0.0.1:1883", "not the URL"),
        ("mqtt://127.0.0.1:http", "not the URL"),
        ("mqtt://127.0.0.1:99999", "not the URL"),
        ("mqtts://me:hush@eu.example", "no credentials"),
        ("mqtts://:hush@eu.example", "no credentials"),
        ("mqtt://eu.example", "in the clear"),
        ("ws://10.0.0.1", "in the clear"),
        ("mqtt://127.0.0.1.example", "in the clear"),
        ("mqtt://me:hush\x1b@\x1b", "URL"),
    ],
)
def test_bad_urls(url, said):
    with pytest.raises(UsageError, match=said) as caught:
        endpoint(Address(url))
    assert "hush" not in str(caught.value) and "\x1b" not in str(caught.value)


def test_plaintext_may_be_allowed():
    assert endpoint(Address("mqtt://eu.example", plaintext=True)).host == "eu.example"


@pytest.mark.parametrize("good", ["a", "a/b", "+", "#", "a/+/b", "a/#", "+/+/#", "$share/g/a/#", "$SYS/#", "/", "ü/+"])
def test_filters(good):
    assert is_filter(good)


@pytest.mark.parametrize(
    "bad", ["", "a+", "a/b#", "#/a", "a/#/b", "++", "a\0", "$share/g", "$share//a", "$share/g/", "$share/+/a", "\ud800"]
)
def test_what_is_no_filter(bad):
    assert not is_filter(bad)


def test_topics():
    assert is_topic("a/b") and is_topic("ü" * 32_767)
    assert not any(map(is_topic, ("", "+", "a/#", "\0", "ü" * 32_768, "\udcff")))


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=200)
publishes = st.builds(
    Publish,
    topic=texts.filter(bool),
    payload=st.binary(max_size=20_000),
    qos=st.integers(0, 1),
    response_topic=st.none() | texts.filter(bool),
    correlation_data=st.none() | st.binary(max_size=300),
    expiry=st.none() | st.integers(0, 2**32 - 1),
    user_properties=st.lists(st.tuples(texts, texts), max_size=3).map(tuple),
)


@given(publishes)
def test_sizes_are_those_of_encoded_packets(message):
    assert size_of(message, 5) == len(packets.publish(message, 1 if message.qos else 0))


def test_a_size_in_3_1_1_has_no_properties():
    assert size_of(Publish("abc", b"12", 1, response_topic="r"), 4) == 2 + 2 + 3 + 2 + 2


def test_a_bucket_gives_its_rate_and_a_burst():
    bucket, now, sent = Bucket(100.0, 0.0), 0.0, 0
    while now < 10:
        if wait := bucket.wait(now):
            now += wait
        else:
            bucket.spend(1)
            sent += 1
    assert 1000 <= sent <= 1012


def test_one_message_larger_than_the_bucket_passes_and_is_paid_for():
    bucket = Bucket(1000.0, 0.0)
    assert bucket.wait(0.0) == 0
    bucket.spend(5000)
    assert 4.8 < bucket.wait(0.0) < 5.0 and bucket.wait(4.0) and not bucket.wait(5.0)


def test_both_caps_hold():
    limiter = Limiter(10.0, 1000.0, 0.0)
    limiter.spend(2000)
    assert limiter.wait(0.0) > 1.8
    assert Limiter(None, None, 0.0).wait(0.0) == 0.0


def test_waiting_grows_to_a_limit_and_is_never_in_step():
    backoff = Backoff()
    waits = [backoff.next() for _ in range(40)]
    for number, wait in enumerate(waits):
        most = min(MOST_SECONDS, FIRST_SECONDS * 2**number)
        assert most / 2 <= wait <= most
    assert len(set(waits)) == 40
    backoff.held(STEADY_SECONDS / 2)
    assert backoff.next() > FIRST_SECONDS
    backoff.held(STEADY_SECONDS)
    assert backoff.next() <= FIRST_SECONDS


def test_words_of_codes_are_safe():
    assert words(0x87) == "not authorized (0x87)"
    assert words(0xEE, "\x1b]0;x\x07") == "unknown reason (0xee): \\x1b]0;x\\x07"


def test_every_reason_code_of_the_library_has_words():
    for kind in (mqtt5.ConnAckReasonCode, mqtt5.PubAckReasonCode, mqtt5.SubAckReasonCode, mqtt5.DisconnectReasonCode):
        codes = [int(getattr(kind, name)) for name in dir(kind) if name.isupper()]
        assert codes and not [code for code in codes if code > 2 and "unknown" in words(code)]
