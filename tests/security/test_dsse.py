"""Envelopes: another implementation agrees, and nothing that was changed or forged is ever accepted."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import CryptoSigner, SSlibKey

from cdctl.domain.orders.telling import CANCEL, ORDER, PLAN
from cdctl.errors import RefusedError
from cdctl.security import dsse
from cdctl.security.ed25519 import PrivateKey, fingerprint

ALICE, BOB, MALLORY = (PrivateKey(bytes([number]) * 32) for number in (1, 2, 3))
KEYS = {one.fingerprint: one.public for one in (ALICE, BOB)}
PAYLOAD = b'{"v":1,"vin":"WBA1"}'
SEALED = dsse.seal(PAYLOAD, ORDER, ALICE)


def refused(envelope: bytes, kind: str = ORDER) -> str:
    with pytest.raises(RefusedError) as error:
        dsse.open(envelope, kind, KEYS)
    return error.value.message


def changed(**fields: object) -> bytes:
    return json.dumps({**json.loads(SEALED), **fields}).encode()


def test_what_was_sealed_opens_with_exactly_its_bytes():
    assert dsse.open(SEALED, ORDER, KEYS) == (PAYLOAD, (ALICE.fingerprint,))
    assert set(json.loads(SEALED)) == {"payload", "payloadType", "signatures"}
    assert b" " not in SEALED


def test_the_encoding_that_is_signed_is_the_one_of_the_specification():
    # The example of the DSSE protocol, version 1.0.
    assert dsse.pae("http://example.com/HelloWorld", b"hello world") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )
    assert dsse.pae("é", b"") == b"DSSEv1 2 \xc3\xa9 0 "


def judge_of(key: PrivateKey) -> SSlibKey:
    return SSlibKey(key.fingerprint, "ed25519", "ed25519", {"public": key.public.hex()})


def test_another_implementation_takes_what_we_seal_and_refuses_what_was_changed():
    envelope = Envelope.from_dict(json.loads(dsse.seal(PAYLOAD, ORDER, ALICE, BOB)))
    assert envelope.verify([judge_of(ALICE), judge_of(BOB)], 2).keys() == {ALICE.fingerprint, BOB.fingerprint}
    envelope.payload += b" "
    with pytest.raises(VerificationError):
        envelope.verify([judge_of(ALICE), judge_of(BOB)], 1)


def test_we_take_what_another_implementation_seals():
    signer = CryptoSigner.generate_ed25519()
    envelope = Envelope(PAYLOAD, ORDER, {})
    envelope.sign(signer)
    public = bytes.fromhex(signer.public_key.keyval["public"])
    keys = {fingerprint(public): public}
    assert dsse.open(json.dumps(envelope.to_dict()).encode(), ORDER, keys) == (PAYLOAD, tuple(keys))
    envelope.payload += b" "
    with pytest.raises(RefusedError, match="no valid signature"):
        dsse.open(json.dumps(envelope.to_dict()).encode(), ORDER, keys)


def test_who_signed_is_told_by_the_key_and_never_by_its_hint():
    (signature,) = json.loads(SEALED)["signatures"]
    for hint in (BOB.fingerprint, "nonsense", ""):
        lied = changed(signatures=[{**signature, "keyid": hint}])
        assert dsse.open(lied, ORDER, KEYS) == (PAYLOAD, (ALICE.fingerprint,))
    unhinted = changed(signatures=[{"sig": signature["sig"]}])
    assert dsse.open(unhinted, ORDER, KEYS)[1] == (ALICE.fingerprint,)
    forged = json.loads(dsse.seal(PAYLOAD, ORDER, MALLORY))
    forged["signatures"][0]["keyid"] = ALICE.fingerprint
    assert refused(json.dumps(forged).encode()) == "no valid signature"


def test_an_envelope_of_one_type_is_none_of_another():
    assert refused(SEALED, CANCEL) == "wrong type"
    assert refused(changed(payloadType=CANCEL), CANCEL) == "no valid signature"


def test_several_sign_the_same_bytes_each_once():
    both = dsse.cosign(SEALED, BOB)
    assert dsse.open(both, ORDER, KEYS) == (PAYLOAD, (ALICE.fingerprint, BOB.fingerprint))
    assert dsse.open(dsse.cosign(SEALED, MALLORY), ORDER, KEYS)[1] == (ALICE.fingerprint,)
    with pytest.raises(RefusedError, match="this key signed it already"):
        dsse.cosign(both, ALICE)
    (signature,) = json.loads(SEALED)["signatures"]
    assert refused(changed(signatures=[signature, {**signature, "keyid": "x"}])) == "malformed: signed twice by one key"


def test_there_is_an_end_to_signatures_and_to_bytes():
    full = SEALED
    for number in range(dsse.MOST_SIGNATURES - 1):
        full = dsse.cosign(full, PrivateKey(bytes([100 + number]) * 32))
    with pytest.raises(RefusedError, match="may not have more"):
        dsse.cosign(full, BOB)
    (signature,) = json.loads(SEALED)["signatures"]
    assert refused(changed(signatures=[signature] * 17)) == "malformed: 17 signatures"
    large = dsse.seal(bytes(dsse.LIMIT), ORDER, ALICE)
    assert refused(large) == "malformed: more than 131,072 bytes"
    assert len(dsse.open(dsse.seal(bytes(dsse.LIMIT), PLAN, ALICE), PLAN, KEYS)[0]) == dsse.LIMIT, "a plan is a file"


SIG = json.loads(SEALED)["signatures"][0]["sig"]
BROKEN = {
    "nothing": b"",
    "no JSON": b"\xff{",
    "a list": b"[]",
    "two documents": SEALED + SEALED,
    "no payload": b'{"payloadType":"x","signatures":[]}',
    "a number for a payload": changed(payload=3),
    "no signatures": changed(signatures=[]),
    "a signature that is a text": changed(signatures=[SIG]),
    "a signature of 63 bytes": changed(signatures=[{"sig": base64.b64encode(bytes(63)).decode()}]),
    "base64 without padding": changed(payload=base64.b64encode(PAYLOAD).decode().rstrip("=")),
    "base64 with a line end": changed(payload=base64.b64encode(PAYLOAD).decode() + "\n"),
    "the other alphabet": changed(payload=base64.urlsafe_b64encode(b"\xff\xfe" * 9).decode()),
    "spare bits": changed(signatures=[{"sig": f"{SIG[:-3]}{chr(ord(SIG[-3]) + 1)}=="}]),
    "letters beyond ASCII": changed(payload="é==="),
    "no UTF-8 where nobody looks": SEALED[:-1] + b',"\x80":1}',
    "a lone surrogate": b'{"payload":"\\ud800","payloadType":"x","signatures":[{"sig":""}]}',
}


@pytest.mark.parametrize("envelope", BROKEN.values(), ids=BROKEN)
def test_what_is_malformed_is_refused_with_a_reason(envelope):
    assert refused(envelope).startswith("malformed: ")


def test_fields_that_nobody_knows_change_nothing():
    assert dsse.open(changed(more={"a": 1}), ORDER, KEYS) == (PAYLOAD, (ALICE.fingerprint,))


ENVELOPE = json.loads(SEALED)
FORGERIES = st.one_of(
    st.binary(max_size=60)
    .filter(lambda one: one != PAYLOAD)
    .map(lambda one: {"payload": base64.b64encode(one).decode()}),
    st.text(max_size=60).filter(lambda one: one != ORDER).map(lambda one: {"payloadType": one}),
    st.binary(min_size=64, max_size=64).map(lambda one: {"signatures": [{"sig": base64.b64encode(one).decode()}]}),
    st.integers(0, 511).map(
        lambda bit: {"signatures": [{"keyid": ALICE.fingerprint, "sig": _flipped(base64.b64decode(SIG), bit)}]}
    ),
)


def _flipped(content: bytes, bit: int) -> str:
    turned = bytearray(content)
    turned[bit // 8] ^= 1 << bit % 8
    return base64.b64encode(turned).decode()


@settings(max_examples=1000)
@given(FORGERIES)
def test_no_forgery_is_accepted(forgery):
    envelope = json.dumps({**ENVELOPE, **forgery}).encode()
    with pytest.raises(RefusedError):
        dsse.open(envelope, str(forgery.get("payloadType", ORDER)), KEYS)


@settings(max_examples=1000)
@given(st.integers(0, len(SEALED) - 1), st.binary(max_size=3), st.integers(0, 3))
def test_whatever_bytes_change_what_opens_is_what_was_signed(at, inserted, removed):
    mutated = SEALED[:at] + inserted + SEALED[at + removed :]
    try:
        found = dsse.open(mutated, ORDER, KEYS)
    except RefusedError:
        return
    assert found == (PAYLOAD, (ALICE.fingerprint,))
    same = json.loads(mutated)
    assert (same["payload"], same["payloadType"]) == (ENVELOPE["payload"], ORDER)
    assert same["signatures"][0]["sig"] == SIG, "only the hint, or spaces, were touched"


def test_what_is_hostile_buys_no_hours_of_arithmetic(monkeypatch):
    tried = []
    monkeypatch.setattr(dsse, "holds", lambda *asked: tried.append(asked))
    many = {str(number): bytes(32) for number in range(10_000)}
    with pytest.raises(RefusedError, match="no valid signature"):
        dsse.open(changed(signatures=[{"sig": SIG}] * 16), ORDER, many)
    assert len(tried) <= dsse.MOST_TRIES + 16
